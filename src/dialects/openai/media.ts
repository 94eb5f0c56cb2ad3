/** Media of an answer. */
import type { Part } from '../../wire/gemini.ts'
import type { Asked } from './asked.ts'
import { isObject, type Json } from './values.ts'

type Blob = NonNullable<Part['inlineData']>

export function isSound(mimeType: string): boolean {
  return mimeType.toLowerCase().startsWith('audio/')
}

export function dataUrl({ mimeType, data }: Blob): string {
  return `data:${mimeType};base64,${data}`
}

/** For how long a client may name the sound in a later request; we keep none. */
const KEPT_SECONDS = 0

export function audioOf(asked: Asked, blob: Blob): Json {
  const isBare = /^audio\/(?:l16|pcm)/i.test(blob.mimeType)
  const data = isBare && !asked.isStream && !wantsBare(asked) ? withHeader(blob) : blob.data
  return { id: `audio_${asked.id}`, data, expires_at: asked.createdAt + KEPT_SECONDS, transcript: '' }
}

function wantsBare(asked: Asked): boolean {
  const { audio } = asked.document()
  return isObject(audio) && audio.format === 'pcm16'
}

const SAMPLE_RATE = 24_000
const SAMPLE_BYTES = 2
const HEADER_BYTES = 44

/** Bare samples as a file that plays: RIFF, one channel, 16 bits. A stream has them bare. */
function withHeader({ mimeType, data }: Blob): string {
  const samples = Buffer.from(data, 'base64')
  const rate = Number(/rate=(\d{4,6})/.exec(mimeType)?.[1] ?? SAMPLE_RATE)
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(HEADER_BYTES - 8 + samples.length, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * SAMPLE_BYTES, 28)
  header.writeUInt16LE(SAMPLE_BYTES, 32)
  header.writeUInt16LE(8 * SAMPLE_BYTES, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(samples.length, 40)
  return Buffer.concat([header, samples]).toString('base64')
}
