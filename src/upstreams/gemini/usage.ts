/** What metering needs to know, read on the side of bytes that pass untouched. */
import type { Reading } from '../../nouns.ts'
import type { GenerateContentResponse, UsageMetadata } from '../../wire/gemini.ts'
import type { JsonLimits, Watch } from '../../wire/json-scanner.ts'

/** An upstream's answer is trusted more than a client's request, but not without bounds. */
export const ANSWER_LIMITS: JsonLimits = { depth: 200, nodes: 5_000_000, keysPerObject: 1_000_000 }

/** What is read of an answer that is too large to be parsed as a whole. */
export const RESPONSE_WATCH: Watch = {
  keys: {
    candidates: { each: { keys: { finishReason: { capture: true } } } },
    promptFeedback: { keys: { blockReason: { capture: true } } },
    usageMetadata: { capture: true },
    modelVersion: { capture: true },
    error: { capture: true },
  },
}

/** The part of a response that `RESPONSE_WATCH` captured. */
export function responseOf(captured: ReadonlyMap<string, string>): GenerateContentResponse {
  const read = <Value>(path: string): Value | undefined => {
    const text = captured.get(path)
    return text === undefined ? undefined : (JSON.parse(text) as Value)
  }
  const finishReason = read<string>('candidates.finishReason')
  const blockReason = read<string>('promptFeedback.blockReason')
  return {
    usageMetadata: read('usageMetadata'),
    modelVersion: read('modelVersion'),
    error: read('error'),
    ...(finishReason !== undefined && { candidates: [{ finishReason }] }),
    ...(blockReason !== undefined && { promptFeedback: { blockReason } }),
  } as GenerateContentResponse
}

/** Gathers a `Reading` from the objects of one answer; the last cumulative usage counts. */
export class UsageReader {
  #usage: UsageMetadata | undefined
  #finishReason: string | undefined
  #modelVersion: string | undefined
  #begun = false

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
    if (blockReason !== undefined) this.#finishReason ??= blockReason
    if (response.modelVersion !== undefined) this.#modelVersion = response.modelVersion
    this.#begun = true
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
      begun: this.#begun,
    }
  }
}
