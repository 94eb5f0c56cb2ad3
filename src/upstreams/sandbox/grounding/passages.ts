/** Documents cut into passages, with the lists that a search walks: which passage has which term, and how heavy. */
import { type Paragraph, paragraphsOf } from './paragraphs.ts'
import { termsOf } from './words.ts'

/** What of a document a search reads; the sandbox's corpus and a user's files both have it. */
export interface Searchable {
  readonly title: string
  readonly keywords: readonly string[]
  readonly text: string
}

export interface Passage<D extends Searchable = Searchable> {
  readonly document: D
  /** Which of the document's passages, from 0. */
  readonly at: number
  readonly text: string
}

/** Terms that are indexed of one passage. */
const PASSAGE_TERMS_MAX = 1_000
const TITLE_TERMS_MAX = 64
const KEYWORD_TERMS_MAX = 128
/** How often a word in the title, a keyword or a heading counts, against one in the text. */
const TITLE_WEIGHT = 2.5
const KEYWORD_WEIGHT = 1.5
const HEADING_WEIGHT = 1.5

export interface PassageIndex<D extends Searchable = Searchable> {
  readonly passages: readonly Passage<D>[]
  /** In terms, by the passage's number. */
  readonly lengths: readonly number[]
  readonly averageLength: number
  /** Packed postings, in the order of passages: see `unpack`. */
  postingsOf(term: string): readonly number[]
  /** How much a term tells: rare ones more; one that is nowhere, most. */
  rarityOf(term: string): number
}

export interface Posting {
  readonly passage: number
  readonly weight: number
  /** Whether the term stands in the document's title or keywords. */
  readonly isSubject: boolean
}

// One number for a posting, because a folder of 64 MiB has ten million of them: passage, then twice the weight in 12
// bits, then a bit for the subject.
const WEIGHT_MAX = 0xfff
const PER_WEIGHT = 2
const PER_PASSAGE = 0x2000

function pack(passage: number, weight: number, isSubject: boolean): number {
  return passage * PER_PASSAGE + 2 * Math.min(WEIGHT_MAX, Math.round(PER_WEIGHT * weight)) + Number(isSubject)
}

export function unpack(posting: number): Posting {
  const rest = posting % PER_PASSAGE
  return {
    passage: (posting - rest) / PER_PASSAGE,
    weight: (rest >> 1) / PER_WEIGHT,
    isSubject: (rest & 1) === 1,
  }
}

const NO_POSTINGS: readonly number[] = []

export interface PassageIndexBuilder<D extends Searchable> {
  add(document: D): void
  finish(): PassageIndex<D>
}

export function createPassageIndex<D extends Searchable>(documents: readonly D[]): PassageIndex<D> {
  const builder = createPassageIndexBuilder<D>()
  for (const document of documents) builder.add(document)
  return builder.finish()
}

/** For many documents: the caller may do something else between two of them. */
export function createPassageIndexBuilder<D extends Searchable>(): PassageIndexBuilder<D> {
  const passages: Passage<D>[] = []
  const lengths: number[] = []
  const postings = new Map<string, number[]>()
  const add = (document: D): void => {
    const frame = frameWeights(document)
    for (const [at, paragraph] of paragraphsOf(document.text).entries()) {
      const terms = termsOf(paragraph.text, PASSAGE_TERMS_MAX)
      for (const [term, weight] of weightsOf(terms, paragraph, frame)) {
        const posting = pack(passages.length, weight, frame.has(term))
        const list = postings.get(term)
        if (list === undefined) postings.set(term, [posting])
        else list.push(posting)
      }
      passages.push({ document, at, text: paragraph.text })
      lengths.push(terms.length)
    }
  }
  return { add, finish: () => indexOf(passages, lengths, postings) }
}

function indexOf<D extends Searchable>(
  passages: readonly Passage<D>[],
  lengths: readonly number[],
  postings: ReadonlyMap<string, readonly number[]>,
): PassageIndex<D> {
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const rarityOf = (term: string): number => {
    const having = postings.get(term)?.length ?? 0
    return Math.log(1 + (passages.length - having + 0.5) / (having + 0.5))
  }
  return {
    passages,
    lengths,
    averageLength: total / Math.max(1, lengths.length),
    postingsOf: (term) => postings.get(term) ?? NO_POSTINGS,
    rarityOf,
  }
}

/** What a document's title and keywords give to each of its passages. */
function frameWeights({ title, keywords }: Searchable): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const term of termsOf(keywords.join(' '), KEYWORD_TERMS_MAX)) weights.set(term, KEYWORD_WEIGHT)
  for (const term of termsOf(title, TITLE_TERMS_MAX)) weights.set(term, TITLE_WEIGHT)
  return weights
}

function weightsOf(
  terms: readonly string[],
  { heading }: Paragraph,
  frame: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const weights = new Map(frame)
  for (const term of termsOf(heading, TITLE_TERMS_MAX)) {
    weights.set(term, Math.max(weights.get(term) ?? 0, HEADING_WEIGHT))
  }
  for (const term of terms) weights.set(term, (weights.get(term) ?? 0) + 1)
  return weights
}
