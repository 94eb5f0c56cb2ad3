/**
 * Where members and elements lie in the bytes of a JSON text, so that one can be exchanged while everything else stays
 * as it was written: parsing and printing would round large integers. Linear; the text is taken for valid.
 */

export interface Span {
  readonly start: number
  /** One after the last byte. */
  readonly end: number
}

/** A member of an object; the span is its value's. */
export interface Member extends Span {
  /** Decoded, as it was spelled. */
  readonly name: string
  /** Where the name's opening quote stands. */
  readonly nameStart: number
}

export interface Edit extends Span {
  /** What takes the span's place; an empty span is where it is put in. */
  readonly text: string | Buffer
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const BLANK_MAX = 0x20
const BOM_FIRST_BYTE = 0xef
const BOM_BYTES = 3

/** Where the text's one value begins. */
export function rootOf(json: Buffer): number {
  return afterBlanks(json, json[0] === BOM_FIRST_BYTE ? BOM_BYTES : 0)
}

/** Of the object that begins at `start`, in their order; none when it is no object. */
export function membersOf(json: Buffer, start: number): Member[] {
  const members: Member[] = []
  if (json[start] !== OPEN_OBJECT) return members
  let at = afterBlanks(json, start + 1)
  while (json[at] === QUOTE) {
    const nameEnd = endOfString(json, at)
    const valueStart = afterBlanks(json, afterBlanks(json, nameEnd) + 1)
    const end = endOfValue(json, valueStart)
    members.push({ name: textOf(json, at, nameEnd), nameStart: at, start: valueStart, end })
    at = afterBlanks(json, end)
    if (json[at] !== COMMA) break
    at = afterBlanks(json, at + 1)
  }
  return members
}

/**
 * Where the value of that member of the object at `start` begins; undefined when it is not there. What comes after it is
 * not looked at, and the text may be cut off anywhere.
 */
export function valueStartOf(json: Buffer, start: number, name: string): number | undefined {
  if (json[start] !== OPEN_OBJECT) return undefined
  let at = afterBlanks(json, start + 1)
  while (json[at] === QUOTE) {
    const nameEnd = endOfString(json, at)
    // A name that is cut within an escape cannot be decoded.
    if (nameEnd >= json.length) return undefined
    const valueStart = afterBlanks(json, afterBlanks(json, nameEnd) + 1)
    if (textOf(json, at, nameEnd) === name) return valueStart
    at = afterBlanks(json, endOfValue(json, valueStart))
    if (json[at] !== COMMA) break
    at = afterBlanks(json, at + 1)
  }
  return undefined
}

/** The first element of the list at `start`, and whether it is the only one; undefined when there is none. */
export function firstElementOf(
  json: Buffer,
  start: number,
): (Span & { readonly isOnly: boolean }) | undefined {
  const isList = json[start] === OPEN_ARRAY
  const first = isList ? afterBlanks(json, start + 1) : start
  if (first >= json.length || json[first] === CLOSE_ARRAY) return undefined
  const end = endOfValue(json, first)
  return { start: first, end, isOnly: !isList || json[afterBlanks(json, end)] === CLOSE_ARRAY }
}

/** Of the list that begins at `start`. protojson lets a single value stand for a list, which is then its only element. */
export function elementsOf(json: Buffer, start: number): Span[] {
  if (json[start] !== OPEN_ARRAY) return [{ start, end: endOfValue(json, start) }]
  const elements: Span[] = []
  let at = afterBlanks(json, start + 1)
  while (at < json.length && json[at] !== CLOSE_ARRAY) {
    const end = endOfValue(json, at)
    elements.push({ start: at, end })
    at = afterBlanks(json, end)
    if (json[at] !== COMMA) break
    at = afterBlanks(json, at + 1)
  }
  return elements
}

/** The value of a span. */
export function parsedAt(json: Buffer, { start, end }: Span): unknown {
  return JSON.parse(json.toString('utf8', start, end))
}

/** The spans must not overlap; their order does not matter. Without any, the same buffer. */
export function withEdits(json: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return json
  const pieces: Buffer[] = []
  let copied = 0
  for (const { start, end, text } of [...edits].sort((one, other) => one.start - other.start)) {
    pieces.push(json.subarray(copied, start), typeof text === 'string' ? Buffer.from(text) : text)
    copied = end
  }
  pieces.push(json.subarray(copied))
  return Buffer.concat(pieces)
}

/** What takes these members out of their object, with the commas that go with them. */
export function removals(members: readonly Member[], isRemoved: (member: Member) => boolean): Edit[] {
  const edits: Edit[] = []
  let hasKept = false
  members.forEach((member, index) => {
    if (!isRemoved(member)) {
      hasKept = true
      return
    }
    const start = hasKept ? (members[index - 1] as Member).end : member.nameStart
    const end = hasKept ? member.end : (members[index + 1]?.nameStart ?? member.end)
    edits.push({ start, end, text: '' })
  })
  return edits
}

/** Up to here a string is looked through here; from here on by the machine, whose every call has its price. */
const NEAR_BYTES = 64

/** One after the closing quote of the string whose opening quote stands at `start`. */
export function endOfString(json: Buffer, start: number): number {
  let at = start + 1
  for (;;) {
    const near = Math.min(at + NEAR_BYTES, json.length)
    while (at < near) {
      const byte = json[at]
      if (byte === QUOTE) return at + 1
      at += byte === BACKSLASH ? 2 : 1
    }
    const end = at < json.length ? json.indexOf(QUOTE, at) : -1
    if (end < 0) return json.length
    let backslashes = 0
    while (end - 1 - backslashes >= at && json[end - 1 - backslashes] === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return end + 1
    at = end + 1
  }
}

function endOfValue(json: Buffer, start: number): number {
  const first = json[start]
  if (first === QUOTE) return endOfString(json, start)
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return endOfScalar(json, start)
  let depth = 0
  for (let at = start; at < json.length; at++) {
    const byte = json[at]
    if (byte === QUOTE) at = endOfString(json, at) - 1
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return at + 1
  }
  return json.length
}

function endOfScalar(json: Buffer, start: number): number {
  let at = start
  while (at < json.length) {
    const byte = json[at] as number
    if (byte <= BLANK_MAX || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) return at
    at++
  }
  return at
}

function afterBlanks(json: Buffer, start: number): number {
  let at = start
  while ((json[at] as number) <= BLANK_MAX) at++
  return at
}

function textOf(json: Buffer, start: number, end: number): string {
  const text = json.toString('utf8', start + 1, end - 1)
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}
