/** The text layer of a PDF: what its pages show with text operators, in the order in which they show it. Source: ISO 32000-1, 9.4. */
import { letOthersRun } from '../file.ts'
import type { PdfFile } from './pdf-file.ts'
import { decodePlain, type FontDecoder, fontDecoder } from './pdf-fonts.ts'
import type { PdfPage } from './pdf-pages.ts'
import { createParser } from './pdf-parser.ts'
import { isKind, listOf, nameOf, type PdfDictionary, type PdfValue } from './pdf-values.ts'

const TEXT_CHARS_MAX = 200_000
/** Content streams of one page. */
const STREAMS_MAX = 64
const OPERANDS_MAX = 64
const FONTS_MAX = 200
/** Content that is read of one document. */
const CONTENT_BYTES_MAX = 8 * 1024 * 1024
const VALUES_PER_TURN = 50_000
/** In thousandths of the font's size: a gap as wide as this is a space. */
const SPACE_GAP = 180

export interface PdfPlainText {
  readonly text: string
  readonly isCut: boolean
}

export async function textOfPages(pdf: PdfFile, pages: readonly PdfPage[]): Promise<PdfPlainText> {
  const fonts: Fonts = { byDictionary: new Map() }
  const texts: string[] = []
  let charsLeft = TEXT_CHARS_MAX
  let bytesLeft = CONTENT_BYTES_MAX
  for (const page of pages) {
    const content = await contentOf(pdf, page.dictionary, bytesLeft)
    const writer = createWriter(charsLeft)
    await showPage(content.subarray(0, bytesLeft), await fontsOf(pdf, page.resources, fonts), writer)
    const text = writer.text()
    if (text !== '') texts.push(text)
    charsLeft -= text.length
    if (writer.isFull() || content.length > bytesLeft) return { text: texts.join('\n\n'), isCut: true }
    bytesLeft -= content.length
  }
  return { text: texts.join('\n\n'), isCut: false }
}

interface Fonts {
  /** Fonts are shared by pages. */
  readonly byDictionary: Map<PdfValue, FontDecoder>
}

async function fontsOf(
  pdf: PdfFile,
  resources: PdfDictionary | undefined,
  { byDictionary }: Fonts,
): Promise<ReadonlyMap<string, FontDecoder>> {
  const decoders = new Map<string, FontDecoder>()
  for (const [name, value] of pdf.dictionary(resources?.get('Font')) ?? []) {
    const font = pdf.dictionary(value)
    if (font === undefined) continue
    let decoder = byDictionary.get(font)
    if (decoder === undefined && byDictionary.size < FONTS_MAX) {
      decoder = await fontDecoder(pdf, font)
      byDictionary.set(font, decoder)
    }
    if (decoder !== undefined) decoders.set(name, decoder)
  }
  return decoders
}

/** A page's content, which may be spread over several streams; no further one is unpacked beyond `bytesMax`. */
async function contentOf(pdf: PdfFile, page: PdfDictionary, bytesMax: number): Promise<Buffer> {
  const contents = page.get('Contents')
  const list = listOf(pdf.resolve(contents)) ?? [contents]
  const pieces: Buffer[] = []
  let bytes = 0
  for (const value of list.slice(0, STREAMS_MAX)) {
    if (bytes > bytesMax) break
    const piece = await pdf.content(value)
    // A word never goes on from one stream to the next.
    if (piece !== undefined) pieces.push(piece, Buffer.from('\n'))
    bytes += piece?.length ?? 0
  }
  return Buffer.concat(pieces)
}

async function showPage(
  content: Buffer,
  fonts: ReadonlyMap<string, FontDecoder>,
  writer: Writer,
): Promise<void> {
  const parser = createParser(content, 0, content.length)
  let operands: PdfValue[] = []
  let decode: FontDecoder = decodePlain
  let values = 0
  for (let value = parser.next(); value !== undefined && !writer.isFull(); value = parser.next()) {
    if (++values % VALUES_PER_TURN === 0) await letOthersRun()
    if (!isKind(value, 'word')) {
      if (operands.length < OPERANDS_MAX) operands.push(value)
      continue
    }
    if (value.word === 'Tf') decode = fonts.get(nameOf(operands[0]) ?? '') ?? decodePlain
    else if (value.word === 'ID') parser.seek(afterInlineImage(content, parser.at))
    else OPERATORS.get(value.word)?.(writer, operands, decode)
    operands = []
  }
}

/** An inline image is binary up to its `EI`. */
function afterInlineImage(content: Buffer, at: number): number {
  const end = content.indexOf('\nEI', at)
  const other = end === -1 ? content.indexOf(' EI', at) : end
  return other === -1 ? content.length : other + 3
}

type Operator = (writer: Writer, operands: readonly PdfValue[], decode: FontDecoder) => void

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['Tj', (writer, operands, decode) => show(writer, operands.at(-1), decode)],
  ['TJ', (writer, operands, decode) => showSpaced(writer, operands.at(-1), decode)],
  ["'", (writer, operands, decode) => showOnNextLine(writer, operands, decode)],
  ['"', (writer, operands, decode) => showOnNextLine(writer, operands, decode)],
  ['Td', (writer, operands) => writer.move(operands[1] === 0)],
  ['TD', (writer, operands) => writer.move(operands[1] === 0)],
  ['T*', (writer) => writer.move(false)],
  ['Tm', (writer, operands) => writer.moveTo(operands[5])],
  ['ET', (writer) => writer.gap()],
])

function show(writer: Writer, value: PdfValue | undefined, decode: FontDecoder): void {
  if (isKind(value, 'text')) writer.write(decode(value.bytes))
}

function showOnNextLine(writer: Writer, operands: readonly PdfValue[], decode: FontDecoder): void {
  writer.move(false)
  show(writer, operands.at(-1), decode)
}

/** Texts with distances between them; negative ones are gaps. */
function showSpaced(writer: Writer, value: PdfValue | undefined, decode: FontDecoder): void {
  for (const item of listOf(value) ?? []) {
    if (typeof item === 'number' && item < -SPACE_GAP) writer.gap()
    else show(writer, item, decode)
  }
}

interface Writer {
  write(text: string): void
  /** Something comes further to the right, or on another line. */
  move(isSameLine: boolean): void
  /** To a height on the page. */
  moveTo(y: PdfValue | undefined): void
  gap(): void
  isFull(): boolean
  text(): string
}

/** What comes after `charsMax` characters is cut. */
function createWriter(charsMax: number): Writer {
  const pieces: string[] = []
  let chars = 0
  let between: '' | ' ' | '\n' = ''
  let height: PdfValue | undefined
  return {
    write(text) {
      const clean = text.replace(/[\p{Cc}\p{Cn}\p{Co}]/gu, '')
      if (clean === '' || chars >= charsMax) return
      if (pieces.length > 0) pieces.push(between)
      pieces.push(clean.slice(0, charsMax - chars))
      chars += clean.length
      between = ''
    },
    move(isSameLine) {
      if (!isSameLine) between = '\n'
      else if (between === '') between = ' '
    },
    moveTo(y) {
      if (y !== height) between = '\n'
      else if (between === '') between = ' '
      height = y
    },
    gap() {
      if (between === '') between = ' '
    },
    isFull: () => chars >= charsMax,
    text: () =>
      pieces
        .join('')
        .replace(/[^\S\n]+/g, ' ')
        .replace(/ ?\n ?/g, '\n')
        .trim(),
  }
}
