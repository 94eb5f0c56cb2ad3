/** Sixteen-bit samples in the containers and codes that a request may ask for. */
import { BYTES_PER_SAMPLE } from './speak.ts'

export type AudioFormat = 'AUDIO_L16' | 'AUDIO_WAV' | 'AUDIO_ALAW' | 'AUDIO_MULAW'

/** Little-endian samples as a file or stream of the format. */
export function encodeAudio(samples: Buffer, format: AudioFormat, sampleRate: number): Buffer {
  switch (format) {
    case 'AUDIO_L16':
      return samples
    case 'AUDIO_WAV':
      return Buffer.concat([wavHeader(samples.length, sampleRate), samples])
    case 'AUDIO_ALAW':
      return compand(samples, alaw)
    case 'AUDIO_MULAW':
      return compand(samples, mulaw)
  }
}

export function audioMimeType(format: AudioFormat, sampleRate: number): string {
  switch (format) {
    case 'AUDIO_L16':
      return `audio/L16;codec=pcm;rate=${sampleRate}`
    case 'AUDIO_WAV':
      return 'audio/wav'
    case 'AUDIO_ALAW':
      return `audio/alaw;rate=${sampleRate}`
    case 'AUDIO_MULAW':
      return `audio/mulaw;rate=${sampleRate}`
  }
}

const HEADER_BYTES = 44
const PCM = 1
const MONO = 1

function wavHeader(dataBytes: number, sampleRate: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(PCM, 20)
  header.writeUInt16LE(MONO, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * BYTES_PER_SAMPLE, 28)
  header.writeUInt16LE(BYTES_PER_SAMPLE, 32)
  header.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(dataBytes, 40)
  return header
}

function compand(samples: Buffer, code: (sample: number) => number): Buffer {
  const coded = Buffer.alloc(samples.length / BYTES_PER_SAMPLE)
  for (let index = 0; index < coded.length; index++) {
    coded[index] = code(samples.readInt16LE(index * BYTES_PER_SAMPLE))
  }
  return coded
}

const MULAW_BIAS = 132
const MULAW_MAX = 32_635

/** ITU-T G.711, μ-law: sign, three bits of exponent, four of mantissa, all turned over. */
function mulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(MULAW_MAX, Math.abs(sample)) + MULAW_BIAS
  const exponent = 31 - Math.clz32(magnitude) - 7
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}

const ALAW_MAX = 32_767
/** Every other bit is turned over, so that silence is not a long run of zeros. */
const ALAW_TURNED = 0x55

/** ITU-T G.711, A-law. */
function alaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0
  const magnitude = Math.min(ALAW_MAX, sample >= 0 ? sample : -sample - 1)
  const exponent = Math.max(0, 31 - Math.clz32(magnitude | 1) - 7)
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f
  return (sign | (exponent << 4) | mantissa) ^ ALAW_TURNED
}
