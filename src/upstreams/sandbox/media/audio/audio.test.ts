import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeWav, read, samples16 } from '../making.fixture.ts'
import { FIXTURES, type MediaFixture } from '../testing.fixture.ts'

async function describe({ mimeType, bytes }: MediaFixture): Promise<string> {
  return (await read(mimeType, bytes)).description
}

test('[MEDIA-02] a WAV is described by its length, rate, channels and level', async () => {
  const loud = makeWav({ sampleRate: 16_000, channels: 1, data: samples16(40_000, -16_384) })
  const medium = await read('audio/wav', loud)
  assert.equal(medium.description, 'a WAV recording of 2.5 seconds, 16 kHz, mono, peak level 50 %')
  assert.equal(medium.tokens, 80)
  assert.equal(medium.modality, 'AUDIO')
  assert.equal(medium.sizeBytes, 80_044)
  const silent = makeWav({ sampleRate: 44_100, channels: 2, data: samples16(88_200, 0) })
  assert.equal(
    (await read('audio/x-wav', silent)).description,
    'a WAV recording of 1.0 seconds, 44.1 kHz, stereo, silent',
  )
})

test('WAVs of 8, 24 and 32 bits and of floating point have a level too', async () => {
  const float = Buffer.alloc(4)
  float.writeFloatLE(-0.25)
  const rows: [coding: number, sampleBits: number, sample: number[], level: string][] = [
    [1, 8, [128], 'silent'],
    [1, 8, [192], 'peak level 50 %'],
    [1, 24, [0, 0, 0x40], 'peak level 50 %'],
    [1, 32, [0, 0, 0, 0x20], 'peak level 25 %'],
    [3, 32, [...float], 'peak level 25 %'],
  ]
  for (const [coding, sampleBits, sample, level] of rows) {
    const data = Buffer.from(Array.from({ length: 8_000 }, () => sample).flat())
    const wav = makeWav({ sampleRate: 8_000, channels: 1, coding, sampleBits, data })
    const expected = `a WAV recording of 1.0 seconds, 8 kHz, mono, ${level}`
    assert.equal((await read('audio/wav', wav)).description, expected)
  }
})

test('a WAV that was streamed has the length of its data, one that was cut is refused', async () => {
  const common = { sampleRate: 8_000, channels: 1, data: samples16(8_000, 0) }
  for (const saidBytes of [0, 0xffffffff]) {
    const { description } = await read('audio/wav', makeWav({ ...common, saidBytes }))
    assert.equal(description, 'a WAV recording of 1.0 seconds, 8 kHz, mono, silent')
  }
  await assert.rejects(read('audio/wav', makeWav({ ...common, saidBytes: 16_001 })), {
    message:
      'Unable to process input audio. Please retry or report in ' +
      'https://developers.generativeai.google/guide/troubleshooting',
  })
})

test('[MEDIA-02] MP3, AAC, FLAC, Ogg, M4A and AIFF are described by what real encoders wrote', async () => {
  assert.equal(await describe(FIXTURES.mp3), 'an MP3 recording of 0.58 seconds, 16 kHz, mono')
  assert.equal(await describe(FIXTURES.mp3Bare), 'an MP3 recording of 0.58 seconds, 16 kHz, mono')
  assert.equal(await describe(FIXTURES.aac), 'an AAC recording of 0.32 seconds, 16 kHz, mono')
  assert.equal(await describe(FIXTURES.flac), 'a FLAC recording of 0.10 seconds, 8 kHz, mono')
  assert.equal(await describe(FIXTURES.opus), 'an Ogg Opus recording of 0.50 seconds, 16 kHz, mono')
  assert.equal(await describe(FIXTURES.vorbis), 'an Ogg Vorbis recording of 0.50 seconds, 16 kHz, mono')
  assert.equal(await describe(FIXTURES.m4a), 'an M4A recording of 0.25 seconds, 16 kHz, mono')
  assert.equal(await describe(FIXTURES.aiff), 'an AIFF recording of 0.05 seconds, 8 kHz, mono')
})

test('an MP3 is found behind a tag with a picture, and before a tag at its end', async () => {
  const { bytes } = FIXTURES.mp3Bare
  // The encoder's own tag goes, a larger one comes; its length has 7 bits a byte.
  const sound = bytes.subarray(0, 3).toString() === 'ID3' ? bytes.subarray(10 + bytes[9]!) : bytes
  const tag = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 100, 0]), Buffer.alloc(12_800, 1)])
  const tail = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)])
  const { description } = await read('audio/mpeg', Buffer.concat([tag, sound, tail]))
  assert.equal(description, 'an MP3 recording of 0.58 seconds, 16 kHz, mono')
})

test('the length of a long MP3 goes on like its beginning', async () => {
  const { bytes } = FIXTURES.mp3Bare
  const sound = bytes.subarray(bytes.indexOf(0xff))
  const copies = 2_000
  const long = Buffer.concat(Array.from({ length: copies }, () => sound))
  const { tokens } = await read('audio/mpeg', long)
  const seconds = (sound.length / (16_000 / 8)) * copies
  assert.ok(Math.abs(tokens - seconds * 32) < seconds, `${tokens} tokens for ${seconds} seconds`)
})

test('[MEDIA-02] samples without a header are what the mime type says', async () => {
  const second = samples16(24_000, 8_192)
  assert.equal(
    (await read('audio/L16;codec=pcm;rate=24000', second)).description,
    'a 16-bit PCM recording of 1.0 seconds, 24 kHz, mono, peak level 25 %',
  )
  assert.equal(
    (await read('audio/pcm; rate=8000; channels=2', second)).description,
    'a 16-bit PCM recording of 1.5 seconds, 8 kHz, stereo, peak level 25 %',
  )
  const wav = makeWav({ sampleRate: 8_000, channels: 1, data: samples16(8_000, 0) })
  assert.equal(
    (await read('audio/pcm', wav)).description,
    'a WAV recording of 1.0 seconds, 8 kHz, mono, silent',
  )
})

test('a sound of a type that cannot be read is told by its size, one that should be readable is refused', async () => {
  const noise = Buffer.alloc(32_000, 'no sound ')
  const medium = await read('audio/x-special', noise)
  assert.equal(medium.description, 'a special recording of about 2.0 seconds')
  assert.equal(medium.tokens, 64)
  for (const type of ['wav', 'mp3', 'aac', 'flac', 'ogg', 'mp4', 'webm', 'aiff']) {
    await assert.rejects(read(`audio/${type}`, noise), { code: 'invalid_argument' }, type)
  }
})

test('a WAV is as long as it was made', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(8_000, 11_025, 16_000, 48_000),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 4_000 }),
      async (sampleRate, channels, frames) => {
        const data = Buffer.alloc(frames * channels * 2)
        const { tokens } = await read('audio/wav', makeWav({ sampleRate, channels, data }))
        assert.equal(tokens, Math.max(1, Math.ceil((frames / sampleRate) * 32)))
      },
    ),
    { numRuns: 200 },
  )
})
