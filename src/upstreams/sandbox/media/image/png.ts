/** PNG: size from IHDR, colours from the inflated, unfiltered pixels. Source: the PNG specification, third edition. */
import { createInflate, inflateSync } from 'node:zlib'
import { letOthersRun, type MediaFile } from '../file.ts'
import type { Picture } from '../found.ts'
import type { View } from '../view.ts'
import { type ColourShare, createHistogram } from './colours.ts'
import {
  createPixelReader,
  createRowReader,
  type Passes,
  type PngHeader,
  passesOf,
  type RowReader,
} from './png-rows.ts'

const SIGNATURE_BYTES = 8
/** Length, type and checksum around a chunk's data. */
const CHUNK_FRAME_BYTES = 12
/** Larger files are not images that anybody sends to a model. */
const FILE_BYTES_MAX = 64 * 1024 * 1024
/** Unpacked pixels that are looked at; a larger picture is described by its size alone. */
const RAW_BYTES_MAX = 64 * 1024 * 1024
/** Up to this much is unpacked at once, which is many times faster than piece by piece. */
const RAW_BYTES_AT_ONCE_MAX = 256 * 1024
/** Pixels that are counted: of a larger picture every n-th one. */
const PIXELS_COUNTED_MAX = 2_000_000

interface Chunks {
  readonly palette: Buffer
  /** Alpha of the palette's colours. */
  readonly transparency: Buffer
  readonly data: readonly Buffer[]
  /** Of an APNG. */
  readonly frames: number
}

/** Bit depths by colour type. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}

export async function readPng(file: MediaFile): Promise<Picture> {
  if (file.sizeBytes > FILE_BYTES_MAX) throw file.broken()
  const view = await file.view(0, FILE_BYTES_MAX)
  const header = readHeader(file, view)
  const chunks = readChunks(file, view)
  const passes = passesOf(header)
  const isSmall = passes.rawBytes <= RAW_BYTES_MAX
  const colours = isSmall ? await countColours(file, header, chunks, passes) : []
  return {
    format: 'PNG',
    width: header.width,
    height: header.height,
    frames: chunks.frames,
    colours,
  }
}

function readHeader(file: MediaFile, view: View): PngHeader {
  const start = SIGNATURE_BYTES + 8
  if (view.latin1(SIGNATURE_BYTES + 4, 4) !== 'IHDR') throw file.broken()
  const header = {
    width: view.u32(start),
    height: view.u32(start + 4),
    bitDepth: view.u8(start + 8),
    colourType: view.u8(start + 9),
    isInterlaced: view.u8(start + 12) === 1,
  }
  const isKnown = DEPTHS[header.colourType]?.includes(header.bitDepth) === true
  if (!isKnown || header.width === 0 || header.height === 0) throw file.broken()
  if (header.width > 0x7fffffff || header.height > 0x7fffffff) throw file.broken()
  return header
}

function readChunks(file: MediaFile, view: View): Chunks {
  let palette: Buffer = Buffer.alloc(0)
  let transparency: Buffer = Buffer.alloc(0)
  let frames = 1
  const data: Buffer[] = []
  for (let at = SIGNATURE_BYTES; at < view.length; ) {
    const length = view.u32(at)
    const type = view.latin1(at + 4, 4)
    const chunk = view.slice(at + 8, length)
    if (type === 'PLTE') palette = chunk
    else if (type === 'tRNS') transparency = chunk
    else if (type === 'IDAT') data.push(chunk)
    else if (type === 'acTL') frames = Math.max(1, view.u32(at + 8))
    else if (type === 'IEND') break
    at += CHUNK_FRAME_BYTES + length
  }
  if (data.length === 0) throw file.broken()
  return { palette, transparency, data, frames }
}

async function countColours(
  file: MediaFile,
  header: PngHeader,
  chunks: Chunks,
  passes: Passes,
): Promise<ColourShare[]> {
  const histogram = createHistogram()
  const step = Math.ceil((header.width * header.height) / PIXELS_COUNTED_MAX)
  const countRow = createPixelReader(header, chunks, step, histogram)
  const rows = createRowReader(passes, countRow, () => file.broken())
  const isSmall = passes.rawBytes <= RAW_BYTES_AT_ONCE_MAX
  if (isSmall) rows.push(inflatedAtOnce(file, chunks.data))
  else await pushPieces(file, chunks.data, rows)
  if (!rows.isDone()) throw file.broken()
  return histogram.shares()
}

function inflatedAtOnce(file: MediaFile, data: readonly Buffer[]): Buffer {
  try {
    return inflateSync(Buffer.concat(data), { maxOutputLength: 2 * RAW_BYTES_AT_ONCE_MAX })
  } catch {
    throw file.broken()
  }
}

/** Stops as soon as the picture is full, so that a bomb is left where it would begin to grow. */
async function pushPieces(file: MediaFile, data: readonly Buffer[], rows: RowReader): Promise<void> {
  for await (const piece of inflated(file, data)) {
    rows.push(piece)
    if (rows.isDone()) break
    await letOthersRun()
  }
}

async function* inflated(file: MediaFile, data: readonly Buffer[]): AsyncGenerator<Buffer> {
  const inflate = createInflate({ chunkSize: 64 * 1024 })
  for (const piece of data) inflate.write(piece)
  inflate.end()
  try {
    for await (const piece of inflate) yield piece as Buffer
  } catch {
    // Only zlib's own complaint comes here: an error of the loop that takes the pieces ends this generator instead.
    throw file.broken()
  }
}
