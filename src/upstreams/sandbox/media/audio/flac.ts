/** FLAC: everything is in STREAMINFO, which comes first. Source: RFC 9639. */
import type { MediaFile } from '../file.ts'
import { isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'

const STREAM_INFO_BYTES = 34
/** Of 8 bytes, the lower 36 bits say how many samples there are. */
const SAMPLES = 2 ** 36

export async function readFlac(file: MediaFile, start: number): Promise<Recording> {
  const head = await file.view(start, 8 + STREAM_INFO_BYTES)
  if (head.latin1(0, 4) !== 'fLaC' || (head.u8(4) & 0x7f) !== 0) throw file.broken()
  return flacRecording(file, head.part(8, STREAM_INFO_BYTES), 'FLAC')
}

/** `info` is the content of STREAMINFO. */
export function flacRecording(file: MediaFile, info: View, format: string): Recording {
  const sampleRate = info.u24(10) >> 4
  const channels = ((info.u8(12) >> 1) & 7) + 1
  const samples = info.u64(10) % SAMPLES
  const seconds = samples / sampleRate
  if (sampleRate === 0 || samples === 0 || !isLength(seconds)) throw file.broken()
  return {
    format,
    seconds,
    isEstimate: false,
    sound: { sampleRate, channels },
    frame: undefined,
  }
}
