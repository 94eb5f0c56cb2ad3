/** What metering needs to know, read on the side of bytes that pass untouched. */
import type { Reading } from '../../nouns.ts'
import type { GenerateContentResponse, UsageMetadata } from '../../wire/gemini.ts'
import { INLINE_DATA } from '../../wire/inline-media.ts'
import type { JsonFindings } from '../../wire/json-findings.ts'
import type { JsonLimits } from '../../wire/json-scanner.ts'
import type { Watch } from '../../wire/json-watch.ts'
import { PAID_CHUNKS, QUERIES_MAX, QUERY_LISTS, Searches } from '../searches.ts'
import { addMedia, type Media } from './media.ts'

/** An upstream's answer is trusted more than a client's request, but not without bounds. */
export const ANSWER_LIMITS: JsonLimits = { depth: 200, nodes: 5_000_000, keysPerObject: 1_000_000 }

const QUERIES = Object.fromEntries(QUERY_LISTS.map((list) => [list, { each: { collectMax: QUERIES_MAX } }]))
const URL_CONTEXT = 'urlContext'
const CHUNKS = Object.fromEntries(PAID_CHUNKS.map((kind) => [kind, { note: kind }]))

/** What is read of an answer that is too large to be parsed as a whole. */
export const RESPONSE_WATCH: Watch = {
  keys: {
    candidates: {
      each: {
        keys: {
          finishReason: { capture: true },
          content: { keys: { parts: { each: { keys: { inlineData: { measure: INLINE_DATA } } } } } },
          groundingMetadata: { keys: { ...QUERIES, groundingChunks: { each: { keys: CHUNKS } } } },
          urlContextMetadata: { note: URL_CONTEXT },
        },
      },
    },
    promptFeedback: { keys: { blockReason: { capture: true } } },
    usageMetadata: { capture: true },
    modelVersion: { capture: true },
    error: { capture: true },
  },
}

/** The part of a response that `RESPONSE_WATCH` found. */
export function responseOf(found: JsonFindings): GenerateContentResponse {
  const read = <Value>(path: string): Value | undefined => {
    const text = found.captured.get(path)
    return text === undefined ? undefined : (JSON.parse(text) as Value)
  }
  const finishReason = read<string>('candidates.finishReason')
  const blockReason = read<string>('promptFeedback.blockReason')
  return {
    usageMetadata: read('usageMetadata'),
    modelVersion: read('modelVersion'),
    error: read('error'),
    candidates: [
      {
        ...(finishReason !== undefined && { finishReason }),
        ...(found.hasNote(URL_CONTEXT) && { urlContextMetadata: {} }),
        groundingMetadata: groundingOf(found),
      },
    ],
    ...(blockReason !== undefined && { promptFeedback: { blockReason } }),
  } as GenerateContentResponse
}

function groundingOf(found: JsonFindings): object {
  const queries = QUERY_LISTS.map((list) => {
    const texts = found.collected(`candidates.groundingMetadata.${list}`)
    return [list, Array.from(texts, (text) => JSON.parse(text) as unknown)]
  })
  const groundingChunks = PAID_CHUNKS.filter((kind) => found.hasNote(kind)).map((kind) => ({ [kind]: {} }))
  return { ...Object.fromEntries(queries), groundingChunks }
}

/** Gathers a `Reading` from the objects of one answer; the last cumulative usage counts. */
export class UsageReader {
  #usage: UsageMetadata | undefined
  #finishReason: string | undefined
  #modelVersion: string | undefined
  readonly #searches = new Searches()
  #media: Media | undefined
  #begun = false

  /** An event may be taken more than once. */
  take(response: GenerateContentResponse): void {
    const usage = response.usageMetadata
    // Vertex's intermediate chunks carry a usage object without counts.
    if (usage?.totalTokenCount !== undefined || usage?.promptTokenCount !== undefined) this.#usage = usage
    const blockReason = response.promptFeedback?.blockReason
    // The shapes are the upstream's word; what is no list has no end to tell.
    const candidates = Array.isArray(response.candidates) ? response.candidates : []
    for (const candidate of candidates) {
      if (candidate?.finishReason !== undefined) this.#finishReason = candidate.finishReason
    }
    this.#searches.take(candidates)
    if (blockReason !== undefined) this.#finishReason ??= blockReason
    if (response.modelVersion !== undefined) this.#modelVersion = response.modelVersion
    this.#begun = true
  }

  /** Each part of the answer once. */
  addMedia(media: Media): void {
    if (media.bytes > 0) this.#media = this.#media === undefined ? media : addMedia(this.#media, media)
  }

  begin(): void {
    this.#begun = true
  }

  /** Whether the protocol's own end was seen: a finish reason, or a prompt that was blocked. */
  get isFinished(): boolean {
    return this.#finishReason !== undefined
  }

  reading(): Reading {
    return {
      usage: this.#usage,
      finishReason: this.#finishReason,
      modelVersion: this.#modelVersion,
      ...this.#searches.reading(this.#usage),
      media: this.#media,
      begun: this.#begun,
    }
  }
}
