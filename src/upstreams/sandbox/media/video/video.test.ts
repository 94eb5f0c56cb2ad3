import assert from 'node:assert/strict'
import { test } from 'node:test'
import { box, read } from '../making.fixture.ts'
import { readMedium } from '../read.ts'
import { FIXTURES, type MediaFixture } from '../testing.fixture.ts'

async function describe({ mimeType, bytes }: MediaFixture): Promise<string> {
  return (await read(mimeType, bytes)).description
}

test('[MEDIA-03] MP4, QuickTime and 3GP are described by their index', async () => {
  assert.equal(await describe(FIXTURES.mp4), 'an MP4 video of 2.0 seconds, 64 × 48 pixels, with sound')
  assert.equal(
    await describe(FIXTURES.quickTime),
    'a QuickTime video of 2.0 seconds, 64 × 48 pixels, without sound',
  )
  assert.equal(await describe(FIXTURES.threeGp), 'a 3GP video of 2.0 seconds, 128 × 96 pixels, without sound')
})

test('[MEDIA-03] what browsers record has a length, though it is not written at the beginning', async () => {
  assert.equal(
    await describe(FIXTURES.mp4Fragments),
    'an MP4 video of 2.0 seconds, 64 × 48 pixels, without sound',
  )
  assert.equal(
    await describe(FIXTURES.webmLive),
    'a WebM video of about 1.8 seconds, 64 × 48 pixels, without sound',
  )
})

test('[MEDIA-03] WebM, Matroska, AVI, MPEG, FLV and WMV are described by what real encoders wrote', async () => {
  assert.equal(await describe(FIXTURES.webm), 'a WebM video of 2.0 seconds, 64 × 48 pixels, without sound')
  assert.equal(
    await describe(FIXTURES.matroska),
    'a Matroska video of 2.0 seconds, 64 × 48 pixels, without sound',
  )
  assert.equal(await describe(FIXTURES.avi), 'an AVI video of 2.0 seconds, 16 × 16 pixels, without sound')
  assert.equal(await describe(FIXTURES.transport), 'an MPEG-TS video of about 0.36 seconds, without sound')
  assert.equal(
    await describe(FIXTURES.program),
    'an MPEG video of about 2.0 seconds, 16 × 16 pixels, with sound',
  )
  assert.equal(await describe(FIXTURES.flv), 'an FLV video of 2.0 seconds, 16 × 16 pixels, without sound')
  assert.equal(await describe(FIXTURES.wmv), 'a WMV video of 2.0 seconds, 16 × 16 pixels, without sound')
})

test('an FLV without metadata is as long as its last tag says', async () => {
  const tag = Buffer.alloc(11)
  tag.set([9, 0, 0, 0, 0, 0x0f, 0xa0])
  const size = Buffer.from([0, 0, 0, 11])
  const flv = Buffer.concat([Buffer.from([0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0]), tag, size])
  assert.equal((await read('video/x-flv', flv)).description, 'an FLV video of 4.0 seconds, without sound')
})

/** The index of a film of 90 seconds; the matrix turns the picture by a quarter. */
function movie(): Buffer {
  const header = Buffer.alloc(100)
  header.writeUInt32BE(1000, 12)
  header.writeUInt32BE(90_000, 16)
  const track = Buffer.alloc(84)
  track.writeUInt32BE(0, 40)
  track.writeUInt32BE(0x10000, 44)
  track.writeUInt16BE(1920, 76)
  track.writeUInt16BE(1080, 80)
  const handler = Buffer.concat([Buffer.alloc(8), Buffer.from('vide'), Buffer.alloc(12)])
  return box('moov', box('mvhd', header), box('trak', box('tkhd', track), box('mdia', box('hdlr', handler))))
}

test('[MEDIA-03] of a large film only the index is read, though it is at the end', async () => {
  const start = box('ftyp', Buffer.from('isom\0\0\0\0isom'))
  const end = movie()
  const contentBytes = 90 * 1024 * 1024
  const mark = Buffer.alloc(8)
  mark.writeUInt32BE(8 + contentBytes)
  mark.write('mdat', 4)
  const sizeBytes = start.length + 8 + contentBytes + end.length
  const begin = Buffer.concat([start, mark])
  let readBytes = 0
  const film = {
    mimeType: 'video/mp4',
    sizeBytes,
    bytes: () => assert.fail('a film is never read as a whole'),
    read(from: number, to: number): Promise<Buffer> {
      readBytes += to - from
      const slice = Buffer.alloc(to - from)
      begin.copy(slice, Math.max(0, 0 - from), Math.min(from, begin.length), Math.min(to, begin.length))
      const endStart = sizeBytes - end.length
      if (to > endStart) end.copy(slice, Math.max(0, endStart - from), Math.max(0, from - endStart))
      return Promise.resolve(slice)
    },
  }
  const medium = await readMedium(film, { resolution: undefined, field: 'inline_data', family: 3 })
  assert.equal(medium.description, 'an MP4 video of 90.0 seconds, 1080 × 1920 pixels, without sound')
  assert.equal(medium.tokens, 90 * 70)
  assert.ok(readBytes < 10_000, `${readBytes} bytes were read`)
})

test('a video of a type that cannot be read is told by its size, one that should be readable is refused', async () => {
  const noise = Buffer.alloc(500_000, 'no film ')
  const medium = await read('video/x-special', noise)
  assert.equal(medium.description, 'a special video of about 2.0 seconds')
  for (const type of ['mp4', 'quicktime', 'webm', 'avi', 'mpeg', 'x-flv', 'wmv', '3gpp']) {
    await assert.rejects(
      read(`video/${type}`, noise),
      { message: /^Unable to process input video\. Please retry/ },
      type,
    )
  }
})

test('a film that is called a sound is heard, a sound that is called a film too', async () => {
  const heard = await read('audio/mp4', FIXTURES.mp4.bytes)
  assert.equal(heard.description, 'an MP4 recording of 2.0 seconds, 8 kHz, mono')
  assert.equal(heard.tokens, 64)
  await assert.rejects(read('audio/webm', FIXTURES.webm.bytes), { code: 'invalid_argument' })
  const sound = await read('video/mp4', FIXTURES.m4a.bytes)
  assert.equal(sound.description, 'an M4A recording of 0.25 seconds, 16 kHz, mono')
})

test('[MEDIA-09] a clip costs what is seen of it, and is told', async () => {
  const { bytes, mimeType } = FIXTURES.webm
  const clip = { startOffset: '0.5s', endOffset: '1.5s', fps: 4 }
  const medium = await read(mimeType, bytes, { videoMetadata: clip })
  assert.equal(medium.tokens, 4 * 70)
  assert.match(medium.description, /, seen from 0\.50 seconds to 1\.5 seconds$/)
  const long = await read(mimeType, bytes, { videoMetadata: { endOffset: '100s' } })
  assert.equal(long.tokens, 2 * 70)
  assert.doesNotMatch(long.description, /seen/)
})

test('[MEDIA-09] a clip that cannot be cut is refused by the name of its field', async () => {
  const { bytes, mimeType } = FIXTURES.webm
  const rows = [
    [{ fps: 0 }, 'fps'],
    [{ fps: 24.5 }, 'fps'],
    [{ fps: Number.NaN }, 'fps'],
    [{ startOffset: '3s' }, 'start_offset'],
    [{ startOffset: '-1s' }, 'start_offset'],
    [{ startOffset: '1s', endOffset: '1s' }, 'end_offset'],
    [{ startOffset: '1s', endOffset: '0.5s' }, 'end_offset'],
  ] as const
  for (const [videoMetadata, name] of rows) {
    await assert.rejects(read(mimeType, bytes, { videoMetadata }), (error: { details: object[] }) => {
      assert.match(
        JSON.stringify(error.details),
        new RegExp(`"contents\\[0\\]\\.parts\\[0\\]\\.video_metadata\\.${name}"`),
      )
      return true
    })
  }
})
