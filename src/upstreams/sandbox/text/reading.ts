/** Answers from a document that came with the prompt: the sentences that speak of what was asked. */
import { keywordsOf } from './prompt.ts'
import { sentencesOf } from './sentences.ts'

/** Characters of a document that are read, and sentences that are weighed. */
const CHARS_MAX = 200_000
const SENTENCES_MAX = 2_000
const SENTENCES_SHOWN = 3

/** The best sentences in their order; the first ones when nothing fits or a summary was asked for. */
export function answerFrom(readings: readonly string[], prompt: string): string | undefined {
  const scored = weigh(readings, keywordsOf(prompt))
  if (scored.length === 0) return undefined
  const best = scored
    .filter(({ score }) => score > 0)
    .sort((left, right) => right.score - left.score || left.at - right.at)
    .slice(0, SENTENCES_SHOWN)
    .sort((left, right) => left.at - right.at)
  return tell(best.length > 0 ? best : scored)
}

/** A shorter text of an earlier turn is a remark and no document. */
const DOCUMENT_CHARS_MIN = 400
/** Of the words that a question is about, this many must be in one sentence. */
const WORDS_MET_MIN = 2

/** From a document that came with an earlier turn, or with a cache; undefined when no sentence speaks of what was asked. */
export function answerFromEarlier(earlier: readonly string[], prompt: string): string | undefined {
  const documents = earlier.filter((text) => text.length >= DOCUMENT_CHARS_MIN)
  if (documents.length === 0) return undefined
  const wanted = keywordsOf(prompt)
  const scored = weigh(documents, wanted)
  const most = scored.reduce((highest, { score }) => Math.max(highest, score), 0)
  if (most < Math.max(1, Math.min(WORDS_MET_MIN, wanted.length))) return undefined
  return tell(scored.filter(({ score }) => score === most))
}

interface Weighed {
  readonly at: number
  readonly sentence: string
  /** Words that it has in common with the question. */
  readonly score: number
}

function weigh(texts: readonly string[], wanted: readonly string[]): readonly Weighed[] {
  const lines = texts.flatMap((text) => text.slice(0, CHARS_MAX).toWellFormed().split(/\n+/))
  const sentences = [...new Set(lines.flatMap(sentencesOf))].slice(0, SENTENCES_MAX)
  return sentences.map((sentence, at) => ({ at, sentence, score: overlap(sentence, wanted) }))
}

function tell(found: readonly Weighed[]): string {
  const shown = found.slice(0, SENTENCES_SHOWN)
  return `It says: ${shown.map(({ sentence }) => sentence).join(' ')}`
}

function overlap(sentence: string, wanted: readonly string[]): number {
  const words = new Set(sentence.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
  return wanted.filter((word) => words.has(word.toLowerCase())).length
}
