import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audioMimeType, encodeAudio } from './encode.ts'

function pcm(...samples: readonly number[]): Buffer {
  const buffer = Buffer.alloc(samples.length * 2)
  samples.forEach((sample, index) => {
    buffer.writeInt16LE(sample, index * 2)
  })
  return buffer
}

/** The decoders of ITU-T G.711, to hear what the codes say. */
function fromMulaw(code: number): number {
  const turned = ~code & 0xff
  const magnitude = ((((turned & 0x0f) << 3) + 132) << ((turned >> 4) & 7)) - 132
  return turned & 0x80 ? -magnitude : magnitude
}

function fromAlaw(code: number): number {
  const turned = code ^ 0x55
  const exponent = (turned >> 4) & 7
  const base = ((turned & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? base : (base + 0x100) << (exponent - 1)
  return turned & 0x80 ? magnitude : -magnitude
}

describe('audio formats', () => {
  it('[MAKE-SPEECH-04] WAV has a header that tells rate, width and length', () => {
    const samples = pcm(1, -2, 3)
    const wav = encodeAudio(samples, 'AUDIO_WAV', 16_000)
    assert.equal(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 16), 'RIFFWAVEfmt ')
    assert.equal(wav.readUInt32LE(4), wav.length - 8)
    assert.deepEqual([wav.readUInt16LE(20), wav.readUInt16LE(22)], [1, 1])
    assert.deepEqual([wav.readUInt32LE(24), wav.readUInt32LE(28), wav.readUInt16LE(32)], [16_000, 32_000, 2])
    assert.equal(wav.readUInt32LE(40), samples.length)
    assert.deepEqual(wav.subarray(44), samples)
  })

  it('[MAKE-SPEECH-04] A-law and μ-law keep every sample within their step', () => {
    const values = Array.from({ length: 65_536 }, (_, index) => index - 32_768)
    const samples = pcm(...values)
    for (const [format, decode] of [
      ['AUDIO_ALAW', fromAlaw],
      ['AUDIO_MULAW', fromMulaw],
    ] as const) {
      const codes = encodeAudio(samples, format, 8_000)
      assert.equal(codes.length, values.length)
      values.forEach((value, index) => {
        const error = Math.abs(decode(codes[index]!) - value)
        assert.ok(error <= 16 + Math.abs(value) / 28, `${format}: ${value} became ${decode(codes[index]!)}`)
      })
    }
  })

  it('known codes are those of the recommendation', () => {
    assert.deepEqual([...encodeAudio(pcm(0, 32_767, -32_768), 'AUDIO_MULAW', 8_000)], [0xff, 0x80, 0x00])
    assert.deepEqual([...encodeAudio(pcm(0, 32_767, -32_768), 'AUDIO_ALAW', 8_000)], [0xd5, 0xaa, 0x2a])
  })

  it('L16 is the samples, and its type tells their rate', () => {
    const samples = pcm(5, 6)
    assert.equal(encodeAudio(samples, 'AUDIO_L16', 24_000), samples)
    assert.equal(audioMimeType('AUDIO_L16', 24_000), 'audio/L16;codec=pcm;rate=24000')
  })
})
