/**
 * JPEG: size from the frame header, colours from the average of each 8 × 8 block, which is the one coefficient (DC)
 * that is decoded. Source: ITU-T T.81.
 */
import type { MediaFile } from '../file.ts'
import type { Picture } from '../found.ts'
import type { View } from '../view.ts'
import { type ColourShare, createHistogram } from './colours.ts'
import type { Component, FrameHeader, Tables } from './jpeg-frame.ts'
import { buildHuffman } from './jpeg-huffman.ts'
import { readScan } from './jpeg-scan.ts'

const FILE_BYTES_MAX = 64 * 1024 * 1024
/** Blocks of one component that are kept; a larger picture (about 128 megapixels) is described by its size alone. */
const BLOCKS_MAX = 2 * 1024 * 1024

interface Shape {
  readonly width: number
  readonly height: number
  /** Left out when the coding is none that is decoded here. */
  readonly frame?: FrameHeader
}

/** What is known while the segments are read. */
interface Progress {
  shape: Shape | undefined
  readonly tables: Tables
  readonly seen: Set<Component>
  /** Averages are multiples of what the quantization tables say first. */
  readonly quantization: number[]
  /** What Adobe's segment says of the colours: 0 none (RGB, CMYK), 1 YCbCr, 2 YCCK. */
  transform: number | undefined
}

export async function readJpeg(file: MediaFile): Promise<Picture> {
  if (file.sizeBytes > FILE_BYTES_MAX) throw file.broken()
  const view = await file.view(0, FILE_BYTES_MAX)
  const progress: Progress = {
    shape: undefined,
    tables: { dc: [], ac: [], restartInterval: 0 },
    seen: new Set(),
    quantization: [],
    transform: undefined,
  }
  const isWhole = await readSegments(file, view, progress)
  const shape = progress.shape
  if (shape === undefined || !isWhole) throw file.broken()
  const colours = shape.frame ? countColours(shape.frame, progress) : []
  return { format: 'JPEG', width: shape.width, height: shape.height, frames: 1, colours }
}

/** True when every component's averages were found, or the coding is one that is not decoded. */
async function readSegments(file: MediaFile, view: View, progress: Progress): Promise<boolean> {
  for (let at = 2; at < view.length; ) {
    at = nextMarker(view, at)
    const marker = view.u8(at + 1)
    at += 2
    if (marker === 0xd9) return false
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue
    const length = view.u16(at)
    const segment = view.part(at + 2, length - 2)
    at += length
    if (marker === 0xda) {
      if (progress.shape === undefined) throw file.broken()
      if (progress.shape.frame === undefined) return true
      at = await readScan(file, view.bytes, at, segment, progress.shape.frame, progress)
      if (progress.seen.size === progress.shape.frame.components.length) return true
    } else readSegment(file, marker, segment, progress)
  }
  return false
}

/** Where the next marker begins: bytes of a scan that is not decoded are passed over. */
function nextMarker(view: View, from: number): number {
  let at = from
  for (;;) {
    at = view.bytes.indexOf(0xff, at)
    // Throws at the end of the bytes.
    const next = at === -1 ? view.u8(view.length) : view.u8(at + 1)
    if (next !== 0x00 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at
    at += next === 0xff ? 1 : 2
  }
}

function readSegment(file: MediaFile, marker: number, segment: View, progress: Progress): void {
  const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
  if (isFrame) {
    if (progress.shape !== undefined) throw file.broken()
    progress.shape = readFrame(file, marker, segment)
  } else if (marker === 0xc4) readHuffmanTables(file, segment, progress.tables)
  else if (marker === 0xdb) readQuantization(segment, progress.quantization)
  else if (marker === 0xdd) progress.tables.restartInterval = segment.u16(0)
  else if (marker === 0xee && segment.length >= 12 && segment.latin1(0, 5) === 'Adobe') {
    progress.transform = segment.u8(11)
  }
}

function readQuantization(segment: View, quantization: number[]): void {
  for (let at = 0; at < segment.length; ) {
    const isWide = segment.u8(at) >> 4 !== 0
    quantization[segment.u8(at) & 15] = isWide ? segment.u16(at + 1) : segment.u8(at + 1)
    at += isWide ? 129 : 65
  }
}

function readHuffmanTables(file: MediaFile, segment: View, tables: Tables): void {
  for (let at = 0; at < segment.length; ) {
    const info = segment.u8(at)
    const counts = segment.slice(at + 1, 16)
    const total = counts.reduce((sum, count) => sum + count, 0)
    const table = buildHuffman(counts, segment.slice(at + 17, total))
    if (table === undefined) throw file.broken()
    const kind = info >> 4 === 0 ? tables.dc : tables.ac
    kind[info & 3] = table
    at += 17 + total
  }
}

function readFrame(file: MediaFile, marker: number, segment: View): Shape {
  const height = segment.u16(1)
  const width = segment.u16(3)
  const count = segment.u8(5)
  if (width === 0 || height === 0 || count < 1 || count > 4) throw file.broken()
  // Lossless, hierarchical and arithmetic coding, and 12 bits: rare enough to be told by their size.
  if (marker > 0xc2 || segment.u8(0) !== 8) return { width, height }
  const factors = Array.from({ length: count }, (_, index) => {
    const at = 6 + index * 3
    const sampling = segment.u8(at + 1)
    return { id: segment.u8(at), across: sampling >> 4, down: sampling & 15, table: segment.u8(at + 2) & 15 }
  })
  if (factors.some(({ across, down }) => across < 1 || across > 4 || down < 1 || down > 4)) {
    throw file.broken()
  }
  const acrossMax = Math.max(...factors.map(({ across }) => across))
  const downMax = Math.max(...factors.map(({ down }) => down))
  const unitColumns = Math.ceil(width / (8 * acrossMax))
  const unitRows = Math.ceil(height / (8 * downMax))
  if (unitColumns * acrossMax * unitRows * downMax > BLOCKS_MAX) return { width, height }
  const components = factors.map(({ id, across, down, table }): Component => {
    const columns = unitColumns * across
    const rows = unitRows * down
    return {
      id,
      across,
      down,
      columns,
      rows,
      ownColumns: Math.ceil((width * across) / acrossMax / 8),
      ownRows: Math.ceil((height * down) / downMax / 8),
      quantization: table,
      averages: new Int16Array(columns * rows),
    }
  })
  const isProgressive = marker === 0xc2
  return { width, height, frame: { width, height, isProgressive, unitColumns, unitRows, components } }
}

function countColours(frame: FrameHeader, progress: Progress): ColourShare[] {
  const histogram = createHistogram()
  const [first] = frame.components
  const toRed = converterOf(frame, progress.transform)
  const columns = Math.ceil(frame.width / 8)
  const rows = Math.ceil(frame.height / 8)
  const across = (component: Component): number => component.columns / (first!.columns || 1)
  const down = (component: Component): number => component.rows / (first!.rows || 1)
  const scales = frame.components.map((component) => [across(component), down(component)] as const)
  const steps = frame.components.map((component) => (progress.quantization[component.quantization] ?? 1) / 8)
  const values = [0, 0, 0, 0]
  for (let row = 0; row < Math.min(rows, first!.ownRows); row++) {
    for (let column = 0; column < Math.min(columns, first!.ownColumns); column++) {
      frame.components.forEach((component, index) => {
        const [x = 1, y = 1] = scales[index] ?? []
        const at = Math.floor(row * y) * component.columns + Math.floor(column * x)
        values[index] = (component.averages[at] ?? 0) * (steps[index] ?? 0) + 128
      })
      const [red, green, blue] = toRed(values)
      histogram.add(clamp(red), clamp(green), clamp(blue), 255, 1)
    }
  }
  return histogram.shares()
}

type Rgb = readonly [red: number, green: number, blue: number]

/** From a block's averages to red, green and blue. */
function converterOf(frame: FrameHeader, transform: number | undefined): (values: readonly number[]) => Rgb {
  const count = frame.components.length
  if (count < 3) return ([grey = 0]) => [grey, grey, grey]
  const ids = frame.components.map(({ id }) => String.fromCharCode(id)).join('')
  const isRgb = count === 3 && (transform === 0 || (transform === undefined && ids === 'RGB'))
  if (isRgb) return ([red = 0, green = 0, blue = 0]) => [red, green, blue]
  if (count === 3) return fromYcc
  // Adobe stores the inks upside down, and so does everybody who writes CMYK into a JPEG.
  return (values) => {
    const [cyan, magenta, yellow] =
      transform === 2 ? fromYcc(values) : [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0]
    const black = (values[3] ?? 0) / 255
    return [cyan * black, magenta * black, yellow * black]
  }
}

function fromYcc([light = 0, blueness = 0, redness = 0]: readonly number[]): Rgb {
  const blue = blueness - 128
  const red = redness - 128
  return [light + 1.402 * red, light - 0.344136 * blue - 0.714136 * red, light + 1.772 * blue]
}

function clamp(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)))
}
