/** Reads a PDF's values one after another. Never fails: what makes no sense is passed over. Source: ISO 32000-1, 7.2 and 7.3. */
import type { PdfDictionary, PdfName, PdfText, PdfValue } from './pdf-values.ts'
import { isKind } from './pdf-values.ts'

const DEPTH_MAX = 64
/** Members of one list or dictionary. */
const MEMBERS_MAX = 100_000
const WORD_BYTES_MAX = 128
/** Of one text; what is longer is cut. */
const TEXT_BYTES_MAX = 256 * 1024

const SPACE = 1
const DELIMITER = 2
const CLASSES = Uint8Array.from({ length: 256 }, (_, code) => {
  if ([0, 9, 10, 12, 13, 32].includes(code)) return SPACE
  return '()<>[]{}/%'.includes(String.fromCharCode(code)) ? DELIMITER : 0
})

export interface Parser {
  /** Where the next value is looked for. */
  readonly at: number
  /** The next value, or `undefined` at the end. */
  next(): PdfValue | undefined
  seek(at: number): void
}

/** What closes a list or a dictionary, until it is taken. */
const CLOSE_LIST = Symbol('list')
const CLOSE_DICTIONARY = Symbol('dictionary')
type Token = PdfValue | typeof CLOSE_LIST | typeof CLOSE_DICTIONARY | undefined

export function createParser(bytes: Buffer, start: number, end: number): Parser {
  const cursor: Cursor = { bytes, end, at: start }
  return {
    get at() {
      return cursor.at
    },
    seek(value) {
      cursor.at = value
    },
    next() {
      for (;;) {
        const token = readToken(cursor, 0)
        if (token !== CLOSE_LIST && token !== CLOSE_DICTIONARY) return token
      }
    },
  }
}

interface Cursor {
  readonly bytes: Buffer
  readonly end: number
  at: number
}

function readToken(cursor: Cursor, depth: number): Token {
  skipSpace(cursor)
  if (cursor.at >= cursor.end) return undefined
  const { bytes } = cursor
  const first = bytes[cursor.at]!
  const isDouble = cursor.at + 1 < cursor.end && bytes[cursor.at + 1] === first
  switch (first) {
    case 0x2f: // /
      cursor.at++
      return readName(cursor)
    case 0x28: // (
      return readString(cursor)
    case 0x5b: // [
      cursor.at++
      return readList(cursor, CLOSE_LIST, depth)
    case 0x5d: // ]
      cursor.at++
      return CLOSE_LIST
    case 0x3c: // <
      if (!isDouble) return readHex(cursor)
      cursor.at += 2
      return dictionaryFrom(readList(cursor, CLOSE_DICTIONARY, depth))
    case 0x3e: // >
      cursor.at += isDouble ? 2 : 1
      return isDouble ? CLOSE_DICTIONARY : null
    case 0x29: // )
    case 0x7b: // {
    case 0x7d: // }
      cursor.at++
      return { kind: 'word', word: String.fromCharCode(first) }
    default:
      return readWord(cursor)
  }
}

function skipSpace(cursor: Cursor): void {
  const { bytes, end } = cursor
  while (cursor.at < end) {
    const byte = bytes[cursor.at]!
    if (byte === 0x25) {
      while (cursor.at < end && bytes[cursor.at] !== 10 && bytes[cursor.at] !== 13) cursor.at++
    } else if (CLASSES[byte] !== SPACE) return
    else cursor.at++
  }
}

/** The end of a run of ordinary characters. */
function runEnd({ bytes, end }: Cursor, from: number): number {
  let at = from
  while (at < end && CLASSES[bytes[at]!] === 0) at++
  return at
}

function readName(cursor: Cursor): PdfName {
  const end = runEnd(cursor, cursor.at)
  const raw = cursor.bytes.toString('latin1', cursor.at, Math.min(end, cursor.at + WORD_BYTES_MAX))
  cursor.at = end
  const name = raw.replace(/#([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return { kind: 'name', name }
}

function readWord(cursor: Cursor): PdfValue {
  const end = runEnd(cursor, cursor.at)
  const word = cursor.bytes.toString('latin1', cursor.at, Math.min(end, cursor.at + WORD_BYTES_MAX))
  cursor.at = end
  // Letters cannot begin a number.
  if (word.charCodeAt(0) < 0x40 && /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(word)) return Number(word)
  if (word === 'true' || word === 'false') return word === 'true'
  return word === 'null' ? null : { kind: 'word', word }
}

/** Values up to what closes them, with `1 0 R` made a reference. */
function readList(cursor: Cursor, close: symbol, depth: number): PdfValue[] {
  const values: PdfValue[] = []
  while (values.length < MEMBERS_MAX) {
    if (depth >= DEPTH_MAX) {
      cursor.at = cursor.end
      break
    }
    const token = readToken(cursor, depth + 1)
    if (token === undefined || token === close) break
    if (token === CLOSE_LIST || token === CLOSE_DICTIONARY) continue
    const value = token as PdfValue
    if (isKind(value, 'word')) {
      // A keyword inside of a value means that its end was lost.
      if (value.word === 'endobj' || value.word === 'endstream') break
      if (value.word === 'R') takeReference(values)
      continue
    }
    values.push(value)
  }
  return values
}

function takeReference(values: PdfValue[]): void {
  values.pop()
  const number = values.pop()
  if (typeof number === 'number') values.push({ kind: 'reference', number })
}

function dictionaryFrom(values: readonly PdfValue[]): PdfDictionary {
  const dictionary = new Map<string, PdfValue>()
  for (let index = 0; index + 1 < values.length; ) {
    const key = values[index]
    if (isKind(key, 'name')) {
      dictionary.set(key.name, values[index + 1]!)
      index += 2
    } else index++
  }
  return dictionary
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12 }

function readString(cursor: Cursor): PdfText {
  const { bytes, end } = cursor
  const text: number[] = []
  let nesting = 0
  let at = cursor.at
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 0x5c) {
      at = readEscape(bytes, at + 1, end, text)
      continue
    }
    if (byte === 0x28 && nesting++ === 0) continue
    if (byte === 0x29 && --nesting === 0) break
    if (text.length < TEXT_BYTES_MAX) text.push(byte)
  }
  cursor.at = Math.min(end, at + 1)
  return { kind: 'text', bytes: Buffer.from(text) }
}

/** Appends what is escaped at `at`, and gives the place of its last byte. */
function readEscape(bytes: Buffer, at: number, end: number, text: number[]): number {
  if (at >= end) return at
  const byte = bytes[at]!
  const isOctal = (index: number): boolean => index < end && bytes[index]! >= 0x30 && bytes[index]! <= 0x37
  if (isOctal(at)) {
    let last = at
    while (last < at + 2 && isOctal(last + 1)) last++
    text.push(Number.parseInt(bytes.toString('latin1', at, last + 1), 8) & 255)
    return last
  }
  // A line end after a backslash is no character.
  if (byte === 13) return bytes[at + 1] === 10 ? at + 1 : at
  if (byte !== 10) text.push(ESCAPES[String.fromCharCode(byte)] ?? byte)
  return at
}

function readHex(cursor: Cursor): PdfText {
  const close = cursor.bytes.indexOf(0x3e, cursor.at)
  const end = close === -1 || close > cursor.end ? cursor.end : close
  const cut = Math.min(end, cursor.at + 1 + 2 * TEXT_BYTES_MAX)
  const digits = cursor.bytes.toString('latin1', cursor.at + 1, cut).replace(/[^0-9a-f]/gi, '')
  cursor.at = Math.min(cursor.end, end + 1)
  return { kind: 'text', bytes: Buffer.from(digits.length % 2 === 1 ? `${digits}0` : digits, 'hex') }
}
