/** WAV: rate and channels from `fmt `, length and level from `data`. Source: Multimedia Programming Interface 1.0. */
import type { MediaFile } from '../file.ts'
import { isLength, type Recording } from '../found.ts'
import type { View } from '../view.ts'
import { peakOf, type SampleFormat } from './samples.ts'

const CHUNKS_MAX = 10_000
const CHUNK_HEADER_BYTES = 8
const FORMAT_BYTES_MAX = 40
const PCM = 1
const FLOAT = 3
const EXTENSIBLE = 0xfffe

interface Format {
  readonly coding: number
  readonly channels: number
  readonly sampleRate: number
  readonly bytesPerSecond: number
  readonly sampleBytes: number
}

interface Data {
  readonly start: number
  readonly end: number
}

export async function readWav(file: MediaFile): Promise<Recording> {
  const { format, data } = await readChunks(file)
  if (format === undefined || data === undefined || format.channels === 0) throw file.broken()
  const seconds = (data.end - data.start) / format.bytesPerSecond
  if (format.sampleRate === 0 || !isLength(seconds)) throw file.broken()
  const samples = sampleFormatOf(format)
  const peak = samples && (await peakOf(file, { ...data, ...samples, isLittleEndian: true }))
  const { sampleRate, channels } = format
  return {
    format: 'WAV',
    seconds,
    isEstimate: false,
    sound: { sampleRate, channels },
    frame: undefined,
    peak,
  }
}

async function readChunks(file: MediaFile): Promise<{ format: Format | undefined; data: Data | undefined }> {
  let format: Format | undefined
  let at = 12
  for (let count = 0; count < CHUNKS_MAX && at + CHUNK_HEADER_BYTES <= file.sizeBytes; count++) {
    const chunk = await file.view(at, CHUNK_HEADER_BYTES + FORMAT_BYTES_MAX)
    const type = chunk.latin1(0, 4)
    const length = chunk.u32le(4)
    const start = at + CHUNK_HEADER_BYTES
    if (type === 'fmt ') format = readFormat(chunk)
    if (type === 'data') return { format, data: { start, end: dataEnd(file, start, length) } }
    at = start + length + (length & 1)
  }
  return { format, data: undefined }
}

/** Who streams a WAV does not know its length yet, and writes 0 or the largest number. */
function dataEnd(file: MediaFile, start: number, length: number): number {
  const isStreamed = length === 0 || length >= 0x7fffffff
  if (!isStreamed && start + length > file.sizeBytes) throw file.broken()
  return isStreamed ? file.sizeBytes : start + length
}

function readFormat(chunk: View): Format {
  const coding = chunk.u16le(8)
  return {
    // The extensible form holds the coding at the beginning of a GUID.
    coding: coding === EXTENSIBLE ? chunk.u16le(32) : coding,
    channels: chunk.u16le(10),
    sampleRate: chunk.u32le(12),
    bytesPerSecond: chunk.u32le(16),
    sampleBytes: chunk.u16le(22) / 8,
  }
}

function sampleFormatOf({
  coding,
  sampleBytes,
}: Format): { readonly format: SampleFormat; readonly bytes: number } | undefined {
  if (coding === FLOAT) return { format: 'float', bytes: sampleBytes }
  if (coding !== PCM || !Number.isInteger(sampleBytes)) return undefined
  return { format: sampleBytes === 1 ? 'unsigned' : 'signed', bytes: sampleBytes }
}
