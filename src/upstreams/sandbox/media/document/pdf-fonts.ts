/** What the bytes of a shown text stand for, font by font. Source: ISO 32000-1, 9.6 to 9.10. */
import { codePoint, glyph, utf16, windows1252 } from './pdf-encodings.ts'
import type { PdfFile } from './pdf-file.ts'
import { createParser } from './pdf-parser.ts'
import { isKind, listOf, nameOf, type PdfDictionary, type PdfValue } from './pdf-values.ts'

/** Characters that one map may name. */
const MAPPED_MAX = 70_000
/** Characters that one code may stand for, such as those of a ligature. */
const TARGET_BYTES_MAX = 32

/** The characters that bytes stand for; '' for what cannot be known. */
export type FontDecoder = (bytes: Buffer) => string

/** One byte a character, Windows-1252: for texts whose font is not described. */
export const decodePlain: FontDecoder = (bytes) => Array.from(bytes, windows1252).join('')

export async function fontDecoder(pdf: PdfFile, value: PdfValue | undefined): Promise<FontDecoder> {
  const font = pdf.dictionary(value)
  if (font === undefined) return decodePlain
  const isComposite = nameOf(pdf.resolve(font.get('Subtype'))) === 'Type0'
  const map = await pdf.content(font.get('ToUnicode'))
  const toUnicode = map === undefined ? undefined : readToUnicode(map)
  if (isComposite) return compositeDecoder(toUnicode)
  const differences = readDifferences(pdf, font)
  return (bytes) =>
    Array.from(bytes, (byte) => toUnicode?.get(byte) ?? differences.get(byte) ?? windows1252(byte)).join('')
}

/** Two bytes a character; without a map nobody knows which. */
function compositeDecoder(toUnicode: ReadonlyMap<number, string> | undefined): FontDecoder {
  if (toUnicode === undefined) return () => ''
  return (bytes) => {
    let text = ''
    for (let at = 0; at + 1 < bytes.length; at += 2) text += toUnicode.get(bytes.readUInt16BE(at)) ?? ''
    return text
  }
}

/** `[65 /A /B 97 /a]`: names for the codes from 65 on, and from 97 on. */
function readDifferences(pdf: PdfFile, font: PdfDictionary): ReadonlyMap<number, string> {
  const encoding = pdf.dictionary(font.get('Encoding'))
  const differences = new Map<number, string>()
  let code = 0
  for (const value of listOf(pdf.resolve(encoding?.get('Differences'))) ?? []) {
    if (typeof value === 'number') code = value
    const name = nameOf(value)
    if (name === undefined) continue
    const character = glyph(name)
    if (character !== undefined) differences.set(code, character)
    code++
  }
  return differences
}

/** A CMap's `bfchar` and `bfrange` sections: between the words come the values that they are about. */
function readToUnicode(map: Buffer): ReadonlyMap<number, string> {
  const parser = createParser(map, 0, map.length)
  const characters = new Map<number, string>()
  let values: PdfValue[] = []
  for (let value = parser.next(); value !== undefined; value = parser.next()) {
    if (!isKind(value, 'word')) {
      if (values.length < MAPPED_MAX * 3) values.push(value)
      continue
    }
    if (value.word === 'endbfchar') addCharacters(characters, values)
    if (value.word === 'endbfrange') addRanges(characters, values)
    values = []
    if (characters.size >= MAPPED_MAX) break
  }
  return characters
}

function addCharacters(characters: Map<number, string>, values: readonly PdfValue[]): void {
  for (let index = 0; index + 1 < values.length; index += 2) {
    const code = codeOf(values[index])
    if (code !== undefined) characters.set(code, targetOf(values[index + 1]))
  }
}

function addRanges(characters: Map<number, string>, values: readonly PdfValue[]): void {
  for (let index = 0; index + 2 < values.length; index += 3) {
    const from = codeOf(values[index])
    const to = codeOf(values[index + 1])
    if (from === undefined || to === undefined) continue
    addRange(characters, from, to, values[index + 2])
  }
}

function addRange(
  characters: Map<number, string>,
  from: number,
  to: number,
  target: PdfValue | undefined,
): void {
  const list = listOf(target)
  const first = list === undefined ? targetOf(target) : ''
  const lastCode = first.codePointAt(first.length - 1) ?? 0
  for (let code = from; code <= to && characters.size < MAPPED_MAX; code++) {
    const step = code - from
    if (list !== undefined) characters.set(code, targetOf(list[step]))
    // Only the last character counts on.
    else characters.set(code, first.slice(0, -1) + codePoint(lastCode + step))
  }
}

function codeOf(value: PdfValue | undefined): number | undefined {
  if (!isKind(value, 'text') || value.bytes.length < 1 || value.bytes.length > 2) return undefined
  return value.bytes.readUIntBE(0, value.bytes.length)
}

function targetOf(value: PdfValue | undefined): string {
  return isKind(value, 'text') ? utf16(value.bytes.subarray(0, TARGET_BYTES_MAX)) : ''
}
