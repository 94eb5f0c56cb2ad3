/** `urlContext`: what the documents at the addresses of a prompt say. They come from the corpus, never from the network. */

import { sentencesOf } from '../text/sentences.ts'
import { needsSearch } from './ask.ts'
import type { LoadedCorpus } from './corpus.ts'
import type { CorpusDocument } from './document.ts'
import { extract } from './extract.ts'
import type { Finding, Statement, UrlMetadata } from './finding.ts'
import { createPassageIndex } from './passages.ts'
import { type Hit, search } from './retrieve.ts'

/** Characters of one page that are put before the model. */
const PAGE_CHARS_MAX = 100_000
const HITS_MAX = 4
/** Of a page that a question is not about, its first sentences. */
const SUMMARY_CONFIDENCE = 0.95

const STATUS_OF: Readonly<Record<CorpusDocument['status'], string>> = {
  open: 'URL_RETRIEVAL_STATUS_SUCCESS',
  paywall: 'URL_RETRIEVAL_STATUS_PAYWALL',
  unsafe: 'URL_RETRIEVAL_STATUS_UNSAFE',
}
const ERROR = 'URL_RETRIEVAL_STATUS_ERROR'

const REASONS: Readonly<Record<string, string>> = {
  [STATUS_OF.paywall]: 'it is behind a paywall',
  [STATUS_OF.unsafe]: 'it is not safe to open',
  [ERROR]: 'there is no document with this address',
}

/** What stands at the addresses. A page that cannot be read is said to be so; that is no error of the request. */
export function readUrls(
  corpus: LoadedCorpus,
  urls: readonly string[],
  question: string,
  sentencesMax: number,
): Finding {
  const pages = urls.map((url) => ({ url, document: corpus.documentAt(url) }))
  const urlMetadata = pages.map(({ url, document }): UrlMetadata => {
    return { retrievedUrl: url, urlRetrievalStatus: document ? STATUS_OF[document.status] : ERROR }
  })
  const found = pages.flatMap(({ url, document }) => (document?.status === 'open' ? [{ url, document }] : []))
  const told = found.flatMap(({ document }, chunk) => tell(document, chunk, question, sentencesMax))
  const failed = urlMetadata.flatMap(({ retrievedUrl, urlRetrievalStatus }) => {
    const reason = REASONS[urlRetrievalStatus]
    return reason === undefined ? [] : [`I could not read ${retrievedUrl}: ${reason}.`]
  })
  const statements = [
    ...told,
    ...failed.map((text, index) => ({ lead: told.length + index === 0 ? '' : '\n\n', text, grades: [] })),
  ]
  return {
    toolType: 'URL_CONTEXT',
    args: { urls },
    response: { urlMetadata },
    read: found.map(({ document }) => document.text.slice(0, PAGE_CHARS_MAX)),
    statements,
    chunks: found.map(({ url, document }) => ({ web: { uri: url, title: document.title } })),
    metadata: {},
    urlMetadata,
  }
}

/** What a page says about the question, or how it begins when the question is only to read it. */
function tell(
  document: CorpusDocument,
  chunk: number,
  question: string,
  sentencesMax: number,
): readonly Statement[] {
  const leadOf = (index: number): string => {
    if (index > 0) return ' '
    return chunk === 0 ? '' : '\n\n'
  }
  const statement = (text: string, confidence: number, index: number): Statement => {
    return { lead: leadOf(index), text, grades: [{ chunk, confidence }] }
  }
  const index = createPassageIndex([document])
  const hits: Hit<CorpusDocument>[] = needsSearch(question) ? search(index, question, HITS_MAX) : []
  const isAsked = (hits[0]?.coverage ?? 0) > 0
  const extracts = isAsked ? extract(index, question, hits, sentencesMax) : []
  if (extracts.length > 0) {
    return extracts.map(({ text, sources }, at) => statement(text, sources[0]!.confidence, at))
  }
  const [first] = index.passages
  const sentences = sentencesOf(first?.text ?? document.title).slice(0, sentencesMax)
  return sentences.map((text, at) => statement(text, SUMMARY_CONFIDENCE, at))
}
