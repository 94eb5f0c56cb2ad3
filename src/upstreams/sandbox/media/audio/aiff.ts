/** AIFF and AIFF-C: everything is in the `COMM` chunk. Source: Audio Interchange File Format 1.3. */
import type { MediaFile } from '../file.ts'
import { isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'

const CHUNKS_MAX = 10_000
const CHUNK_HEADER_BYTES = 8
const COMMON_BYTES = 18
const SAMPLE_RATE_MAX = 10_000_000

export async function readAiff(file: MediaFile): Promise<Recording> {
  let at = 12
  for (let count = 0; count < CHUNKS_MAX && at + CHUNK_HEADER_BYTES <= file.sizeBytes; count++) {
    const chunk = await file.view(at, CHUNK_HEADER_BYTES + COMMON_BYTES)
    if (chunk.latin1(0, 4) === 'COMM') return readCommon(file, chunk.rest(CHUNK_HEADER_BYTES))
    const length = chunk.u32(4)
    at += CHUNK_HEADER_BYTES + length + (length & 1)
  }
  throw file.broken()
}

function readCommon(file: MediaFile, common: View): Recording {
  const channels = common.u16(0)
  const sampleRate = extended(common, 8)
  const seconds = common.u32(2) / sampleRate
  const isRate = sampleRate >= 1 && sampleRate <= SAMPLE_RATE_MAX
  if (channels === 0 || !isRate || !isLength(seconds)) throw file.broken()
  return {
    format: 'AIFF',
    seconds,
    isEstimate: false,
    sound: { sampleRate, channels },
    frame: undefined,
  }
}

/** A number of 80 bits: exponent and 64 bits of a mantissa that begins with its 1. */
function extended(view: View, at: number): number {
  const exponent = (view.u16(at) & 0x7fff) - 16_383
  return view.u64(at + 2) * 2 ** (exponent - 63)
}
