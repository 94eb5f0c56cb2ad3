/** An answer made of sentences that stand in the sources: the ones that speak most of what was asked. */

import { sentencesOf } from '../text/sentences.ts'
import type { Passage, PassageIndex, Searchable } from './passages.ts'
import { type Hit, queryTerms } from './retrieve.ts'
import { termsOf } from './words.ts'

/** A sentence and the passages that say it, the one that it was taken from first. */
export interface Extract<D extends Searchable = Searchable> {
  readonly text: string
  readonly sources: readonly { readonly hit: Hit<D>; readonly confidence: number }[]
}

/** Sentences that are looked at. */
const CANDIDATES_MAX = 200
const TERMS_MAX = 200
/** A sentence of another document joins in with this share of the best one's score. */
const SCORE_SHARE_MIN = 0.6
/** Two sentences that share this much of their terms say the same. */
const SAME_SHARE = 0.75
/** A source supports a sentence when this much of the sentence's terms stands in it. */
const SUPPORT_SHARE_MIN = 0.6
/** What is the subject of the whole document need not be said again in each sentence, least of all in the first. */
const SUBJECT_SHARE_FIRST = 0.5
const SUBJECT_SHARE = 0.3
/** The first sentence of a document, and of a passage, is worth so much more. */
const OPENING_GAIN = 1.15
const FIRST_GAIN = 1.1
const LONG_SENTENCE_TERMS = 24

interface Candidate<D extends Searchable> {
  readonly hit: Hit<D>
  readonly at: number
  readonly text: string
  readonly terms: ReadonlySet<string>
  readonly score: number
}

/** At most `max` sentences of the hits: the best one, what follows it, and what other documents add. */
export function extract<D extends Searchable>(
  index: PassageIndex<D>,
  query: string,
  hits: readonly Hit<D>[],
  max: number,
): Extract<D>[] {
  const wanted = new Map(queryTerms(query).map((term) => [term, index.rarityOf(term)]))
  const candidates = hits.flatMap((hit) => candidatesOf(hit, wanted)).slice(0, CANDIDATES_MAX)
  const chosen = choose(candidates, wanted, max)
  return chosen.map((candidate) => ({ text: candidate.text, sources: sourcesOf(candidate, hits) }))
}

function candidatesOf<D extends Searchable>(
  hit: Hit<D>,
  wanted: ReadonlyMap<string, number>,
): Candidate<D>[] {
  const { title, keywords } = hit.document
  const subject = new Set(termsOf(`${title} ${keywords.join(' ')}`, TERMS_MAX))
  return sentencesOf(hit.passage.text).map((text, at) => {
    const terms = new Set(termsOf(text, TERMS_MAX))
    let score = 0
    for (const [term, rarity] of wanted) {
      if (terms.has(term)) score += rarity
      else if (subject.has(term)) score += rarity * (at === 0 ? SUBJECT_SHARE_FIRST : SUBJECT_SHARE)
    }
    if (at === 0) score *= hit.passage.at === 0 ? OPENING_GAIN : FIRST_GAIN
    // Of two sentences that say it, the shorter one says it better.
    return { hit, at, text, terms, score: score / Math.max(1, terms.size / LONG_SENTENCE_TERMS) }
  })
}

function choose<D extends Searchable>(
  candidates: readonly Candidate<D>[],
  wanted: ReadonlyMap<string, number>,
  max: number,
): Candidate<D>[] {
  const best = bestOf(candidates)
  if (best === undefined) return []
  const chosen = [best]
  const following = candidates.filter(
    (candidate) => candidate.hit === best.hit && candidate.at > best.at && goesOn(best, candidate, wanted),
  )
  const elsewhere = candidates
    .filter(({ hit, score }) => hit.document !== best.hit.document && score >= SCORE_SHARE_MIN * best.score)
    .sort((a, b) => b.score - a.score)
  // In turn: what the source goes on to say, then what another one adds.
  while (chosen.length < max && following.length + elsewhere.length > 0) {
    const isOthersTurn = chosen.length % 2 === 0 || following.length === 0
    const candidate =
      (isOthersTurn ? elsewhere.shift() : undefined) ?? following.shift() ?? elsewhere.shift()!
    if (!chosen.some((one) => isSame(one.terms, candidate.terms))) chosen.push(candidate)
  }
  return inOrder(chosen, best)
}

/**
 * Whether a sentence goes on from the best one, rather than saying the same of something else: `The capital of Germany
 * is Berlin` behind `The capital of France is Paris`.
 */
function goesOn<D extends Searchable>(
  best: Candidate<D>,
  next: Candidate<D>,
  wanted: ReadonlyMap<string, number>,
): boolean {
  const matched = [...wanted.keys()].filter((term) => best.terms.has(term))
  const again = matched.filter((term) => next.terms.has(term))
  return again.length === 0 || again.length === matched.length
}

/** The best passage's sentences in their order, then the others. */
function inOrder<D extends Searchable>(chosen: readonly Candidate<D>[], best: Candidate<D>): Candidate<D>[] {
  const own = chosen.filter(({ hit }) => hit === best.hit).sort((a, b) => a.at - b.at)
  return [...own, ...chosen.filter(({ hit }) => hit !== best.hit)]
}

function bestOf<D extends Searchable>(candidates: readonly Candidate<D>[]): Candidate<D> | undefined {
  let best: Candidate<D> | undefined
  for (const candidate of candidates) if (candidate.score > (best?.score ?? 0)) best = candidate
  return best
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  return shareOf(small, large) >= SAME_SHARE
}

/** Which part of the terms of `a` is in `b`. */
function shareOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0
  for (const term of a) if (b.has(term)) shared++
  return shared / Math.max(1, a.size)
}

/** Taken word for word, so the first source is sure; the others as far as they say the same. */
function sourcesOf<D extends Searchable>(
  candidate: Candidate<D>,
  hits: readonly Hit<D>[],
): Extract<D>['sources'] {
  const sources = [{ hit: candidate.hit, confidence: rounded(0.9 + 0.09 * candidate.hit.coverage) }]
  for (const hit of hits) {
    if (sources.some((source) => source.hit.document === hit.document)) continue
    const share = shareOf(candidate.terms, termsOfPassage(hit.passage))
    if (share >= SUPPORT_SHARE_MIN) sources.push({ hit, confidence: rounded(share) })
  }
  return sources
}

function termsOfPassage({ text }: Passage): ReadonlySet<string> {
  return new Set(termsOf(text, TERMS_MAX))
}

function rounded(confidence: number): number {
  return Math.round(Math.min(1, confidence) * 10_000) / 10_000
}
