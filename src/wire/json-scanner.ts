/**
 * A strict JSON validator that is fed piece by piece, bounds what it sees, and reads a few watched members.
 *
 * It exists because `JSON.parse` is the wrong first reader of a stranger's body: 20 MiB of brackets block the
 * event loop for seconds, duplicates vanish in silence, and a 20 MiB image must not be parsed at all to learn
 * `maxOutputTokens`. The scanner is linear, holds a stack of at most `depth` frames, and refuses early.
 *
 * Accepts what `JSON.parse` accepts, less: nesting, values, keys, key length and numbers beyond the limits,
 * non-finite numbers, and a watched field that stands twice, also under its other name.
 * Bytes that are not UTF-8 are not its business (`node:buffer` `isUtf8` is faster).
 */

import { JsonFindings } from './json-findings.ts'
import { isNumberByte, N, NUMBER_MAY_END, nextNumberState } from './json-number.ts'
import {
  compileWatch,
  type Measure,
  nameIn,
  type Watch,
  type WatchName,
  type WatchNode,
} from './json-watch.ts'

export type { Measure, Watch } from './json-watch.ts'

export interface JsonLimits {
  readonly depth: number
  readonly nodes: number
  readonly keysPerObject: number
}

export type JsonProblem = 'syntax' | 'limit' | 'duplicate'

export class JsonScanError extends Error {
  readonly problem: JsonProblem
  constructor(problem: JsonProblem, message: string) {
    super(message)
    this.name = 'JsonScanError'
    this.problem = problem
  }
}

/** Shared by every key and number that lies within one piece, which is nearly all of them. */
const NONE: Buffer[] = []

const KEY_BYTES_MAX = 8 * 1024
const NUMBER_CHARS_MAX = 400
/** Below this many characters without an exponent a number cannot overflow a double. */
const NUMBER_CHARS_SURELY_FINITE = 300
const CAPTURE_BYTES_MAX = 64 * 1024
/** How much of the input an error message shows on each side of the fault. */
const CONTEXT_BYTES = 20

const QUOTE = 0x22
const LETTER_N = 0x6e
const BACKSLASH = 0x5c
const OBJECT = 1
const ARRAY = 2

/** States, as plain numbers: this loop sees every byte of every request. */
const S = {
  start: 0,
  value: 1,
  valueOrEnd: 2,
  keyOrEnd: 3,
  key: 4,
  colon: 5,
  commaOrEnd: 6,
  string: 7,
  escape: 8,
  hex: 9,
  number: 10,
  literal: 11,
  done: 12,
} as const

const LITERALS: Readonly<Record<number, string>> = { 116: 'true', 102: 'false', 110: 'null' }

/** What the parser of Google's front end says when it wanted something else. */
const EXPECTED: Readonly<Record<number, string>> = {
  [S.start]: 'Expected a value.',
  [S.value]: 'Expected a value.',
  [S.valueOrEnd]: 'Expected a value or ] within an array.',
  [S.keyOrEnd]: 'Expected an object key or }.',
  [S.key]: 'Expected an object key.',
  [S.colon]: 'Expected : between key:value pair.',
  [S.string]: 'Closing quote expected in string.',
  [S.escape]: 'Invalid escape sequence.',
  [S.hex]: 'Illegal hex string.',
  [S.number]: 'Unable to parse number.',
  [S.literal]: 'Unexpected token.',
  [S.done]: 'Parsing terminated before end of input.',
}

interface Capture {
  readonly node: WatchNode
  readonly depth: number
  readonly parts: Buffer[]
  bytes: number
}

export class JsonScanner {
  readonly found = new JsonFindings()

  readonly #limits: JsonLimits
  #state: number = S.start
  #depth = 0
  #nodes = 0
  #rootKind = 0

  readonly #kinds: number[] = [0]
  readonly #members: number[] = [0]
  readonly #watches: (WatchNode | undefined)[] = [undefined]
  /** The bits of the watched names so far of each object. */
  readonly #seen: number[] = [0]
  /** The watch of the value that comes next. */
  #next: WatchNode | undefined

  #inKey = false
  #keyBytes = 0
  #keyParts: Buffer[] = NONE
  #hexLeft = 0
  #numberState: number = N.minus
  #numberChars = 0
  #numberHasExponent = false
  #numberParts: Buffer[] = NONE
  #literal = ''
  #literalAt = 0
  #capture: Capture | undefined
  /** Where in the current piece the key, number or capture began; 0 when it began in an earlier one. */
  #tokenAt = 0
  #captureAt = 0
  /** Bytes of the pieces before this one. */
  #bytesBefore = 0
  #isMeasuring = false
  /** Where the string that is measured began, counted over all pieces. */
  #measuredFrom = 0
  /** Of the object that is measured: the length of its bytes, and what it says that they are. */
  #measuredBytes = -1
  #label: string | undefined

  constructor(limits: JsonLimits, watch?: Watch) {
    this.#limits = limits
    this.#next = watch && compileWatch(watch)
  }

  /** Of a text that is one array: elements that have begun. */
  get elements(): number {
    return this.#members[1] ?? 0
  }

  /** Whether the whole text is one object; known once its first byte was read. */
  get isObject(): boolean {
    return this.#rootKind === OBJECT
  }

  /** Reads one piece; throws `JsonScanError` at the first byte that cannot be right. */
  write(piece: Buffer): void {
    this.#tokenAt = 0
    this.#captureAt = 0
    const length = piece.length
    let at = 0
    while (at < length) {
      switch (this.#state) {
        case S.string:
          at = this.#scanString(piece, at)
          break
        case S.number:
          at = this.#scanNumber(piece, at)
          break
        case S.escape:
        case S.hex:
          at = this.#scanEscape(piece, at)
          break
        case S.literal:
          at = this.#scanLiteral(piece, at)
          break
        default:
          at = this.#scanStructure(piece, at)
      }
    }
    this.#keepOpenTokens(piece)
    this.#bytesBefore += length
  }

  /** Says that the text is over; throws when it was not one whole value. */
  end(): void {
    if (this.#state === S.number && this.#depth === 0 && NUMBER_MAY_END[this.#numberState]) {
      this.#endNumber(Buffer.alloc(0), 0)
    }
    if (this.#state === S.done) return
    throw new JsonScanError('syntax', `Unexpected end of string. ${this.#expectation()}`)
  }

  #scanStructure(piece: Buffer, from: number): number {
    let at = from
    const length = piece.length
    while (at < length) {
      const byte = piece[at] as number
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
        at++
        continue
      }
      switch (this.#state) {
        case S.commaOrEnd:
          this.#afterValue(byte, piece, at)
          at++
          break
        case S.colon:
          if (byte !== 0x3a) this.#fault(piece, at)
          this.#state = S.value
          at++
          break
        case S.keyOrEnd:
        case S.key:
          if (byte === 0x7d && this.#state === S.keyOrEnd) {
            this.#close(piece, at)
            at++
            break
          }
          if (byte !== QUOTE) this.#fault(piece, at)
          this.#beginKey(at + 1)
          return at + 1
        case S.done:
          this.#fault(piece, at)
          break
        default:
          if (byte === 0x5d && this.#state === S.valueOrEnd) {
            this.#close(piece, at)
            at++
            break
          }
          return this.#beginValue(byte, piece, at)
      }
    }
    return at
  }

  #afterValue(byte: number, piece: Buffer, at: number): void {
    const inObject = this.#kinds[this.#depth] === OBJECT
    if (byte === 0x2c) {
      this.#state = inObject ? S.key : S.value
      if (!inObject) this.#nextElement()
    } else if (byte === (inObject ? 0x7d : 0x5d)) this.#close(piece, at)
    else this.#fault(piece, at)
  }

  #beginValue(byte: number, piece: Buffer, at: number): number {
    if (++this.#nodes > this.#limits.nodes) this.#refuse('The request has too many values.')
    if (this.#depth === 0) this.#rootKind = byte === 0x7b ? OBJECT : byte === 0x5b ? ARRAY : 3
    const watch = this.#next
    if (watch !== undefined && watch.role !== 'none') this.#read(watch, byte, at)
    if (byte === 0x7b) this.#open(OBJECT)
    else if (byte === 0x5b) this.#open(ARRAY)
    else if (byte === QUOTE) {
      this.#inKey = false
      this.#state = S.string
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      this.#beginNumber(byte, at)
    } else if (LITERALS[byte] !== undefined) {
      this.#literal = LITERALS[byte] as string
      this.#literalAt = 1
      this.#state = S.literal
    } else this.#fault(piece, at)
    return at + 1
  }

  #open(kind: number): void {
    if (this.#depth >= this.#limits.depth) this.#refuse('Message too deep. Max recursion depth reached.')
    const depth = ++this.#depth
    const watch = this.#next
    this.#kinds[depth] = kind
    this.#seen[depth] = 0
    if (kind === OBJECT) {
      // In protojson a single object may stand where a list is declared: it is then the list's only element.
      const below = watch?.each !== undefined && watch.names.length === 0 ? watch.each : watch
      this.#watches[depth] = below
      this.#members[depth] = 0
      this.#state = S.keyOrEnd
      if (below?.measure !== undefined) this.#measuredBytes = -1
    } else {
      this.#watches[depth] = watch
      this.#members[depth] = 1
      this.#state = S.valueOrEnd
      this.#next = watch?.each
    }
  }

  #nextElement(): void {
    const depth = this.#depth
    const watch = this.#watches[depth]
    const count = ++(this.#members as number[])[depth]!
    if (watch?.elementsMax !== undefined && count > watch.elementsMax) {
      this.#refuse(`${watch.path}: at most ${watch.elementsMax} elements are allowed.`)
    }
    this.#next = watch?.each
  }

  #close(piece: Buffer, at: number): void {
    const depth = this.#depth--
    const watch = this.#watches[depth]
    if (watch !== undefined) {
      if (this.#kinds[depth] === OBJECT) {
        if (watch.measure !== undefined) this.#endMeasure(watch.measure)
      } else if (watch.elementsMax !== undefined) {
        const isEmpty = this.#state === S.valueOrEnd
        this.found.counted.set(watch.path, isEmpty ? 0 : (this.#members[depth] as number))
      }
    }
    this.#endValue(piece, at + 1)
  }

  /** `end` is where the value's text stops in this piece. */
  #endValue(piece: Buffer, end: number): void {
    const capture = this.#capture
    if (capture !== undefined && capture.depth === this.#depth) this.#endCapture(piece, end)
    this.#state = this.#depth === 0 ? S.done : S.commaOrEnd
  }

  #beginKey(at: number): void {
    const depth = this.#depth
    if (++(this.#members as number[])[depth]! > this.#limits.keysPerObject) {
      this.#refuse('An object has too many keys.')
    }
    this.#inKey = true
    this.#keyBytes = 0
    this.#keyParts = NONE
    this.#tokenAt = at
    this.#state = S.string
  }

  #scanString(piece: Buffer, from: number): number {
    const length = piece.length
    let at = from
    let byte = 0
    while (at < length) {
      byte = piece[at] as number
      if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) break
      at++
    }
    if (this.#inKey) {
      this.#keyBytes += at - from
      if (this.#keyBytes > KEY_BYTES_MAX) this.#refuse('An object key is too long.')
    }
    if (at === length) return at
    if (byte === BACKSLASH) {
      this.#state = S.escape
      return at + 1
    }
    if (byte !== QUOTE) this.#syntax('Invalid control character in string.', piece, at)
    if (this.#inKey) this.#endKey(piece, at)
    else {
      if (this.#isMeasuring) this.#endMeasuredString(at)
      this.#endValue(piece, at + 1)
    }
    return at + 1
  }

  #scanEscape(piece: Buffer, at: number): number {
    const byte = piece[at] as number
    if (this.#state === S.hex) {
      const isHex = (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
      if (!isHex) this.#fault(piece, at)
      if (--this.#hexLeft === 0) this.#state = S.string
    } else if (byte === 0x75) {
      this.#hexLeft = 4
      this.#state = S.hex
    } else if ('"\\/bfnrt'.includes(String.fromCharCode(byte))) this.#state = S.string
    else this.#fault(piece, at)
    if (this.#inKey) this.#keyBytes++
    return at + 1
  }

  #endKey(piece: Buffer, at: number): void {
    this.#state = S.colon
    const depth = this.#depth
    const watch = this.#watches[depth]
    const name = watch === undefined ? undefined : this.#watchedName(watch, piece, at)
    this.#next = name?.node
    if (name === undefined) return
    const seen = this.#seen[depth] as number
    if ((seen & name.bit) !== 0) throw new JsonScanError('duplicate', name.node.path)
    this.#seen[depth] = seen | name.bit
  }

  #watchedName(watch: WatchNode, piece: Buffer, at: number): WatchName | undefined {
    if (this.#keyParts.length === 0) return nameIn(watch, piece, this.#tokenAt, at)
    const key = Buffer.concat([...this.#keyParts, piece.subarray(0, at)])
    return nameIn(watch, key, 0, key.length)
  }

  #beginNumber(byte: number, at: number): void {
    this.#numberState = byte === 0x2d ? N.minus : byte === 0x30 ? N.zero : N.integer
    this.#numberChars = 1
    this.#numberHasExponent = false
    this.#numberParts = NONE
    this.#tokenAt = at
    this.#state = S.number
  }

  #scanNumber(piece: Buffer, from: number): number {
    const length = piece.length
    let at = from
    while (at < length) {
      const next = nextNumberState(this.#numberState, piece[at] as number)
      if (next < 0) break
      if (next === N.exponent) this.#numberHasExponent = true
      this.#numberState = next
      at++
    }
    this.#numberChars += at - from
    if (this.#numberChars > NUMBER_CHARS_MAX) this.#refuse('A number is too long.')
    if (at === length) return at
    if (!NUMBER_MAY_END[this.#numberState] || isNumberByte(piece[at] as number)) this.#fault(piece, at)
    this.#endNumber(piece, at)
    return at
  }

  #endNumber(piece: Buffer, at: number): void {
    if (this.#numberHasExponent || this.#numberChars > NUMBER_CHARS_SURELY_FINITE) {
      if (!Number.isFinite(Number(this.#text(this.#numberParts, piece, at)))) {
        this.#refuse('A number is out of range.')
      }
    }
    this.#endValue(piece, at)
  }

  #scanLiteral(piece: Buffer, at: number): number {
    if (piece[at] !== this.#literal.charCodeAt(this.#literalAt)) this.#fault(piece, at)
    if (++this.#literalAt === this.#literal.length) this.#endValue(piece, at + 1)
    return at + 1
  }

  /** A value begins that is read. */
  #read(watch: WatchNode, byte: number, at: number): void {
    if (watch.role === 'bytes') {
      this.#isMeasuring = byte === QUOTE
      this.#measuredFrom = this.#bytesBefore + at + 1
    } else if (watch.role === 'note') {
      if (byte !== LETTER_N) this.found.note(watch.note)
    } else if (this.#capture === undefined) {
      this.#capture = { node: watch, depth: this.#depth, parts: [], bytes: 0 }
      this.#captureAt = at
    }
  }

  #endCapture(piece: Buffer, end: number): void {
    const capture = this.#capture as Capture
    this.#keepCapture(capture, piece, end)
    this.#capture = undefined
    const text = Buffer.concat(capture.parts).toString('utf8')
    const { role, path, collectMax } = capture.node
    if (role === 'capture') this.found.captured.set(path, text)
    else if (role === 'label') this.#label = text
    else this.found.collect(path, text, collectMax)
  }

  #endMeasuredString(at: number): void {
    this.#isMeasuring = false
    this.#measuredBytes = this.#bytesBefore + at - this.#measuredFrom
  }

  #endMeasure({ sumAs }: Measure): void {
    const bytes = this.#measuredBytes
    const label = this.#label
    this.#label = undefined
    if (bytes < 0) return
    const name = sumAs(label?.startsWith('"') ? (JSON.parse(label) as string) : undefined)
    if (name !== '') this.found.measure(name, bytes)
  }

  #keepCapture(capture: Capture, piece: Buffer, end: number): void {
    const part = piece.subarray(this.#captureAt, end)
    capture.bytes += part.length
    if (capture.bytes > CAPTURE_BYTES_MAX) this.#refuse(`${capture.node.path} is too long.`)
    capture.parts.push(part)
  }

  /** The piece is over: keep the bytes of a key, a number or a capture that go on in the next one. */
  #keepOpenTokens(piece: Buffer): void {
    if (this.#capture !== undefined) this.#keepCapture(this.#capture, piece, piece.length)
    if (this.#state === S.number) this.#numberParts = [...this.#numberParts, piece.subarray(this.#tokenAt)]
    else if (this.#inKey && this.#state >= S.string && this.#state <= S.hex) {
      this.#keyParts = [...this.#keyParts, piece.subarray(this.#tokenAt)]
    }
  }

  #text(parts: readonly Buffer[], piece: Buffer, end: number): string {
    if (parts.length === 0) return piece.toString('utf8', this.#tokenAt, end)
    return Buffer.concat([...parts, piece.subarray(this.#tokenAt, end)]).toString('utf8')
  }

  #expectation(): string {
    if (this.#state !== S.commaOrEnd) return EXPECTED[this.#state] ?? 'Unexpected token.'
    return this.#kinds[this.#depth] === OBJECT
      ? 'Expected , or } after key:value pair.'
      : 'Expected , or ] after array value.'
  }

  #fault(piece: Buffer, at: number): never {
    this.#syntax(this.#expectation(), piece, at)
  }

  #syntax(message: string, piece: Buffer, at: number): never {
    const before = printable(piece.subarray(Math.max(0, at - CONTEXT_BYTES), at))
    const after = printable(piece.subarray(at, at + CONTEXT_BYTES))
    throw new JsonScanError('syntax', `${message}\n${before}${after}\n${' '.repeat(before.length)}^`)
  }

  #refuse(message: string): never {
    throw new JsonScanError('limit', message)
  }
}

function printable(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '.')
}
