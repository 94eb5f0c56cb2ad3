/** The searches that an answer tells of: they are paid for beside its tokens. */
import type { Reading } from '../nouns.ts'
import type { GenerateContentResponse, UsageMetadata } from '../wire/gemini.ts'

/** Different queries of one answer; more are counted as this many. */
export const QUERIES_MAX = 1_000
export const QUERY_LISTS = ['webSearchQueries', 'imageSearchQueries'] as const
/**
 * What a grounded answer names as its source. Google charges for a prompt that got one of these back, from the web or
 * from Maps alike; not for `retrievedContext`, which is the client's own store.
 */
export const PAID_CHUNKS = ['web', 'image', 'maps'] as const

export class Searches {
  #queries: Set<string> | undefined
  #hasWeb = false
  #hasOther = false
  #readsUrls = false

  /** The parts of one answer in any order, each once or more: a stream repeats its queries, and Google counts them once. */
  take(candidates: GenerateContentResponse['candidates']): void {
    if (!Array.isArray(candidates)) return
    for (const candidate of candidates) {
      this.#readsUrls ||= isObject(candidate?.urlContextMetadata)
      const metadata = candidate?.groundingMetadata
      if (isObject(metadata)) this.#takeMetadata(metadata)
    }
  }

  #takeMetadata(metadata: Record<string, unknown>): void {
    for (const list of QUERY_LISTS) {
      for (const query of listOf(metadata[list])) {
        // Google leaves empty queries out of the bill, and does send them.
        if (typeof query === 'string' && query.trim() !== '') this.#add(`${list} ${query}`)
      }
    }
    for (const chunk of listOf(metadata.groundingChunks)) {
      if (!isObject(chunk)) continue
      this.#hasWeb ||= isObject(chunk.web)
      this.#hasOther ||= isObject(chunk.maps) || isObject(chunk.image)
    }
  }

  #add(query: string): void {
    this.#queries ??= new Set()
    if (this.#queries.size < QUERIES_MAX) this.#queries.add(query)
  }

  /** `usage` is the last one of the answer. */
  reading(usage: Reading['usage']): Pick<Reading, 'searchQueries' | 'isGrounded'> {
    const named = this.#queries?.size ?? 0
    // Reading a URL costs tokens alone, and names it as if it had been found.
    const isSourced = this.#hasOther || (this.#hasWeb && !(this.#readsUrls && named === 0))
    const billed = billedSearches(usage as UsageMetadata | undefined)
    // Maps, and an answer that was cut, name their sources without a query: one search there was.
    const searchQueries = billed ?? (isSourced ? Math.max(1, named) : named)
    return { searchQueries, isGrounded: isSourced || searchQueries > 0 }
  }
}

/** `usageMetadata.billedToolCalls`, where Google itself says what it charges for; not every answer has it. */
function billedSearches(usage: UsageMetadata | undefined): number | undefined {
  if (!Array.isArray(usage?.billedToolCalls)) return undefined
  let count = 0
  for (const call of usage.billedToolCalls) {
    if (!isObject(call) || !/google_?(?:search|maps)/i.test(String(call.tool))) continue
    const { successfulToolCallCount: calls } = call
    if (!Number.isSafeInteger(calls) || (calls as number) < 0) return undefined
    count += calls as number
  }
  return Math.min(count, QUERIES_MAX)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
