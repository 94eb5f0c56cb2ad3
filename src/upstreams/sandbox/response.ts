/** The unary GenerateContentResponse of a composition. */
import type { Candidate, GenerateContentResponse } from '../../wire/gemini.ts'
import type { Composition } from './compose.ts'
import { type Draft, tallyDrafts, thoughtParts } from './draft.ts'
import { totalOf, usageMetadata } from './usage.ts'

/** The unary answer, its keys in Google's order. */
export function unaryResponse({
  drafts,
  promptFeedback,
  given,
  envelope,
}: Composition): GenerateContentResponse {
  const candidates = tallyDrafts(drafts)
  const usage = usageMetadata(given, {
    candidatesTokens: totalOf(candidates),
    candidates,
    thoughtsTokens: drafts.reduce((sum, { thoughtsTokens }) => sum + thoughtsTokens, 0),
  })
  if (promptFeedback !== undefined) return { promptFeedback, usageMetadata: usage, ...envelope }
  return { candidates: drafts.map(candidateOf), usageMetadata: usage, ...envelope }
}

function candidateOf(draft: Draft): Candidate {
  const { index, pieces, finishReason, finishMessage, thoughts } = draft
  const parts = thoughtParts(thoughts)
  for (const { part } of pieces) parts.push(part)
  // Thoughts can eat the whole budget; Google's content then has no parts at all.
  const content = parts.length > 0 ? { parts, role: 'model' } : { role: 'model' }
  return {
    content,
    finishReason,
    ...(finishMessage !== undefined && { finishMessage }),
    index,
    ...lastMembers(draft),
    ...draft.opening,
  }
}

/** What comes with a candidate's last word. */
export function lastMembers({ pieces, closing }: Draft): Partial<Candidate> {
  const tokenCount = pieces.reduce((sum, { tokens }) => sum + tokens, 0)
  return { ...(tokenCount > 0 && { tokenCount }), ...closing }
}
