import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refusalOf } from './play.fixture.ts'
import { FRAMES_PER_SECOND, filmOf, readVideoRequest } from './video.ts'

function bodyOf(
  parameters: object = {},
  instance: object = { prompt: 'a red circle on a blue background' },
): object {
  return { instances: [instance], parameters }
}

/** The boxes of a stretch of an MP4, by their path from the top. */
function boxesOf(bytes: Buffer, into = new Map<string, Buffer>(), path = ''): Map<string, Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    assert.ok(length >= 8 && at + length <= bytes.length, `${path} at ${at}: ${length}`)
    const name = `${path}/${bytes.toString('latin1', at + 4, at + 8)}`
    const content = bytes.subarray(at + 8, at + length)
    into.set(name, content)
    if (/\/(?:moov|trak|mdia|minf|dinf|stbl)$/.test(name)) boxesOf(content, into, name)
    at += length
  }
  return into
}

const TABLE = '/moov/trak/mdia/minf/stbl'

describe('Veo', () => {
  it('[MAKE-FILM-01] makes an MP4 whose tables lead to every frame', async () => {
    const { bytes, mimeType } = await filmOf(readVideoRequest(bodyOf({ durationSeconds: 4 })))
    assert.equal(mimeType, 'video/mp4')
    const boxes = boxesOf(bytes)
    assert.deepEqual(
      [...boxes.keys()].filter((name) => name.lastIndexOf('/') === 0),
      ['/ftyp', '/moov', '/mdat'],
    )
    const sizes = boxes.get(`${TABLE}/stsz`)!
    const count = sizes.readUInt32BE(8)
    assert.equal(count, 4 * FRAMES_PER_SECOND)
    let at = boxes.get(`${TABLE}/stco`)!.readUInt32BE(8)
    const types: number[] = []
    for (let index = 0; index < count; index++) {
      const size = sizes.readUInt32BE(12 + index * 4)
      assert.equal(bytes.readUInt32BE(at), size - 4, 'one NAL unit in a frame')
      types.push(bytes[at + 4]! & 0x1f)
      at += size
    }
    assert.equal(at, bytes.length)
    assert.deepEqual(
      types.flatMap((type, index) => (type === 5 ? [index] : [])),
      [0, 24, 48, 72],
    )
    const header = boxes.get('/moov/mvhd')!
    assert.equal(header.readUInt32BE(16) / header.readUInt32BE(12), 4)
  })

  it('has the size that was asked for, in the track and in the sequence', async () => {
    const { bytes } = await filmOf(
      readVideoRequest(bodyOf({ aspectRatio: '9:16', resolution: '1080p', durationSeconds: 4 })),
    )
    const boxes = boxesOf(bytes)
    const track = boxes.get('/moov/trak/tkhd')!
    assert.deepEqual([track.readUInt16BE(76), track.readUInt16BE(80)], [1080, 1920])
    const entry = boxes.get(`${TABLE}/stsd`)!
    assert.deepEqual([entry.readUInt16BE(8 + 8 + 24), entry.readUInt16BE(8 + 8 + 26)], [1080, 1920])
    const configuration = entry.subarray(entry.indexOf('avcC') + 4)
    // Profile, compatibility, level 4.0 because 1080p has more blocks than 3.1 allows.
    assert.deepEqual([...configuration.subarray(1, 4)], [66, 0xc0, 40])
  })

  it('has no byte sequence in a unit that a decoder could take for a start', async () => {
    const { bytes } = await filmOf(
      readVideoRequest(bodyOf({ durationSeconds: 4 }, { prompt: 'black night' })),
    )
    const boxes = boxesOf(bytes)
    const data = boxes.get('/mdat')!
    for (let at = 0; at < data.length; ) {
      const size = data.readUInt32BE(at)
      const unit = data.subarray(at + 4, at + 4 + size)
      for (const start of ['000000', '000001', '000002'])
        assert.equal(unit.indexOf(Buffer.from(start, 'hex')), -1)
      at += 4 + size
    }
  })

  it('gives the same bytes for the same request, others for another sample or image', async () => {
    const request = readVideoRequest(bodyOf({ durationSeconds: 4 }, { prompt: 'a cat' }))
    const { bytes } = await filmOf(request)
    assert.ok((await filmOf(request)).bytes.equals(bytes))
    assert.ok(!(await filmOf(request, { sample: 1 })).bytes.equals(bytes))
    assert.ok(!(await filmOf(request, { imageDescription: 'a PNG image, mostly red' })).bytes.equals(bytes))
  })

  it('reads what was asked for', () => {
    const image = { bytesBase64Encoded: 'iVBORw==', mimeType: 'image/png' }
    const request = readVideoRequest(
      bodyOf({ sampleCount: 2, durationSeconds: 6, aspectRatio: '9:16' }, { image }),
    )
    assert.deepEqual([request.width, request.height], [720, 1280])
    assert.deepEqual([request.sampleCount, request.durationSeconds, request.prompt], [2, 6, ''])
    assert.equal(request.image?.bytes.length, 4)
    const standard = readVideoRequest(bodyOf())
    assert.deepEqual([standard.width, standard.durationSeconds, standard.sampleCount], [1280, 8, 1])
  })

  const REFUSED: readonly (readonly [object, RegExp])[] = [
    [bodyOf({}, {}), /prompt or an image/],
    [
      bodyOf({ durationSeconds: 5 }),
      /^The number value for `durationSeconds` is out of bound\. Please provide a value between 4 and 8, inclusive\.$/,
    ],
    [bodyOf({ durationSeconds: 9 }), /out of bound/],
    [bodyOf({ durationSeconds: '8' }), /must be a number/],
    [bodyOf({ aspectRatio: '1:1' }), /'16:9', '9:16'/],
    [bodyOf({ resolution: '4k' }), /'720p', '1080p'/],
    [bodyOf({ sampleCount: 5 }), /between 1 and 4/],
    [bodyOf({}, { image: { bytesBase64Encoded: 'AAAA' } }), /needs both/],
    [bodyOf({}, { prompt: 'a', image: { gcsUri: 'gs://a' } }), /not supported/],
    [bodyOf({}, { prompt: 'a', lastFrame: {} }), /not supported/],
  ]
  for (const [body, expected] of REFUSED) {
    it(`refuses ${JSON.stringify(body)}`, () => {
      assert.match(
        refusalOf(() => readVideoRequest(body)),
        expected,
      )
    })
  }
})
