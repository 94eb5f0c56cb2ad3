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

export interface JsonLimits {
  readonly depth: number
  readonly nodes: number
  readonly keysPerObject: number
}

/** What to look at below one value. Names are lowerCamelCase; snake_case in the text is the same name. */
export interface Watch {
  /** Members of an object. One of these that comes twice is refused. */
  readonly keys?: Readonly<Record<string, Watch>>
  /** Elements of an array. A value that is not an array counts as its only element, as in protojson. */
  readonly each?: Watch
  /** Keep the value's own text, to be had from `captured`; refused above `CAPTURE_BYTES_MAX`. */
  readonly capture?: true
  /** Count the elements of an array, refuse more than this. */
  readonly elementsMax?: number
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

/** Where a number may go on; the names say what was read last. */
const N = { minus: 0, zero: 1, integer: 2, point: 3, fraction: 4, exponent: 5, sign: 6, power: 7 } as const
const NUMBER_MAY_END = [false, true, true, false, true, false, false, true]

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
  readonly path: string
  readonly depth: number
  readonly parts: Buffer[]
  bytes: number
}

export class JsonScanner {
  /** Text of each captured value by path, such as `generationConfig.maxOutputTokens`. */
  readonly captured = new Map<string, string>()
  /** Elements of each counted array by path. */
  readonly counted = new Map<string, number>()

  readonly #limits: JsonLimits
  #state: number = S.start
  #depth = 0
  #nodes = 0
  #rootKind = 0

  readonly #kinds: number[] = [0]
  readonly #members: number[] = [0]
  readonly #watches: (Watch | undefined)[] = []
  readonly #paths: string[] = []
  /** Watched names so far of each watched object: a handful. */
  readonly #seen: (string[] | undefined)[] = []
  /** The watch and the path of the value that comes next. */
  #nextWatch: Watch | undefined
  #nextPath = ''

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

  constructor(limits: JsonLimits, watch?: Watch) {
    this.#limits = limits
    this.#nextWatch = watch
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
    if (this.#nextWatch?.capture && !this.#capture) this.#beginCapture(at)
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
    const watch = this.#nextWatch
    this.#kinds[depth] = kind
    this.#members[depth] = 0
    // In protojson a single object may stand where a list is declared: it is then the list's only element.
    const below = kind === OBJECT && watch?.each && !watch.keys ? watch.each : watch
    this.#watches[depth] = below
    this.#paths[depth] = this.#nextPath
    this.#seen[depth] = kind === OBJECT && below?.keys ? [] : undefined
    if (kind === OBJECT) this.#state = S.keyOrEnd
    else {
      this.#state = S.valueOrEnd
      this.#members[depth] = 1
      this.#watchElement(watch, depth)
    }
  }

  #watchElement(watch: Watch | undefined, depth: number): void {
    this.#nextWatch = watch?.each
    this.#nextPath = this.#paths[depth] as string
  }

  #nextElement(): void {
    const depth = this.#depth
    const watch = this.#watches[depth]
    const count = ++(this.#members as number[])[depth]!
    if (watch?.elementsMax !== undefined && count > watch.elementsMax) {
      this.#refuse(`${this.#paths[depth]}: at most ${watch.elementsMax} elements are allowed.`)
    }
    this.#watchElement(watch, depth)
  }

  #close(piece: Buffer, at: number): void {
    const depth = this.#depth--
    const watch = this.#watches[depth]
    if (watch?.elementsMax !== undefined && this.#kinds[depth] === ARRAY) {
      const isEmpty = this.#state === S.valueOrEnd
      this.counted.set(this.#paths[depth] as string, isEmpty ? 0 : (this.#members[depth] as number))
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
    else this.#endValue(piece, at + 1)
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
    const seen = this.#seen[depth]
    if (seen === undefined || watch?.keys === undefined) {
      this.#nextWatch = undefined
      return
    }
    const name = canonicalName(this.#text(this.#keyParts, piece, at))
    this.#nextWatch = Object.hasOwn(watch.keys, name) ? watch.keys[name] : undefined
    if (this.#nextWatch === undefined) return
    const path = this.#paths[depth] as string
    this.#nextPath = path === '' ? name : `${path}.${name}`
    if (seen.includes(name)) throw new JsonScanError('duplicate', this.#nextPath)
    seen.push(name)
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

  #beginCapture(at: number): void {
    this.#capture = { path: this.#nextPath, depth: this.#depth, parts: [], bytes: 0 }
    this.#captureAt = at
  }

  #endCapture(piece: Buffer, end: number): void {
    const capture = this.#capture as Capture
    this.#keepCapture(capture, piece, end)
    this.captured.set(capture.path, Buffer.concat(capture.parts).toString('utf8'))
    this.#capture = undefined
  }

  #keepCapture(capture: Capture, piece: Buffer, end: number): void {
    const part = piece.subarray(this.#captureAt, end)
    capture.bytes += part.length
    if (capture.bytes > CAPTURE_BYTES_MAX) this.#refuse(`${capture.path} is too long.`)
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

/** The next state of a number after `byte`, or -1 when the number ends before it. */
function nextNumberState(state: number, byte: number): number {
  const isDigit = byte >= 0x30 && byte <= 0x39
  switch (state) {
    case N.minus:
      return isDigit ? (byte === 0x30 ? N.zero : N.integer) : -1
    case N.zero:
    case N.integer:
      if (isDigit && state === N.integer) return N.integer
      if (byte === 0x2e) return N.point
      return byte === 0x65 || byte === 0x45 ? N.exponent : -1
    case N.point:
      return isDigit ? N.fraction : -1
    case N.fraction:
      if (isDigit) return N.fraction
      return byte === 0x65 || byte === 0x45 ? N.exponent : -1
    case N.exponent:
      if (byte === 0x2b || byte === 0x2d) return N.sign
      return isDigit ? N.power : -1
    default:
      return isDigit ? N.power : -1
  }
}

/** A byte that may not follow a number directly: `01`, `1.2.3`, `1x`. */
function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2b || byte === 0x2d
}

/** One name for both spellings of a field: escapes resolved, snake_case as lowerCamelCase. */
function canonicalName(raw: string): string {
  const name = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
  return name.includes('_')
    ? name.replace(/(?!^)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : name
}

function printable(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '.')
}
