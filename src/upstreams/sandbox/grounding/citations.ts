/** Whether a text quotes a document of the corpus word for word, and where. */
import { byteOffsets } from './byte-offsets.ts'
import type { LoadedCorpus } from './corpus.ts'
import type { CorpusDocument } from './document.ts'

const QUOTE_CHARS_MIN = 60
/** Blocks half as long as the shortest quote: whatever is quoted holds one of them whole. */
const BLOCK_CHARS = QUOTE_CHARS_MIN / 2
/** Places of one block that are tried; a document that repeats itself has more. */
const PLACES_PER_BLOCK_MAX = 4
const CITATIONS_MAX = 64

/** As in `citationMetadata.citationSources`: UTF-8 bytes, end exclusive, a start of 0 left out. */
export interface CitationSource {
  readonly startIndex?: number
  readonly endIndex: number
  readonly uri: string
  readonly license?: string
}

interface BlockPlace {
  readonly document: CorpusDocument
  readonly at: number
}

/** Blocks of a corpus by their text; made once for each corpus. */
const blocksOfCorpus = new WeakMap<LoadedCorpus, ReadonlyMap<string, readonly BlockPlace[]>>()

/** Quotes of at least 60 characters, in order and apart from each other; `undefined` when there are none. Linear. */
export function citationsFor(text: string, corpus: LoadedCorpus): CitationSource[] | undefined {
  const blocks = blocksOf(corpus)
  const citations: CitationSource[] = []
  let free = 0
  const bytesUntil = byteOffsets(text)
  for (let at = 0; at + BLOCK_CHARS <= text.length && citations.length < CITATIONS_MAX; at++) {
    const quote = longestQuote(text, at, free, blocks.get(text.slice(at, at + BLOCK_CHARS)) ?? [])
    if (quote === undefined) continue
    const { uri, license } = quote.document
    const startIndex = bytesUntil(quote.start)
    const endIndex = bytesUntil(quote.end)
    citations.push({ ...(startIndex > 0 && { startIndex }), endIndex, uri, ...(license && { license }) })
    free = quote.end
    at = quote.end - 1
  }
  return citations.length > 0 ? citations : undefined
}

function blocksOf(corpus: LoadedCorpus): ReadonlyMap<string, readonly BlockPlace[]> {
  const known = blocksOfCorpus.get(corpus)
  if (known !== undefined) return known
  const blocks = new Map<string, BlockPlace[]>()
  for (const document of corpus.documents) {
    for (let at = 0; at + BLOCK_CHARS <= document.text.length; at += BLOCK_CHARS) {
      const block = document.text.slice(at, at + BLOCK_CHARS)
      const places = blocks.get(block)
      if (places === undefined) blocks.set(block, [{ document, at }])
      else if (places.length < PLACES_PER_BLOCK_MAX) places.push({ document, at })
    }
  }
  blocksOfCorpus.set(corpus, blocks)
  return blocks
}

interface Quote {
  readonly start: number
  readonly end: number
  readonly document: CorpusDocument
}

/** The longest quote through the block at `at` that begins at `free` or later. */
function longestQuote(
  text: string,
  at: number,
  free: number,
  places: readonly BlockPlace[],
): Quote | undefined {
  let best: Quote | undefined
  for (const place of places) {
    const source = place.document.text
    let before = 0
    while (at - before > free && place.at > before && text[at - before - 1] === source[place.at - before - 1])
      before++
    let after = BLOCK_CHARS
    while (at + after < text.length && text[at + after] === (source[place.at + after] ?? '')) after++
    const length = before + after
    if (length < QUOTE_CHARS_MIN || length <= (best ? best.end - best.start : 0)) continue
    best = { start: at - before, end: at + after, document: place.document }
  }
  return best && wholeCharacters(text, best)
}

/** Never from or to the middle of a character of two units. */
function wholeCharacters(text: string, { start, end, document }: Quote): Quote {
  const isLow = (at: number) => (text.charCodeAt(at) & 0xfc00) === 0xdc00
  return { start: isLow(start) ? start + 1 : start, end: isLow(end) ? end - 1 : end, document }
}
