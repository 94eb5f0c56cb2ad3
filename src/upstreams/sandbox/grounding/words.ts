/**
 * Text as the terms that a search compares: lower case, without accents, English endings taken off. Languages written
 * without spaces become pairs of characters, so that they can be searched as well.
 */
import { stemOf, stopWords } from '../text/words.ts'

/** Longer words are not words; only their beginning is looked at. */
const WORD_CHARS_MAX = 40

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+|[\p{L}\p{N}]+/gu
const IDEOGRAPHIC = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/** Words that say nothing about the subject, and those that only say that something is wanted. */
const STOP_WORDS = stopWords(
  'been but did get he her his let no not out she should s t than those up whats whom whose about ' +
    'according answer ask briefly check describe detail detailed details explanation fact facts few find ' +
    'google help info information internet know knows latest learn list look looking need news now online ' +
    'overview page question read say search sentence sentences short show simple simply sources summarise ' +
    'summarize summary terms today update use using want web website word words write also just many much ' +
    'more most very really current currently recent recently happen happened happens name named time ' +
    'times thing things best good great hi hello',
)

/** Words that are said for each other, and past tenses that no rule finds. */
const SAME: ReadonlyMap<string, string> = new Map(
  (
    'won:win winner:win winners:win winning:win wins:win ' +
    'tallest:high highest:high higher:high height:high heights:high tall:high taller:high elevation:high ' +
    'biggest:large largest:large bigger:large larger:large big:large ' +
    'longest:long longer:long length:long farthest:far furthest:far ' +
    'artificial:ai llm:languagemodel llms:languagemodel ' +
    'began:begin begun:begin wrote:write written:write built:build invented:invent ' +
    'euros:euro championship:champion champions:champion ' +
    'author:write written:write fell:fall held:hold made:make took:take became:become'
  )
    .split(' ')
    .map((pair) => pair.split(':'))
    .map(([from = '', to = '']) => [from, to]),
)

/** The terms of a text in order, at most `max`; with `stopWords` also those that say nothing. */
export function termsOf(text: string, max: number, stopWords: 'without' | 'with' = 'without'): string[] {
  const terms: string[] = []
  for (const [word] of text.matchAll(WORD)) {
    if (terms.length >= max) break
    if (IDEOGRAPHIC.test(word)) addPairs(terms, word, max)
    else addWord(terms, word, stopWords)
  }
  return terms
}

function addPairs(terms: string[], word: string, max: number): void {
  const characters = [...word.slice(0, 2 * max)]
  if (characters.length === 1) terms.push(word)
  for (let at = 0; at + 1 < characters.length && terms.length < max; at++) {
    terms.push(`${characters[at]}${characters[at + 1]}`)
  }
}

function addWord(terms: string[], word: string, stopWords: 'without' | 'with'): void {
  const { term, isStopWord } = lookUp(word)
  if (!isStopWord || stopWords === 'with') terms.push(term)
}

interface Entry {
  readonly term: string
  readonly isStopWord: boolean
}

/** Words that were met before; forgotten all at once when there are too many. */
const ENTRIES_MAX = 50_000
const entries = new Map<string, Entry>()

function lookUp(word: string): Entry {
  const known = entries.get(word)
  if (known !== undefined) return known
  const plain = plainOf(word)
  const entry = { term: SAME.get(plain) ?? stemOf(plain), isStopWord: STOP_WORDS.has(plain) }
  if (entries.size >= ENTRIES_MAX) entries.clear()
  if (word.length <= WORD_CHARS_MAX) entries.set(word, entry)
  return entry
}

/** Lower case and without accents. */
function plainOf(word: string): string {
  const lower = word.slice(0, WORD_CHARS_MAX).toLowerCase()
  return /^[a-z0-9]*$/.test(lower) ? lower : lower.normalize('NFD').replace(/\p{M}/gu, '')
}
