/** Token counts of an answer, in Gemini's classes. */
import type { UsageMetadata } from '../../../wire/gemini.ts'
import { isObject, numberOf, objectOf } from './json.ts'

/** Undefined when the answer has none. */
export function readUsage(value: unknown): UsageMetadata | undefined {
  if (!isObject(value)) return undefined
  const prompt = numberOf(value.input_tokens)
  const output = numberOf(value.output_tokens)
  if (prompt === undefined && output === undefined) return undefined
  const cached = numberOf(objectOf(value.input_tokens_details).cached_tokens)
  // What was thought is a part of what was put out.
  const thoughts = numberOf(objectOf(value.output_tokens_details).reasoning_tokens) ?? 0
  return {
    promptTokenCount: prompt ?? 0,
    ...(cached !== undefined && { cachedContentTokenCount: cached }),
    candidatesTokenCount: Math.max(0, (output ?? 0) - thoughts),
    thoughtsTokenCount: thoughts,
  }
}
