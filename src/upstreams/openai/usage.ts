/** Token counts of chat completions and embeddings in Gemini's classes. */
import type { UsageMetadata } from '../../wire/gemini.ts'
import { isObject, objectOf } from './responses/json.ts'

interface ModalityCount {
  readonly modality: string
  readonly tokenCount: number
}

/** Undefined when there are no counts. */
export function usageOf(usage: unknown): UsageMetadata | undefined {
  if (!isObject(usage)) return undefined
  const prompt = count(usage.prompt_tokens)
  const completion = count(usage.completion_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const ofPrompt = objectOf(usage.prompt_tokens_details)
  const ofCompletion = objectOf(usage.completion_tokens_details)
  const cached =
    count(ofPrompt.cached_tokens ?? usage.prompt_cache_hit_tokens ?? usage.num_cached_tokens) ?? 0
  const { candidates, thoughts } = splitOutput(
    completion ?? 0,
    count(ofCompletion.reasoning_tokens) ?? 0,
    (count(usage.total_tokens) ?? 0) - (prompt ?? 0),
  )
  const promptDetails = detailsOf(prompt ?? 0, ofPrompt)
  const candidatesDetails = detailsOf(candidates, ofCompletion)
  return {
    promptTokenCount: prompt ?? 0,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    ...(candidates > 0 && { candidatesTokenCount: candidates }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    ...(promptDetails !== undefined && { promptTokensDetails: promptDetails }),
    ...(candidatesDetails !== undefined && { candidatesTokensDetails: candidatesDetails }),
  }
}

/**
 * Reasoning tokens are part of the completion's, except with vendors that count them beside it and say so by the
 * total. Whichever it is, nothing is counted twice and nothing is lost.
 */
function splitOutput(completion: number, reasoning: number, output: number) {
  const isBeside = reasoning > 0 && output === completion + reasoning
  if (isBeside) return { candidates: completion, thoughts: reasoning }
  const thoughts = Math.min(reasoning, completion)
  return { candidates: completion - thoughts, thoughts }
}

/** Only when something else than text was counted by itself: text is never told apart from the rest. */
function detailsOf(total: number, details: Readonly<Record<string, unknown>>): ModalityCount[] | undefined {
  const audio = count(details.audio_tokens) ?? 0
  const image = count(details.image_tokens) ?? 0
  if (audio + image === 0 || audio + image > total) return undefined
  const counts = [
    { modality: 'TEXT', tokenCount: total - audio - image },
    { modality: 'IMAGE', tokenCount: image },
    { modality: 'AUDIO', tokenCount: audio },
  ]
  return counts.filter(({ tokenCount }) => tokenCount > 0)
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined
}
