/** The lines of a batch's input, read piece by piece: a file may be larger than the memory. */
import { GatewayError } from '../../errors.ts'

/** As much as Google takes in one request. */
export const LINE_BYTES_MAX = 20 * 1024 * 1024
export const LINES_MAX = 100_000
const SLICE_BYTES = 256 * 1024
const NEWLINE = 0x0a

export interface LineSource {
  readonly sizeBytes: number
  /** Bytes from `start` to before `end`. */
  read(start: number, end: number): Promise<Buffer>
}

export interface Line {
  /** From 0; empty lines are not counted. */
  readonly index: number
  /** Undefined for a line that is too long to be kept. */
  readonly bytes: Buffer | undefined
}

export async function* readLines(source: LineSource): AsyncGenerator<Line, void> {
  let index = 0
  for await (const bytes of rawLines(source)) {
    if (bytes === undefined || !isBlank(bytes)) yield { index: index++, bytes }
  }
}

async function* rawLines(source: LineSource): AsyncGenerator<Buffer | undefined, void> {
  let pieces: Buffer[] = []
  let size = 0
  const keep = (piece: Buffer) => {
    size += piece.length
    // The rest of a line that is too long is passed over, whatever its length.
    if (size > LINE_BYTES_MAX) pieces = []
    else pieces.push(piece)
  }
  const take = () => {
    const line = size > LINE_BYTES_MAX ? undefined : Buffer.concat(pieces)
    pieces = []
    size = 0
    return line
  }
  for (let at = 0; at < source.sizeBytes; ) {
    const slice = await source.read(at, Math.min(at + SLICE_BYTES, source.sizeBytes))
    if (slice.length === 0) throw new GatewayError('failed_precondition', 'The input file ended early.')
    at += slice.length
    let start = 0
    for (let end = slice.indexOf(NEWLINE); end >= 0; end = slice.indexOf(NEWLINE, start)) {
      keep(slice.subarray(start, end))
      start = end + 1
      yield take()
    }
    keep(slice.subarray(start))
  }
  if (size > 0) yield take()
}

/** Throws `invalid_argument` for what holds no line of JSON at all, and for too many of them. */
export async function countLines(source: LineSource): Promise<number> {
  let count = 0
  let objects = 0
  for await (const { index, bytes } of readLines(source)) {
    count = index + 1
    if (count > LINES_MAX) {
      const text = `The input has more than the ${LINES_MAX} requests that one batch may have.`
      throw new GatewayError('invalid_argument', text)
    }
    if (bytes === undefined || looksLikeObject(bytes)) objects++
  }
  if (objects > 0) return count
  const text =
    count === 0
      ? 'The input file has no requests.'
      : 'The input file is not in the JSONL format: no line of it is a JSON object.'
  throw new GatewayError('invalid_argument', text)
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (!isSpace(byte)) return false
  return true
}

function looksLikeObject(bytes: Buffer): boolean {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  let end = bytes.length - 1
  while (start < end && isSpace(bytes[start] as number)) start++
  while (end > start && isSpace(bytes[end] as number)) end--
  return bytes[start] === 0x7b && bytes[end] === 0x7d
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}
