/** Media made by hand, byte by byte, so that a test knows what has to be found in them. */
import { crc32, deflateSync } from 'node:zlib'
import type { Medium } from './medium.ts'
import { type ReadOptions, readMedium } from './read.ts'
import { sourceOfBytes } from './source.ts'

/** Reads bytes as Gemini 3 would, unless told otherwise. */
export function read(mimeType: string, bytes: Buffer, options: Partial<ReadOptions> = {}): Promise<Medium> {
  const standard = { resolution: undefined, field: 'contents[0].parts[0].inline_data', family: 3 }
  return readMedium(sourceOfBytes(mimeType, bytes), { ...standard, ...options })
}

export interface PngOptions {
  readonly width: number
  readonly height: number
  readonly bitDepth: number
  readonly colourType: number
  readonly isInterlaced?: boolean
  readonly palette?: readonly number[]
  readonly transparency?: readonly number[]
  /** Rows with their filter bytes, one after another. */
  readonly rows: Buffer
}

export function makePng(options: PngOptions): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(options.width, 0)
  header.writeUInt32BE(options.height, 4)
  header.set([options.bitDepth, options.colourType, 0, 0, options.isInterlaced ? 1 : 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...(options.palette ? [pngChunk('PLTE', Buffer.from(options.palette))] : []),
    ...(options.transparency ? [pngChunk('tRNS', Buffer.from(options.transparency))] : []),
    pngChunk('IDAT', deflateSync(options.rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length)
  chunk.writeUInt32BE(data.length, 0)
  chunk.write(type, 4, 'latin1')
  data.copy(chunk, 8)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length)
  return chunk
}

/** A PNG whose upper rows are one colour and whose lower rows are another, each row filtered as `filter` says. */
export function twoColourPng(
  size: readonly [width: number, height: number],
  upperRows: number,
  upper: readonly [number, number, number],
  lower: readonly [number, number, number],
  filter = 0,
): Buffer {
  const [width, height] = size
  const raw = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, () => (y < upperRows ? upper : lower)).flat(),
  )
  const rows = raw.map((row, y) => [filter, ...filtered(row, raw[y - 1] ?? row.map(() => 0), filter)])
  return makePng({ width, height, bitDepth: 8, colourType: 2, rows: Buffer.from(rows.flat()) })
}

/** The PNG specification's filters, written down a second time on purpose. */
function filtered(row: readonly number[], above: readonly number[], filter: number): number[] {
  return row.map((value, at) => {
    const left = row[at - 3] ?? 0
    const up = above[at]!
    const upLeft = above[at - 3] ?? 0
    const estimate = left + up - upLeft
    const nearest = [left, up, upLeft].sort(
      (one, other) =>
        Math.abs(estimate - one) - Math.abs(estimate - other) ||
        [left, up, upLeft].indexOf(one) - [left, up, upLeft].indexOf(other),
    )[0]!
    const predicted = [0, left, up, Math.floor((left + up) / 2), nearest][filter]!
    return (value - predicted) & 255
  })
}

export interface WavOptions {
  readonly sampleRate: number
  readonly channels: number
  /** 1 for whole numbers, 3 for floating point. */
  readonly coding?: number
  readonly sampleBits?: number
  readonly data: Buffer
  /** What the file says instead of the data's true length. */
  readonly saidBytes?: number
}

export function makeWav({ sampleRate, channels, coding = 1, sampleBits = 16, ...rest }: WavOptions): Buffer {
  const header = Buffer.alloc(44)
  const frameBytes = (channels * sampleBits) / 8
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + rest.data.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(coding, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * frameBytes, 28)
  header.writeUInt16LE(frameBytes, 32)
  header.writeUInt16LE(sampleBits, 34)
  header.write('data', 36)
  header.writeUInt32LE(rest.saidBytes ?? rest.data.length, 40)
  return Buffer.concat([header, rest.data])
}

/** Samples of 16 bits, each `value`. */
export function samples16(count: number, value: number): Buffer {
  const data = Buffer.alloc(count * 2)
  for (let index = 0; index < count; index++) data.writeInt16LE(value, index * 2)
  return data
}

/** A PDF of these objects; the first one has to be the catalog. `trailer` is added to the trailer. */
export function makePdf(objects: readonly string[], trailer = ''): Buffer {
  const body = objects.map((object, index) => `${index + 1} 0 obj\n${object}\nendobj\n`).join('')
  return Buffer.from(`%PDF-1.4\n${body}trailer\n<</Root 1 0 R ${trailer}>>\n%%EOF\n`, 'latin1')
}

/** A PDF with a page for each of these contents, in Helvetica. */
export function pdfOfPages(contents: readonly string[], trailer = ''): Buffer {
  const kids = contents.map((_, index) => `${4 + index * 2} 0 R`).join(' ')
  return makePdf(
    [
      '<</Type /Catalog /Pages 2 0 R>>',
      `<</Type /Pages /Kids [${kids}] /Count ${contents.length} /Resources <</Font <</F1 3 0 R>>>>>>`,
      '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>',
      ...contents.flatMap((content, index) => [
        `<</Type /Page /Parent 2 0 R /Contents ${5 + index * 2} 0 R>>`,
        `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
      ]),
    ],
    trailer,
  )
}

/** A box of the ISO base media format. */
export function box(type: string, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const header = Buffer.alloc(8)
  header.writeUInt32BE(8 + content.length, 0)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, content])
}
