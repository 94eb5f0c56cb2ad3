/** `fileSearch`: what the documents of file search stores say about the question. */
import type { StoredDocument } from '../../../nouns/resources.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { sentencesOf } from '../text/sentences.ts'
import { extract } from './extract.ts'
import type { Finding, Statement } from './finding.ts'
import { TOP_K_MAX } from './limits.ts'
import { type MetadataFilter, readMetadataFilter } from './metadata-filter.ts'
import { createPassageIndex, type Passage } from './passages.ts'
import { type Hit, search } from './retrieve.ts'

type FileSearch = GeminiMessage<'FileSearch'>

/** What a store holds, by `fileSearchStores/abc`. Throws what Google answers for a store that is not the caller's. */
export type DocumentsOf = (storeName: string) => Promise<readonly StoreDocument[]>

export interface StoreDocument extends StoredDocument {
  /** Of a document that is one page of a file. */
  readonly pageNumber?: number
  readonly uri?: string
}

interface FiledDocument {
  readonly title: string
  readonly keywords: readonly string[]
  readonly text: string
  readonly store: string
  readonly stored: StoreDocument
}

const TOP_K_STANDARD = 5
/** A document that a question does not name is told by its beginning. */
const FALLBACK = /\b(?:summar|document|file|upload|overview|content|text|about|says?|describe|explain)/i
const FALLBACK_CONFIDENCE = 0.8

/** What the stores say, or `undefined` when that is nothing. */
export async function findInFiles(
  tool: FileSearch,
  documentsOf: DocumentsOf,
  question: string,
  sentencesMax: number,
): Promise<Finding | undefined> {
  const filter = readMetadataFilter(tool.metadataFilter ?? '', 'tools.file_search.metadata_filter')
  const documents = await collect(tool.fileSearchStoreNames ?? [], documentsOf, filter)
  const index = createPassageIndex(documents)
  const topK = Math.min(tool.topK || TOP_K_STANDARD, TOP_K_MAX)
  const hits = search(index, question, topK)
  if (hits.length === 0) return FALLBACK.test(question) ? beginnings(tool, index.passages, topK) : undefined
  const extracts = extract(index, question, hits, sentencesMax)
  // Chunks are passages, and there is one for each that was read, quoted or not.
  const numbers = new Map(hits.map((hit, number) => [hit.passage, number]))
  const statements = extracts.map(({ text, sources }, at): Statement => {
    const grades = sources.map(({ hit, confidence }) => ({ chunk: numbers.get(hit.passage)!, confidence }))
    return { lead: at === 0 ? '' : ' ', text, grades }
  })
  return findingOf(tool, passagesOf(hits), statements)
}

async function collect(
  storeNames: readonly string[],
  documentsOf: DocumentsOf,
  filter: MetadataFilter,
): Promise<FiledDocument[]> {
  const documents: FiledDocument[] = []
  for (const store of new Set(storeNames)) {
    for (const stored of await documentsOf(store)) {
      if (!filter(stored.customMetadata)) continue
      const { displayName: title, text } = stored
      documents.push({ title, keywords: [], text: text.toWellFormed(), store, stored })
    }
  }
  return documents
}

function passagesOf(hits: readonly Hit<FiledDocument>[]): readonly Passage<FiledDocument>[] {
  return hits.map(({ passage }) => passage)
}

/** How the documents begin, for `Summarize the file` and other questions that name no word of it. */
function beginnings(
  tool: FileSearch,
  passages: readonly Passage<FiledDocument>[],
  topK: number,
): Finding | undefined {
  const firsts = new Map<FiledDocument, Passage<FiledDocument>>()
  for (const passage of passages) if (!firsts.has(passage.document)) firsts.set(passage.document, passage)
  const read = [...firsts.values()].slice(0, topK)
  if (read.length === 0) return undefined
  const statements = read.map(
    ({ text }, chunk): Statement => ({
      lead: chunk === 0 ? '' : ' ',
      text: sentencesOf(text)[0] ?? text,
      grades: [{ chunk, confidence: FALLBACK_CONFIDENCE }],
    }),
  )
  return findingOf(tool, read, statements)
}

function findingOf(
  tool: FileSearch,
  passages: readonly Passage<FiledDocument>[],
  statements: readonly Statement[],
): Finding {
  const chunks = passages.map(({ document, text }) => {
    const { uri, pageNumber, customMetadata } = document.stored
    return {
      retrievedContext: {
        ...(uri !== undefined && { uri }),
        title: document.title,
        text,
        fileSearchStore: document.store,
        ...(pageNumber !== undefined && { pageNumber }),
        ...(customMetadata.length > 0 && { customMetadata }),
      },
    }
  })
  return {
    toolType: 'FILE_SEARCH',
    args: { fileSearchStoreNames: tool.fileSearchStoreNames ?? [] },
    response: { results: chunks.map(({ retrievedContext: { title, text } }) => ({ title, text })) },
    read: passages.map(({ text }) => text),
    statements,
    chunks,
    metadata: {},
  }
}
