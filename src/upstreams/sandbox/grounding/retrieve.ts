/** Retrieval: BM25 over passages. Linear in the lists of the query's terms; the same query gives the same order. */
import { type Passage, type PassageIndex, type Searchable, unpack } from './passages.ts'
import { termsOf } from './words.ts'

/** Different terms of a query that are looked up. */
const QUERY_TERMS_MAX = 64
/** Terms of a query that are read at all, repetitions included. */
const QUERY_WORDS_MAX = 1_000

// Robertson and Zaragoza's usual values: how soon repetition stops to help, and how much a long passage loses.
const SATURATION = 1.2
const LENGTH_LOSS = 0.75
/** What a document says first is what it is about. */
const OPENING_GAIN = 1.25

export interface Hit<D extends Searchable = Searchable> {
  readonly document: D
  readonly passage: Passage<D>
  readonly score: number
  /** The share of the query's weight that the passage, or its document's title, speaks of: 0 to 1. */
  readonly coverage: number
  /** How many of the query's terms that are. */
  readonly matches: number
  /** Whether one of them is a subject of the document, not only said in passing. */
  readonly isSubject: boolean
}

/** The terms of a query, each once. */
export function queryTerms(query: string): readonly string[] {
  return [...new Set(termsOf(query, QUERY_WORDS_MAX))].slice(0, QUERY_TERMS_MAX)
}

interface Tally {
  score: number
  covered: number
  matches: number
  isSubject: boolean
}

/** The `limit` best passages, best first; ties go to the one that comes first in the corpus. */
export function search<D extends Searchable>(
  index: PassageIndex<D>,
  query: string | readonly string[],
  limit: number,
  keep: (document: D) => boolean = () => true,
): Hit<D>[] {
  const terms = typeof query === 'string' ? queryTerms(query) : query
  const tallies = new Map<number, Tally>()
  let whole = 0
  for (const term of terms) {
    const rarity = index.rarityOf(term)
    whole += rarity
    for (const posting of index.postingsOf(term)) {
      const { passage, weight, isSubject } = unpack(posting)
      const tally = tallies.get(passage) ?? { score: 0, covered: 0, matches: 0, isSubject: false }
      const place = index.passages[passage]!.at === 0 ? OPENING_GAIN : 1
      tally.score += place * rarity * saturated(weight, index.lengths[passage]! / index.averageLength)
      tally.covered += rarity
      tally.matches++
      tally.isSubject ||= isSubject
      tallies.set(passage, tally)
    }
  }
  return [...tallies]
    .filter(([passage]) => keep(index.passages[passage]!.document))
    .sort(([a, first], [b, second]) => second.score - first.score || a - b)
    .slice(0, limit)
    .map(([number, { covered, ...tally }]) => {
      const passage = index.passages[number]!
      return { document: passage.document, passage, coverage: covered / whole, ...tally }
    })
}

function saturated(weight: number, relativeLength: number): number {
  const loss = 1 - LENGTH_LOSS + LENGTH_LOSS * relativeLength
  return (weight * (SATURATION + 1)) / (weight + SATURATION * loss)
}
