/**
 * Looks at the short strings of a JSON text and exchanges some of them, on its bytes: parsing and printing would round
 * large integers, and lose how everything else was written. Linear; the text is taken for valid.
 */

import { endOfString } from '../../wire/json-spans.ts'

/** Longer strings are no names: they are passed over unread. */
const STRING_BYTES_MAX = 4_096

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

/**
 * `path` is the names of the members that the string lies in, from the outside, without the places in lists.
 * What is returned takes the string's place.
 */
export type Visit = (value: string, path: readonly string[]) => string | undefined

/** `skip`: members whose values are somebody's data, and not looked into. */
export function replaceStrings(json: Buffer, skip: ReadonlySet<string>, visit: Visit): Buffer {
  const pieces: Buffer[] = []
  let copied = 0
  const place = createPlace(skip)
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number
    if (byte !== QUOTE) {
      place.step(byte)
      continue
    }
    const end = endOfString(json, at)
    const text = place.isReading() && end - at <= STRING_BYTES_MAX ? decode(json, at, end) : undefined
    const replacement = place.string(text, visit)
    if (replacement !== undefined) {
      pieces.push(json.subarray(copied, at), Buffer.from(JSON.stringify(replacement)))
      copied = end
    }
    at = end - 1
  }
  return pieces.length === 0 ? json : Buffer.concat([...pieces, json.subarray(copied)])
}

/** Where in the text one stands. */
function createPlace(skip: ReadonlySet<string>) {
  /** For each open bracket, whether it is an object's. */
  const open: boolean[] = []
  const path: string[] = []
  let objects = 0
  let isKey = false
  /** Brackets that are open around what is skipped; 0 while nothing is. */
  let skipping = 0

  function step(byte: number): void {
    const isEnd = byte === CLOSE_OBJECT || byte === CLOSE_ARRAY
    if ((isEnd || byte === COMMA) && open.length === skipping) skipping = 0
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      isKey = byte === OPEN_OBJECT
      open.push(isKey)
      if (isKey) objects++
    } else if (isEnd) {
      if (open.pop()) path.length = Math.max(0, --objects)
      isKey = false
    } else if (byte === COMMA) isKey = open.at(-1) ?? false
  }

  function string(text: string | undefined, visit: Visit): string | undefined {
    if (!isKey) return text === undefined ? undefined : visit(text, path)
    isKey = false
    if (skipping > 0) return undefined
    path.length = objects - 1
    path.push(text ?? '')
    if (skip.has(text ?? '')) skipping = open.length
    return undefined
  }

  return { step, string, isReading: () => skipping === 0 }
}

function decode(json: Buffer, start: number, end: number): string | undefined {
  const text = json.toString('utf8', start, end)
  if (!text.includes('\\')) return text.slice(1, -1)
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
