/**
 * A canvas as H.264 (ITU-T H.264, Constrained Baseline, CAVLC), without a transform: a macroblock that looks like its
 * neighbours is predicted from them, any other one is written as plain samples. Flat pictures become small, and nothing
 * is lost but colour resolution. The frames after it say that nothing has changed.
 */
import { BitWriter } from './bytes.ts'
import { type Canvas, pixelAt } from './canvas.ts'

const BLOCK = 16
/** Frame numbers are counted in four bits. */
const FRAME_NUMBERS = 16
const NAL_SEQUENCE = 0x67
const NAL_PICTURE = 0x68
const NAL_KEY = 0x65
const NAL_DELTA = 0x21
const SLICE_P = 5
const SLICE_I = 7
const MACROBLOCK_PCM = 25
/** Fewer 16×16 macroblocks a picture than this fit level 3.1; 4.0 takes 1080p. */
const LEVEL_3_1_BLOCKS_MAX = 3_600

/** Elementary stream: NAL units without start codes or lengths. */
export interface Film {
  readonly width: number
  readonly height: number
  readonly sequence: Buffer
  readonly picture: Buffer
  /** A whole picture. */
  key(canvas: Canvas): Buffer
  /** `number` frames after the last whole picture, and just like it. */
  still(number: number): Buffer
}

export function createFilm(width: number, height: number, framesPerSecond: number): Film {
  const columns = Math.ceil(width / BLOCK)
  const lines = Math.ceil(height / BLOCK)
  return {
    width,
    height,
    sequence: sequenceOf(width, height, framesPerSecond),
    picture: pictureParameters(),
    key: (canvas) => keyFrame(canvas, columns, lines),
    still: (number) => stillFrame(number % FRAME_NUMBERS, columns * lines),
  }
}

/** Codes of unsigned numbers that are longer for larger ones. */
function golomb(writer: BitWriter, value: number): void {
  const length = 32 - Math.clz32(value + 1)
  writer.bits(0, length - 1)
  writer.bits(value + 1, length)
}

function golombs(writer: BitWriter, ...values: readonly number[]): void {
  for (const value of values) golomb(writer, value)
}

/** Ends a unit with its stop bit, and breaks up byte sequences that would look like a start code. */
function close(type: number, writer: BitWriter): Buffer {
  writer.bits(1, 1)
  writer.align(0)
  const payload = writer.take()
  const bytes = Buffer.alloc(1 + Math.ceil(payload.length * 1.5) + 1)
  bytes[0] = type
  let length = 1
  let zeros = 0
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      bytes[length++] = 3
      zeros = 0
    }
    bytes[length++] = byte
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return Buffer.from(bytes.subarray(0, length))
}

const BASELINE = 66
/** Baseline without what most decoders do not have. */
const CONSTRAINTS = 0xc0

function sequenceOf(width: number, height: number, framesPerSecond: number): Buffer {
  const columns = Math.ceil(width / BLOCK)
  const lines = Math.ceil(height / BLOCK)
  const writer = new BitWriter()
  writer.bits(BASELINE, 8)
  writer.bits(CONSTRAINTS, 8)
  writer.bits(columns * lines <= LEVEL_3_1_BLOCKS_MAX ? 31 : 40, 8)
  // Id, bits of a frame number - 4, order of output is order of decoding, one reference.
  golombs(writer, 0, 0, 2, 1)
  writer.bits(0, 1)
  golombs(writer, columns - 1, lines - 1)
  // Whole frames, direct_8x8_inference.
  writer.bits(0b11, 2)
  const right = (columns * BLOCK - width) / 2
  const bottom = (lines * BLOCK - height) / 2
  const isCropped = right > 0 || bottom > 0
  writer.bits(isCropped ? 1 : 0, 1)
  if (isCropped) golombs(writer, 0, right, 0, bottom)
  writeUsability(writer, framesPerSecond)
  return close(NAL_SEQUENCE, writer)
}

/** Colours are BT.709 in the narrow range, frames come at a fixed rate and are shown at once. */
function writeUsability(writer: BitWriter, framesPerSecond: number): void {
  // Present; no aspect ratio, no overscan, video signal: unspecified format, narrow range, colours described.
  writer.bits(0b1_0_0_1_101_0_1, 9)
  for (const bt709 of [1, 1, 1]) writer.bits(bt709, 8)
  // No chroma location; timing: one tick, two ticks a frame, fixed.
  writer.bits(0b0_1, 2)
  for (const value of [1, 2 * framesPerSecond]) {
    writer.bits(value >>> 16, 16)
    writer.bits(value & 0xffff, 16)
  }
  // Fixed rate; no HRD twice; no structure; restrictions: vectors may leave the picture.
  writer.bits(0b1_0_0_0_1_1, 6)
  // No bound on sizes, longest vectors, nothing reordered, one frame buffered.
  golombs(writer, 0, 0, 10, 10, 0, 1)
}

function pictureParameters(): Buffer {
  const writer = new BitWriter()
  golombs(writer, 0, 0)
  // CAVLC, no field order.
  writer.bits(0, 2)
  // One slice group, one reference each way.
  golombs(writer, 0, 0, 0)
  // No weights.
  writer.bits(0, 3)
  // Quantisers at their middle (as signed numbers, 0 is 0).
  golombs(writer, 0, 0, 0)
  // The deblocking filter can be switched off; intra prediction is not confined; no redundant pictures.
  writer.bits(0b100, 3)
  return close(NAL_PICTURE, writer)
}

function writeSliceHeader(writer: BitWriter, type: number, frameNumber: number): void {
  golombs(writer, 0, type, 0)
  writer.bits(frameNumber, 4)
  const isKey = type === SLICE_I
  // The key frame's id; for others: the usual number of references, no reordering.
  if (isKey) golomb(writer, 0)
  else writer.bits(0, 2)
  // How references are marked: as usual.
  writer.bits(0, isKey ? 2 : 1)
  // No change of the quantiser; the deblocking filter is off.
  golombs(writer, 0, 1)
}

function stillFrame(number: number, blocks: number): Buffer {
  const writer = new BitWriter()
  writeSliceHeader(writer, SLICE_P, number)
  golomb(writer, blocks)
  return close(NAL_DELTA, writer)
}

function keyFrame(canvas: Canvas, columns: number, lines: number): Buffer {
  const writer = new BitWriter()
  writeSliceHeader(writer, SLICE_I, 0)
  const planes = planesOf(canvas, columns * BLOCK, lines * BLOCK)
  /** Whether a macroblock was written as samples, which its neighbours' codes depend on. */
  const isPlain = new Uint8Array(columns * lines)
  for (let line = 0; line < lines; line++) {
    for (let column = 0; column < columns; column++) {
      const at = line * columns + column
      const mode = predictionOf(planes, column, line)
      if (mode === undefined) {
        writePlain(writer, planes, column, line)
        isPlain[at] = 1
        continue
      }
      const left = column === 0 ? undefined : isPlain[at - 1]
      const above = line === 0 ? undefined : isPlain[at - columns]
      writePredicted(writer, mode, left, above)
    }
  }
  return close(NAL_KEY, writer)
}

/** One plane of samples, whole macroblocks wide and high. */
interface Plane {
  readonly samples: Uint8Array
  readonly stride: number
  /** Samples of one macroblock's side. */
  readonly size: number
}

/** Y, Cb and Cr in the narrow range; chroma takes one sample of four. */
function planesOf(canvas: Canvas, width: number, height: number): readonly Plane[] {
  const converted = canvas.palette.map(narrowOf)
  const plane = (component: 0 | 1 | 2, step: 1 | 2): Plane => {
    const stride = width / step
    const samples = new Uint8Array(stride * (height / step))
    for (let y = 0; y < height / step; y++) {
      const from = Math.min(canvas.height - 1, y * step)
      for (let x = 0; x < stride; x++) {
        const index = pixelAt(canvas, Math.min(canvas.width - 1, x * step), from)
        samples[y * stride + x] = converted[index]![component]
      }
    }
    return { samples, stride, size: BLOCK / step }
  }
  return [plane(0, 1), plane(1, 2), plane(2, 2)]
}

function narrowOf(colour: number): readonly [number, number, number] {
  const [r, g, b] = [(colour >> 16) / 255, ((colour >> 8) & 0xff) / 255, (colour & 0xff) / 255]
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b
  return [
    Math.round(16 + 219 * y),
    Math.round(128 + (224 * (b - y)) / 1.8556),
    Math.round(128 + (224 * (r - y)) / 1.5748),
  ]
}

type Mode = 'vertical' | 'horizontal'

/** How the whole macroblock follows exactly from the samples above or left of it; undefined when it does not. */
function predictionOf(planes: readonly Plane[], column: number, line: number): Mode | undefined {
  if (line > 0 && planes.every((plane) => follows(plane, column, line, 'vertical'))) return 'vertical'
  if (column > 0 && planes.every((plane) => follows(plane, column, line, 'horizontal'))) return 'horizontal'
  return undefined
}

function follows({ samples, stride, size }: Plane, column: number, line: number, mode: Mode): boolean {
  const start = line * size * stride + column * size
  const [outer, inner] = mode === 'vertical' ? [1, stride] : [stride, 1]
  for (let across = 0; across < size; across++) {
    const first = start + across * outer
    const expected = samples[first - inner]!
    for (let along = 0; along < size; along++) if (samples[first + along * inner] !== expected) return false
  }
  return true
}

/** Codes of "no coefficients" by what the neighbours have: none, some, or all sixteen. */
function writePredicted(
  writer: BitWriter,
  mode: Mode,
  left: number | undefined,
  above: number | undefined,
): void {
  // Intra 16×16 without coefficients: 1 + its mode; the modes of chroma count from the average.
  golombs(writer, 1 + (mode === 'vertical' ? 0 : 1), mode === 'vertical' ? 2 : 1)
  // No change of the quantiser.
  golomb(writer, 0)
  const neighbours = [left, above].filter((isPlain) => isPlain !== undefined)
  const sum = neighbours.reduce((total, isPlain) => total + isPlain * 16, 0)
  const expected = neighbours.length === 2 ? (sum + 1) >> 1 : sum
  if (expected < 2) writer.bits(0b1, 1)
  else writer.bits(0b000011, 6)
}

function writePlain(writer: BitWriter, planes: readonly Plane[], column: number, line: number): void {
  golomb(writer, MACROBLOCK_PCM)
  writer.align(0)
  for (const { samples, stride, size } of planes) {
    for (let row = 0; row < size; row++) {
      const start = (line * size + row) * stride + column * size
      writer.bytes(samples.subarray(start, start + size))
    }
  }
}
