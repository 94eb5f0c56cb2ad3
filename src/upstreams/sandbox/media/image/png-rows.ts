/** Rows of a PNG: unfiltering, Adam7 passes, and reading the colours of a row. */
import type { GatewayError } from '../../../../errors.ts'
import type { Histogram } from './colours.ts'

export interface PngHeader {
  readonly width: number
  readonly height: number
  readonly bitDepth: number
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colourType: number
  readonly isInterlaced: boolean
}

interface Pass {
  readonly width: number
  readonly height: number
}

export interface Passes {
  readonly list: readonly Pass[]
  readonly bitsPerPixel: number
  /** Bytes of all rows, each with its filter byte. */
  readonly rawBytes: number
}

/** Where each Adam7 pass begins, and how far its pixels are apart. */
const ADAM7: readonly (readonly [x: number, y: number, stepX: number, stepY: number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
]

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

export function passesOf(header: PngHeader): Passes {
  const { width, height } = header
  const bitsPerPixel = (CHANNELS[header.colourType] ?? 1) * header.bitDepth
  const list = header.isInterlaced
    ? ADAM7.map(([x, y, stepX, stepY]) => ({
        width: Math.ceil((width - x) / stepX),
        height: Math.ceil((height - y) / stepY),
      })).filter((pass) => pass.width > 0 && pass.height > 0)
    : [{ width, height }]
  const rawBytes = list.reduce((sum, pass) => sum + pass.height * (1 + rowBytesOf(pass, bitsPerPixel)), 0)
  return { list, bitsPerPixel, rawBytes }
}

function rowBytesOf(pass: Pass, bitsPerPixel: number): number {
  return Math.ceil((pass.width * bitsPerPixel) / 8)
}

export interface RowReader {
  push(piece: Buffer): void
  isDone(): boolean
}

/** Cuts unpacked bytes into rows, undoes their filters, and hands each one to `onRow`. */
export function createRowReader(
  passes: Passes,
  onRow: (row: Uint8Array, width: number) => void,
  broken: () => GatewayError,
): RowReader {
  const pixelBytes = Math.max(1, passes.bitsPerPixel >> 3)
  let passIndex = -1
  let rowsLeft = 0
  let filled = 0
  let current = new Uint8Array(0)
  let previous = new Uint8Array(0)
  const nextPass = (): void => {
    passIndex++
    const pass = passes.list[passIndex]
    if (pass === undefined) return
    rowsLeft = pass.height
    current = new Uint8Array(1 + rowBytesOf(pass, passes.bitsPerPixel))
    previous = new Uint8Array(current.length)
  }
  const finishRow = (): void => {
    if (!unfilter(current, previous, pixelBytes)) throw broken()
    onRow(current, passes.list[passIndex]!.width)
    const spare = previous
    previous = current
    current = spare
    filled = 0
    rowsLeft--
    if (rowsLeft === 0) nextPass()
  }
  nextPass()
  return {
    push(piece) {
      for (let at = 0; at < piece.length && passIndex < passes.list.length; ) {
        const taken = Math.min(piece.length - at, current.length - filled)
        current.set(piece.subarray(at, at + taken), filled)
        filled += taken
        at += taken
        if (filled === current.length) finishRow()
      }
    },
    isDone: () => passIndex >= passes.list.length,
  }
}

/** Undoes a row's filter in place; byte 0 of a row is the filter's number. False for a filter that there is not. */
function unfilter(row: Uint8Array, above: Uint8Array, pixelBytes: number): boolean {
  const filter = FILTERS[row[0]!]
  filter?.(row, above, pixelBytes)
  return filter !== undefined
}

type Filter = (row: Uint8Array, above: Uint8Array, pixelBytes: number) => void

/** One loop each, because these see every byte of a picture. What is left of the first pixel is 0. */
const FILTERS: readonly Filter[] = [
  () => {},
  (row, _, pixelBytes) => {
    for (let at = 1 + pixelBytes; at < row.length; at++) row[at]! += row[at - pixelBytes]!
  },
  (row, above) => {
    for (let at = 1; at < row.length; at++) row[at]! += above[at]!
  },
  (row, above, pixelBytes) => {
    for (let at = 1; at <= pixelBytes; at++) row[at]! += above[at]! >> 1
    for (let at = 1 + pixelBytes; at < row.length; at++) row[at]! += (row[at - pixelBytes]! + above[at]!) >> 1
  },
  (row, above, pixelBytes) => {
    for (let at = 1; at <= pixelBytes; at++) row[at]! += above[at]!
    for (let at = 1 + pixelBytes; at < row.length; at++) {
      row[at]! += paeth(row[at - pixelBytes]!, above[at]!, above[at - pixelBytes]!)
    }
  },
]

/** The neighbour that is nearest to what the three of them let expect. */
function paeth(left: number, up: number, upLeft: number): number {
  const toLeft = Math.abs(up - upLeft)
  const toUp = Math.abs(left - upLeft)
  const toUpLeft = Math.abs(left + up - 2 * upLeft)
  if (toLeft <= toUp && toLeft <= toUpLeft) return left
  return toUp <= toUpLeft ? up : upLeft
}

/** Counts every `step`-th pixel of the rows that it is given, going on over the end of a row. */
export function createPixelReader(
  header: PngHeader,
  colours: { readonly palette: Buffer; readonly transparency: Buffer },
  step: number,
  histogram: Histogram,
): (row: Uint8Array, width: number) => void {
  const count = countPixel(header, colours, histogram)
  let next = 0
  return (row, width) => {
    for (; next < width; next += step) count(row, next)
    next -= width
  }
}

function countPixel(
  { colourType, bitDepth }: PngHeader,
  { palette, transparency }: { readonly palette: Buffer; readonly transparency: Buffer },
  histogram: Histogram,
): (row: Uint8Array, x: number) => void {
  const channels = CHANNELS[colourType]!
  if (bitDepth < 8) {
    const max = (1 << bitDepth) - 1
    return (row, x) => {
      const bit = x * bitDepth
      const value = (row[1 + (bit >> 3)]! >> (8 - bitDepth - (bit & 7))) & max
      if (colourType === 3) return countIndex(value)
      const grey = (value * 255) / max
      histogram.add(grey, grey, grey, 255, 1)
    }
  }
  const sampleBytes = bitDepth >> 3
  // Of 16 bits the upper 8 are enough for a name.
  return (row, x) => {
    const at = 1 + x * channels * sampleBytes
    const sample = (channel: number): number => row[at + channel * sampleBytes]!
    const first = sample(0)
    if (colourType === 3) return countIndex(first)
    const alpha = colourType === 4 ? sample(1) : colourType === 6 ? sample(3) : 255
    if (channels < 3) histogram.add(first, first, first, alpha, 1)
    else histogram.add(first, sample(1), sample(2), alpha, 1)
  }
  function countIndex(index: number): void {
    const at = index * 3
    const alpha = transparency[index] ?? 255
    histogram.add(palette[at] ?? 0, palette[at + 1] ?? 0, palette[at + 2] ?? 0, alpha, 1)
  }
}
