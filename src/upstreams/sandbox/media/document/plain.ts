/** Documents that are text: what is said of them, and the text itself. */

import { essenceOf } from '../../../translation/checks/mime-types.ts'
import type { MediaFile } from '../file.ts'
import { plural } from '../words.ts'

/** More than any model reads. Of a longer text only this much is looked at, and the rest is counted like it. */
const TEXT_BYTES_MAX = 8 * 1024 * 1024
/** JSON beyond this is not checked. */
const JSON_CHARS_MAX = 1024 * 1024
const LINES_SPLIT_MAX = 200_000

export interface PlainText {
  readonly text: string
  readonly description: string
  /** How many times the text that was read goes into the whole. */
  readonly scale: number
}

export async function readPlainText(file: MediaFile): Promise<PlainText> {
  const { bytes } = await file.view(0, TEXT_BYTES_MAX)
  const text = decode(bytes)
  const scale = bytes.length === 0 ? 1 : file.sizeBytes / bytes.length
  return { text, description: describe(text, essenceOf(file.mimeType), scale), scale }
}

/** UTF-8, or UTF-16 with a byte order mark. What is no character becomes a replacement character. */
function decode(bytes: Buffer): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['text/html', 'an HTML page'],
  ['text/css', 'a style sheet'],
  ['text/markdown', 'a Markdown text'],
  ['text/md', 'a Markdown text'],
  ['text/javascript', 'a JavaScript program'],
  ['application/x-javascript', 'a JavaScript program'],
  ['text/x-typescript', 'a TypeScript program'],
  ['application/x-typescript', 'a TypeScript program'],
  ['text/x-python', 'a Python program'],
  ['application/x-python-code', 'a Python program'],
  ['text/xml', 'an XML document'],
  ['text/rtf', 'an RTF document'],
  ['application/rtf', 'an RTF document'],
  ['application/x-ipynb+json', 'a notebook'],
])

function describe(text: string, essence: string, scale: number): string {
  if (scale > 1) return `${NAMES.get(essence) ?? 'a text'}, too long to be read as a whole`
  if (essence === 'text/csv') return describeTable(text)
  if (essence === 'application/json') return describeJson(text)
  const lines = countLines(text)
  const words = countWords(text)
  return `${NAMES.get(essence) ?? 'a text'} of ${plural(lines, 'line')} and ${plural(words, 'word')}`
}

function describeTable(text: string): string {
  const rows = readRows(text)
  if (rows === undefined) return `a CSV table of ${plural(countLines(text), 'line')}`
  const columns = Math.max(0, ...new Set(rows))
  return `a CSV table of ${plural(rows.length, 'row')} and ${plural(columns, 'column')}`
}

/** How many fields each row has; quoted fields may hold commas and line ends. `undefined` for too many rows. */
function readRows(text: string): number[] | undefined {
  const rows: number[] = []
  let fields = 1
  let isQuoted = false
  let isEmpty = true
  const finish = (): void => {
    if (!isEmpty) rows.push(fields)
    fields = 1
    isEmpty = true
  }
  for (const character of text) {
    if (rows.length > LINES_SPLIT_MAX) return undefined
    if (character === '"') isQuoted = !isQuoted
    if (isQuoted || (character !== '\n' && character !== '\r')) {
      isEmpty = false
      if (character === ',' && !isQuoted) fields++
    } else finish()
  }
  finish()
  return rows
}

function describeJson(text: string): string {
  if (text.length > JSON_CHARS_MAX) return `a JSON text of ${plural(text.length, 'character')}`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return `a text of ${plural(text.length, 'character')} that is not valid JSON`
  }
  if (Array.isArray(value)) return `a JSON list of ${plural(value.length, 'item')}`
  if (typeof value === 'object' && value !== null) {
    return `a JSON object of ${plural(Object.keys(value).length, 'member')}`
  }
  return `a JSON ${value === null ? 'null' : typeof value}`
}

function countLines(text: string): number {
  if (text === '') return 0
  let lines = text.endsWith('\n') ? 0 : 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

function countWords(text: string): number {
  let words = 0
  for (const _ of text.matchAll(/\S+/g)) words++
  return words
}
