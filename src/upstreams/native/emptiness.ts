/** Answers that end before they have said anything, as models sometimes give them: another try is likely to have more. */
import type { GenerateContentResponse } from '../../wire/gemini.ts'

/** Every other reason tells the client something that another try would not change. */
const EMPTY_ENDS: ReadonlySet<unknown> = new Set(['STOP', 'MALFORMED_FUNCTION_CALL'])

/**
 * Whether every candidate ended, and none has anything. An answer without candidates is not meant: that is an answer to
 * something else, or a blocked prompt. The shapes are the upstream's word.
 */
export function saysNothing({ candidates, promptFeedback }: GenerateContentResponse): boolean {
  if (promptFeedback !== undefined || !Array.isArray(candidates) || candidates.length === 0) return false
  return candidates.every(
    (candidate) => EMPTY_ENDS.has(candidate?.finishReason) && !hasContent(candidate?.content?.parts),
  )
}

/** Whether an answer that goes on has something by now. */
export function saysSomething({ candidates }: GenerateContentResponse): boolean {
  return Array.isArray(candidates) && candidates.some((candidate) => hasContent(candidate?.content?.parts))
}

function hasContent(parts: unknown): boolean {
  return Array.isArray(parts) && parts.some((part) => !isBlank(part))
}

/** A text of no length and nothing beside it. */
function isBlank(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return true
  return Object.entries(part).every(
    ([name, value]) => name === 'thought' || (name === 'text' && value === ''),
  )
}
