/** A canvas as a baseline JPEG without subsampling. Most blocks of a flat picture have one colour and cost nothing. */
import { BitWriter } from './bytes.ts'
import { type Canvas, pixelAt } from './canvas.ts'
import {
  AC_TABLE,
  CHROMINANCE_STEPS,
  codesOf,
  DC_TABLE,
  type HuffmanCodes,
  type HuffmanTable,
  LUMINANCE_STEPS,
  ZIGZAG,
} from './jpeg-tables.ts'

const BLOCK = 8
const COEFFICIENTS = 64
const END_OF_BLOCK = 0x00
const SIXTEEN_ZEROS = 0xf0

/** `quality` from 0 to 100, as libjpeg understands it. */
export function encodeJpeg(canvas: Canvas, quality: number): Buffer {
  const tables = [stepsOf(LUMINANCE_STEPS, quality), stepsOf(CHROMINANCE_STEPS, quality)] as const
  const writer = new BitWriter(true)
  const scan = createScan(canvas, tables, writer)
  for (let y = 0; y < canvas.height; y += BLOCK) for (let x = 0; x < canvas.width; x += BLOCK) scan(x, y)
  writer.align(1)
  return Buffer.concat([headersOf(canvas, tables), writer.take(), Buffer.from([0xff, 0xd9])])
}

function stepsOf(steps: readonly number[], quality: number): Uint8Array {
  const bounded = Math.min(100, Math.max(1, quality))
  const scale = bounded < 50 ? 5_000 / bounded : 200 - 2 * bounded
  return Uint8Array.from(steps, (step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))))
}

type Tables = readonly [Uint8Array, Uint8Array]

/** Writes the block at x, y of all three components. */
function createScan(canvas: Canvas, tables: Tables, writer: BitWriter): (x: number, y: number) => void {
  const codes = { dc: codesOf(DC_TABLE), ac: codesOf(AC_TABLE) }
  const components = componentsOf(canvas)
  const previous = [0, 0, 0]
  const indexes = new Uint8Array(COEFFICIENTS)
  const samples = new Float64Array(COEFFICIENTS)
  const quantised = new Int16Array(COEFFICIENTS)
  return (x, y) => {
    const isFlat = readBlock(canvas, x, y, indexes)
    components.forEach((values, component) => {
      const steps = tables[component === 0 ? 0 : 1]
      quantised.fill(0)
      if (isFlat) {
        quantised[0] = Math.round((values[indexes[0]!]! * BLOCK) / steps[0]!)
      } else {
        for (let index = 0; index < COEFFICIENTS; index++) samples[index] = values[indexes[index]!]!
        transform(samples)
        for (let index = 0; index < COEFFICIENTS; index++)
          quantised[index] = Math.round(samples[index]! / steps[index]!)
      }
      writeBlock(writer, quantised, quantised[0]! - previous[component]!, codes)
      previous[component] = quantised[0]!
    })
  }
}

/** Y, Cb and Cr of each palette colour, around 0. */
function componentsOf({ palette }: Canvas): readonly Float64Array[] {
  const channels = palette.map((colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff] as const)
  return [
    Float64Array.from(channels, ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b - 128),
    Float64Array.from(channels, ([r, g, b]) => -0.168736 * r - 0.331264 * g + 0.5 * b),
    Float64Array.from(channels, ([r, g, b]) => 0.5 * r - 0.418688 * g - 0.081312 * b),
  ]
}

/** Fills in the block's palette indexes, the picture's edge repeated beyond it; true when all are the same. */
function readBlock(canvas: Canvas, left: number, top: number, into: Uint8Array): boolean {
  let isFlat = true
  for (let row = 0; row < BLOCK; row++) {
    const y = Math.min(canvas.height - 1, top + row)
    for (let column = 0; column < BLOCK; column++) {
      const index = pixelAt(canvas, Math.min(canvas.width - 1, left + column), y)
      into[row * BLOCK + column] = index
      if (index !== into[0]) isFlat = false
    }
  }
  return isFlat
}

/** `COSINES[u * 8 + x]` with the scale that makes the transform orthonormal. */
const COSINES = Float64Array.from({ length: COEFFICIENTS }, (_, at) => {
  const [u, x] = [at >> 3, at & 7]
  return Math.cos(((2 * x + 1) * u * Math.PI) / 16) * (u === 0 ? Math.SQRT1_2 : 1) * 0.5
})

/** The two-dimensional cosine transform, in place: first the rows, then the columns. */
function transform(samples: Float64Array): void {
  for (let row = 0; row < COEFFICIENTS; row += BLOCK) transformLine(samples, row, 1)
  for (let column = 0; column < BLOCK; column++) transformLine(samples, column, BLOCK)
}

function transformLine(samples: Float64Array, start: number, step: number): void {
  const line = new Float64Array(BLOCK)
  for (let u = 0; u < BLOCK; u++) {
    let sum = 0
    for (let x = 0; x < BLOCK; x++) sum += samples[start + x * step]! * COSINES[u * BLOCK + x]!
    line[u] = sum
  }
  for (let u = 0; u < BLOCK; u++) samples[start + u * step] = line[u]!
}

interface Codes {
  readonly dc: HuffmanCodes
  readonly ac: HuffmanCodes
}

function writeBlock(writer: BitWriter, quantised: Int16Array, difference: number, { dc, ac }: Codes): void {
  writeSymbol(writer, dc, sizeOf(difference))
  writeValue(writer, difference)
  let zeros = 0
  for (let index = 1; index < COEFFICIENTS; index++) {
    const value = quantised[ZIGZAG[index]!]!
    if (value === 0) {
      zeros++
      continue
    }
    for (; zeros > 15; zeros -= 16) writeSymbol(writer, ac, SIXTEEN_ZEROS)
    writeSymbol(writer, ac, (zeros << 4) | sizeOf(value))
    writeValue(writer, value)
    zeros = 0
  }
  if (zeros > 0) writeSymbol(writer, ac, END_OF_BLOCK)
}

function writeSymbol(writer: BitWriter, { codes, lengths }: HuffmanCodes, symbol: number): void {
  writer.bits(codes[symbol]!, lengths[symbol]!)
}

/** Bits that a value takes. */
function sizeOf(value: number): number {
  return 32 - Math.clz32(Math.abs(value))
}

/** A negative value is written as the ones' complement of its magnitude. */
function writeValue(writer: BitWriter, value: number): void {
  writer.bits(value < 0 ? value - 1 : value, sizeOf(value))
}

function headersOf(canvas: Canvas, tables: Tables): Buffer {
  const zigzagged = tables.map((steps, id) => [id, ...ZIGZAG.map((at) => steps[at]!)])
  const size = [canvas.height >> 8, canvas.height & 0xff, canvas.width >> 8, canvas.width & 0xff]
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xdb, zigzagged.flat()),
    // Eight bits, three components; the first one with its own quantisation.
    segment(0xc0, [8, ...size, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1]),
    segment(0xc4, [0x00, ...tableBytes(DC_TABLE), 0x10, ...tableBytes(AC_TABLE)]),
    segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
  ])
}

function tableBytes({ counts, symbols }: HuffmanTable): readonly number[] {
  return [...counts, ...symbols]
}

function segment(marker: number, data: readonly number[]): Buffer {
  const length = data.length + 2
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...data])
}
