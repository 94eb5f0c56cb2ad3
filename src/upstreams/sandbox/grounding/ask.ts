/** What a prompt asks of the tools: its addresses, its questions, and whether a search would help at all. */
import { invalidField } from '../../../errors.ts'
import { answerArithmetic } from '../text/arithmetic.ts'
import { normalise } from '../text/prompt.ts'
import { queryTerms } from './retrieve.ts'

const URLS_MAX = 20
const QUERIES_MAX = 3
const QUERY_CHARS_MAX = 120
/** A query of fewer terms is not also asked in keywords. */
const KEYWORD_TERMS_MIN = 3
const KEYWORDS_MAX = 6

const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"'`{}|\\^]{1,2000}/gi

/** Different addresses of a prompt, in order. Throws `invalid_argument` for more than Google takes. */
export function urlsOf(prompt: string): string[] {
  const urls = new Set<string>()
  for (const [match] of prompt.matchAll(URL_IN_TEXT)) {
    urls.add(trimmed(match))
    if (urls.size > URLS_MAX) {
      throw invalidField('contents', `The number of URLs to retrieve exceeds the limit of ${URLS_MAX}.`)
    }
  }
  return [...urls]
}

/** Without the punctuation of the sentence around it; a closing bracket stays where one was opened. */
function trimmed(url: string): string {
  const plain = url.replace(/[.,;:!?*_]{1,20}$/, '').toWellFormed()
  const isClosed = /[)\]]$/.test(plain) && !/[([]/.test(plain)
  return isClosed ? plain.replace(/[)\]]{1,20}[.,;:!?]{0,5}$/, '') : plain
}

/** The start of a prompt without its addresses, on one line. */
export function questionOf(prompt: string): string {
  return normalise(normalise(prompt).replace(URL_IN_TEXT, ' '))
}

/** What is answered out of the model's head: rhymes and stories, echoes, sums, other people's words in other words. */
const NO_SEARCH =
  /^(?:please )?(?:(?:just |only )?(?:say|repeat|echo|reply|respond)\b|(?:translate|rewrite|rephrase|paraphrase|proofread)\b|(?:write|compose|make up|tell)(?: me)?(?: an?| the)?(?: \w{1,12}){0,2} (?:poem|haiku|song|story|joke|limerick|function|script|program)\b)/i

export function needsSearch(question: string): boolean {
  if (NO_SEARCH.test(question) || answerArithmetic(question, false) !== undefined) return false
  return queryTerms(question).length > 0
}

const LEAD_IN =
  /^(?:(?:please|kindly|hi|hello|hey|can you|could you|would you|i want to know|i would like to know|do you know|find out|look up|search(?: the web| online| google)?(?: for)?|google|tell me(?: about)?|explain(?: to me)?|describe|give me|summari[sz]e|what do you know about|using google search|use google search(?: to)?(?: find(?: out)?)?)[,:]? )+/i

/** The questions of a prompt, when it has several; else the prompt as one. */
export function questionsIn(question: string): string[] {
  const questions = question.split(/(?<=\?) /, QUERIES_MAX).filter((one) => queryTerms(one).length > 0)
  return questions.length > 1 ? questions : [question]
}

/** One to three queries, as one would type them: the questions of the prompt, and its keywords. */
export function queriesOf(question: string): string[] {
  const sentences = question.split(/[.?!]\s/, QUERIES_MAX).map(typed)
  const queries = sentences.filter((query) => queryTerms(query).length > 0)
  const keywords = keywordsOf(sentences[0] ?? '')
  if (keywords !== undefined) queries.push(keywords)
  return [...new Set(queries)].slice(0, QUERIES_MAX)
}

function typed(sentence: string): string {
  const query = sentence
    .replace(LEAD_IN, '')
    .replace(/[\s.?!,;:"“”]{1,50}$/, '')
    .toLowerCase()
  if (query.length <= QUERY_CHARS_MAX) return query
  const cut = query.slice(0, QUERY_CHARS_MAX)
  return cut.slice(0, Math.max(cut.lastIndexOf(' '), QUERY_CHARS_MAX / 2)).toWellFormed()
}

function keywordsOf(query: string): string | undefined {
  const words = query.split(' ').filter((word) => queryTerms(word).length > 0)
  if (words.length < KEYWORD_TERMS_MIN) return undefined
  return words
    .slice(0, KEYWORDS_MAX)
    .map((word) => word.replace(/^[^\p{L}\p{N}]{1,5}|[^\p{L}\p{N}]{1,5}$/gu, ''))
    .join(' ')
}

const BRIEF =
  /\b(?:in (?:a|one|few|a few|two|three) (?:words?|sentences?|few words)|briefly|in short|short answer|one sentence)\b/i
const LONG = /\b(?:long|detailed|in detail|in depth|thorough|essay|article|everything)\b/i

/** How many sentences an answer should have. */
export function sentencesWanted(question: string, isBrief: boolean): number {
  if (isBrief || BRIEF.test(question)) return 1
  return LONG.test(question) ? 4 : 3
}
