/** What metering needs to know, read on the side of bytes that pass untouched. */
import type { Reading } from '../../nouns.ts'
import type { GenerateContentResponse, UsageMetadata } from '../../wire/gemini.ts'

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
    for (const candidate of response.candidates ?? []) {
      if (candidate.finishReason !== undefined) this.#finishReason = candidate.finishReason
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
