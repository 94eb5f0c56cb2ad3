/** The page tree of a PDF. Source: ISO 32000-1, 7.7. */
import { decodePdfText } from './pdf-encodings.ts'
import type { PdfFile } from './pdf-file.ts'
import { dictionaryOf, isKind, listOf, nameOf, type PdfDictionary, type PdfValue } from './pdf-values.ts'

const DEPTH_MAX = 32
/** A little over what is taken, so that the error can say how many there are in the usual case. */
const PAGES_COUNTED_MAX = 100_000
const TITLE_CHARS_MAX = 200

export interface PdfPage {
  readonly dictionary: PdfDictionary
  /** Its own, or those of the nearest node above that has some. */
  readonly resources: PdfDictionary | undefined
}

export function pagesOf(pdf: PdfFile): PdfPage[] {
  const root = pdf.dictionary(pdf.trailer.get('Root')) ?? findByType(pdf, 'Catalog').at(-1)
  const pages: PdfPage[] = []
  const seen = new Set<PdfDictionary>()
  walk(pdf, root?.get('Pages'), undefined, 0, seen, pages)
  if (pages.length > 0) return pages
  // A broken tree: the pages are still there.
  return findByType(pdf, 'Page')
    .slice(0, PAGES_COUNTED_MAX)
    .map((dictionary) => ({ dictionary, resources: pdf.dictionary(dictionary.get('Resources')) }))
}

function findByType(pdf: PdfFile, type: string): PdfDictionary[] {
  const found: PdfDictionary[] = []
  for (const { value } of pdf.objects.values()) {
    const dictionary = dictionaryOf(value)
    if (dictionary !== undefined && nameOf(dictionary.get('Type')) === type) found.push(dictionary)
  }
  return found
}

function walk(
  pdf: PdfFile,
  value: PdfValue | undefined,
  inherited: PdfDictionary | undefined,
  depth: number,
  seen: Set<PdfDictionary>,
  pages: PdfPage[],
): void {
  const dictionary = pdf.dictionary(value)
  if (dictionary === undefined || depth > DEPTH_MAX || seen.has(dictionary)) return
  if (pages.length >= PAGES_COUNTED_MAX) return
  seen.add(dictionary)
  const resources = pdf.dictionary(dictionary.get('Resources')) ?? inherited
  const kids = listOf(pdf.resolve(dictionary.get('Kids')))
  if (kids === undefined) {
    const type = nameOf(pdf.resolve(dictionary.get('Type')))
    if (type === undefined || type === 'Page') pages.push({ dictionary, resources })
    return
  }
  for (const kid of kids) walk(pdf, kid, resources, depth + 1, seen, pages)
}

/** What the document says it is called, or ''. */
export function titleOf(pdf: PdfFile): string {
  const title = pdf.resolve(pdf.dictionary(pdf.trailer.get('Info'))?.get('Title'))
  if (!isKind(title, 'text')) return ''
  return decodePdfText(title.bytes).replace(/\s+/g, ' ').trim().slice(0, TITLE_CHARS_MAX)
}
