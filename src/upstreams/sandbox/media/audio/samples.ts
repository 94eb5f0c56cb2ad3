/** How loud samples are: the largest of them, from 0 to 1. */
import { letOthersRun, type MediaFile } from '../file.ts'

/** Samples beyond this are not looked at, and then nothing is said about the level. */
const SCANNED_BYTES_MAX = 32 * 1024 * 1024
/** A whole number of samples of every width. */
const SLICE_BYTES = 3 * 256 * 1024

export type SampleFormat = 'unsigned' | 'signed' | 'float'

export interface Samples {
  readonly start: number
  readonly end: number
  /** Of one sample of one channel. */
  readonly bytes: number
  readonly format: SampleFormat
  readonly isLittleEndian: boolean
}

/** `undefined` for formats that are not read here, and for more than is looked at. */
export async function peakOf(file: MediaFile, samples: Samples): Promise<number | undefined> {
  const read = readerOf(samples)
  if (read === undefined || samples.end - samples.start > SCANNED_BYTES_MAX) return undefined
  let peak = 0
  for (let at = samples.start; at < samples.end; at += SLICE_BYTES) {
    const { bytes } = await file.view(at, Math.min(SLICE_BYTES, samples.end - at))
    for (let index = 0; index + samples.bytes <= bytes.length; index += samples.bytes) {
      const level = Math.abs(read(bytes, index))
      if (level > peak) peak = level
    }
    await letOthersRun()
  }
  return Math.min(1, peak)
}

/** Reads one sample as a number from -1 to 1. */
function readerOf({
  bytes: width,
  format,
  isLittleEndian,
}: Samples): ((bytes: Buffer, at: number) => number) | undefined {
  if (format === 'unsigned') return width === 1 ? (bytes, at) => (bytes[at]! - 128) / 128 : undefined
  if (format === 'float') {
    if (width !== 4 && width !== 8) return undefined
    return (bytes, at) => floatAt(bytes, at, width, isLittleEndian)
  }
  if (width < 1 || width > 4) return undefined
  const full = 2 ** (8 * width - 1)
  return isLittleEndian
    ? (bytes, at) => bytes.readIntLE(at, width) / full
    : (bytes, at) => bytes.readIntBE(at, width) / full
}

function floatAt(bytes: Buffer, at: number, width: 4 | 8, isLittleEndian: boolean): number {
  if (width === 8) return isLittleEndian ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at)
  return isLittleEndian ? bytes.readFloatLE(at) : bytes.readFloatBE(at)
}
