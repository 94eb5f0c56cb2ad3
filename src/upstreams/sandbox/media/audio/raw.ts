/** Samples without a header: what they are is in the mime type. Source: RFC 2586, RFC 3551. */

import { essenceOf, mimeNumber } from '../../../translation/checks/mime-types.ts'
import type { MediaFile } from '../file.ts'
import { isLength, type Recording } from '../found.ts'
import { peakOf } from './samples.ts'

/** What Gemini's own voices are sent with. */
const SAMPLE_RATE = 24_000
const TELEPHONE_RATE = 8_000

interface Coding {
  readonly format: string
  /** Of one sample. */
  readonly bytes: number
  readonly sampleRate: number
}

/** Gemini writes and reads these in little-endian order, whatever the RFC says of L16. */
const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ['audio/l16', { format: '16-bit PCM', bytes: 2, sampleRate: SAMPLE_RATE }],
  ['audio/pcm', { format: '16-bit PCM', bytes: 2, sampleRate: SAMPLE_RATE }],
  ['audio/l24', { format: '24-bit PCM', bytes: 3, sampleRate: SAMPLE_RATE }],
  ['audio/pcmu', { format: 'mu-law', bytes: 1, sampleRate: TELEPHONE_RATE }],
  ['audio/mulaw', { format: 'mu-law', bytes: 1, sampleRate: TELEPHONE_RATE }],
  ['audio/basic', { format: 'mu-law', bytes: 1, sampleRate: TELEPHONE_RATE }],
  ['audio/pcma', { format: 'A-law', bytes: 1, sampleRate: TELEPHONE_RATE }],
  ['audio/alaw', { format: 'A-law', bytes: 1, sampleRate: TELEPHONE_RATE }],
])

/** Whether the mime type is of samples without a header. */
export function isRaw(mimeType: string): boolean {
  return CODINGS.has(essenceOf(mimeType))
}

export async function readRaw(file: MediaFile): Promise<Recording> {
  const coding = CODINGS.get(essenceOf(file.mimeType))
  if (coding === undefined || file.sizeBytes < coding.bytes) throw file.broken()
  const sampleRate = mimeNumber(file.mimeType, 'rate') ?? coding.sampleRate
  const channels = mimeNumber(file.mimeType, 'channels') ?? 1
  const seconds = file.sizeBytes / (coding.bytes * sampleRate * channels)
  if (!isLength(seconds)) throw file.broken()
  const isLinear = coding.bytes > 1
  const samples = {
    start: 0,
    end: file.sizeBytes,
    bytes: coding.bytes,
    format: 'signed',
    isLittleEndian: true,
  } as const
  return {
    format: coding.format,
    seconds,
    isEstimate: false,
    sound: { sampleRate, channels },
    frame: undefined,
    peak: isLinear ? await peakOf(file, samples) : undefined,
  }
}
