/** `googleSearch`: what the sandbox's documents say about the question of a prompt. */
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { needsSearch, queriesOf, questionsIn } from './ask.ts'
import type { LoadedCorpus } from './corpus.ts'
import type { CorpusDocument } from './document.ts'
import { renderedContent } from './entry-point.ts'
import { type Extract, extract } from './extract.ts'
import type { Finding, GroundingChunk, Statement } from './finding.ts'
import { type Hit, search } from './retrieve.ts'

type SearchTool = GeminiMessage<'Tool.GoogleSearch'>

export interface Inquiry {
  readonly question: string
  readonly tool: SearchTool
  /** False for a document that is in the answer already. */
  isFresh(document: CorpusDocument): boolean
}

const HITS_MAX = 8
/** A hit speaks of the question when it covers this share of its weight, … */
const COVERAGE_MIN = 0.6
/** … or, for long prompts that say many things, this share with so many terms. */
const COVERAGE_LONG_MIN = 0.2
const MATCHES_LONG_MIN = 5
/** A further hit must be worth this share of the first. */
const SCORE_SHARE_MIN = 0.4

type CorpusHit = Hit<CorpusDocument>

/** The passages that answer the question, best first; empty when nothing does, or nothing needs to. */
function searchHits(corpus: LoadedCorpus, { question, tool, isFresh }: Inquiry): CorpusHit[] {
  if (!needsSearch(question)) return []
  const isLetThrough = keeper(tool)
  const keep = (document: CorpusDocument) => isFresh(document) && isLetThrough(document)
  const hits = search(corpus.passages, question, HITS_MAX, keep)
  const about = hits.filter(isAbout)
  return about.filter(({ score }) => score >= SCORE_SHARE_MIN * about[0]!.score)
}

function isAbout({ coverage, matches, isSubject }: CorpusHit): boolean {
  if (!isSubject) return false
  return coverage >= COVERAGE_MIN || (coverage >= COVERAGE_LONG_MIN && matches >= MATCHES_LONG_MIN)
}

/** Which documents the tool's filters let through. */
function keeper({ timeRangeFilter, excludeDomains = [] }: SearchTool): (document: CorpusDocument) => boolean {
  const start = Date.parse(timeRangeFilter?.startTime ?? '')
  const end = Date.parse(timeRangeFilter?.endTime ?? '')
  const excluded = new Set(excludeDomains.map((domain) => domain.toLowerCase().replace(/^www\./, '')))
  return ({ domain, publishedMs }) => {
    if (excluded.size > 0 && domainsAbove(domain).some((one) => excluded.has(one))) return false
    if (Number.isNaN(start)) return true
    return publishedMs !== undefined && publishedMs >= start && publishedMs < end
  }
}

/** `a.b.org`, `b.org`, `org` */
function domainsAbove(domain: string): string[] {
  const labels = domain.toLowerCase().split('.')
  return labels.map((_, at) => labels.slice(at).join('.'))
}

/** The answer of a web search, or `undefined` when it found nothing. Each question of the prompt is searched for itself. */
export function findOnWeb(corpus: LoadedCorpus, inquiry: Inquiry, sentencesMax: number): Finding | undefined {
  const questions = questionsIn(inquiry.question)
  const answers = questions.map((question) => {
    const hits = searchHits(corpus, { ...inquiry, question })
    const max = Math.ceil(sentencesMax / questions.length)
    return { hits, extracts: extract(corpus.passages, question, hits, max) }
  })
  const extracts = withoutRepeats(answers.flatMap((answer) => answer.extracts))
  if (extracts.length === 0) return undefined
  const { statements, documents } = cite(extracts)
  const queries = queriesOf(inquiry.question)
  const searchEntryPoint = { renderedContent: renderedContent(queries) }
  return {
    toolType: 'GOOGLE_SEARCH_WEB',
    args: { queries },
    response: { search_suggestions: searchEntryPoint.renderedContent },
    read: [...new Set(answers.flatMap(({ hits }) => hits.map(({ passage }) => passage.text)))],
    statements,
    chunks: documents.map(webChunk),
    metadata: { searchEntryPoint, webSearchQueries: queries },
  }
}

function withoutRepeats(extracts: readonly Extract<CorpusDocument>[]): Extract<CorpusDocument>[] {
  return extracts.filter(({ text }, index) => extracts.findIndex((other) => other.text === text) === index)
}

/** Extracts as statements, and the documents that they come from in the order of first mention. */
function cite<D extends CorpusDocument>(
  extracts: readonly Extract<D>[],
): { statements: Statement[]; documents: D[] } {
  const documents: D[] = []
  const numberOf = (document: D): number => {
    const known = documents.indexOf(document)
    return known === -1 ? documents.push(document) - 1 : known
  }
  const statements = extracts.map(({ text, sources }, index) => ({
    lead: index === 0 ? '' : ' ',
    text,
    grades: sources.map(({ hit, confidence }) => ({ chunk: numberOf(hit.document), confidence })),
  }))
  return { statements, documents }
}

/** Google links to a redirect and names the domain; the token here is the document's address, so it can be read. */
function webChunk({ uri, domain }: CorpusDocument): GroundingChunk {
  const token = Buffer.from(uri).toString('base64url')
  const redirect = `https://vertexaisearch.cloud.google.com/grounding-api-redirect/${token}`
  return { web: { uri: redirect, title: domain } }
}

/** Images that go with what a search finds, or `undefined` when there are none. */
export function findImages(corpus: LoadedCorpus, inquiry: Inquiry): Finding | undefined {
  const hits = searchHits(corpus, inquiry)
  const documents = [...new Set(hits.map(({ document }) => document))].filter(({ image }) => image)
  if (documents.length === 0) return undefined
  const queries = queriesOf(inquiry.question).slice(0, 1)
  return {
    toolType: 'GOOGLE_SEARCH_IMAGE',
    args: { queries },
    response: { search_suggestions: renderedContent(queries) },
    read: documents.map(({ title }) => title),
    statements: documents.map(({ title }, chunk) => ({
      lead: chunk === 0 ? '' : ' ',
      text: `There is a picture of ${title}.`,
      grades: [{ chunk, confidence: 0.9 }],
    })),
    chunks: documents.map(({ image, uri, title, domain }) => ({
      image: { imageUri: image, sourceUri: uri, title, domain },
    })),
    metadata: { imageSearchQueries: queries },
  }
}

/** Words of questions that only a search can answer well. */
const FRESH =
  /\b(?:who|when|where|which|won|winner|latest|news|today|yesterday|current|recent|price|weather|score|result|20\d\d)\b/gi
const SCORE_BASE = 0.3
const SCORE_PER_WORD = 0.15

/** How much a question calls for a search, 0 to 1: what `dynamicThreshold` is compared with. */
export function dynamicRetrievalScore(question: string): number {
  if (!needsSearch(question)) return 0
  const words = question.match(FRESH)?.length ?? 0
  return Math.min(0.98, Math.round((SCORE_BASE + SCORE_PER_WORD * words) * 100) / 100)
}
