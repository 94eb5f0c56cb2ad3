/**
 * What becomes of a prompt and of an answer under the request's safety settings, and of the test phrases that ask for a
 * certain block or end: `sandbox:block=OTHER` in the last user text blocks the prompt, `sandbox:finish=RECITATION` ends
 * the answer so.
 */
import type { Candidate, GenerateContentResponse, Part } from '../../../wire/gemini.ts'
import type { Play, Scene } from '../play.ts'
import type { GenerateRequest } from '../request.ts'
import type { Conversation } from '../text/write.ts'
import { judge, rate, type SafetyRating } from './rate.ts'

export const BLOCK_REASONS = [
  'SAFETY',
  'OTHER',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'IMAGE_SAFETY',
  'MODEL_ARMOR',
  'JAILBREAK',
]
const BLOCK_PHRASE = /\bsandbox:block=([A-Z_]{1,32})\b/
const FINISH_PHRASE = /\bsandbox:finish=([A-Z_]{1,32})\b/

/** Ends that a test phrase may ask for, and what of the content is left with each. */
export const FINISH_REASONS: Readonly<Record<string, 'nothing' | 'begun' | 'whole'>> = {
  STOP: 'whole',
  MAX_TOKENS: 'begun',
  SAFETY: 'begun',
  RECITATION: 'begun',
  LANGUAGE: 'nothing',
  OTHER: 'nothing',
  BLOCKLIST: 'begun',
  PROHIBITED_CONTENT: 'nothing',
  SPII: 'begun',
  MALFORMED_FUNCTION_CALL: 'nothing',
  IMAGE_SAFETY: 'nothing',
  IMAGE_PROHIBITED_CONTENT: 'nothing',
  IMAGE_RECITATION: 'nothing',
  IMAGE_OTHER: 'nothing',
  NO_IMAGE: 'nothing',
  UNEXPECTED_TOOL_CALL: 'nothing',
  TOO_MANY_TOOL_CALLS: 'nothing',
  MISSING_THOUGHT_SIGNATURE: 'nothing',
  MALFORMED_RESPONSE: 'nothing',
  ESCALATION: 'nothing',
}

/** A request for words of the kind: then it is the answer that is harmful, not the prompt. */
const ASKS_FOR_WORDS = /\b(?:write|say|tell|generate|compose|give me|repeat|respond|reply|answer)\b/i

/** Why the prompt is not answered at all; undefined when it is. */
export function promptFeedbackFor(
  request: GenerateRequest,
  { prompt }: Conversation,
): GenerateContentResponse['promptFeedback'] {
  const asked = prompt.includes('sandbox:') ? BLOCK_PHRASE.exec(prompt)?.[1] : undefined
  if (asked !== undefined && BLOCK_REASONS.includes(asked)) return { blockReason: asked }
  const settings = request.safetySettings ?? []
  if (settings.length === 0 || ASKS_FOR_WORDS.test(prompt)) return undefined
  const verdict = judge(prompt, settings)
  return verdict.isBlocked ? { blockReason: 'SAFETY', safetyRatings: verdict.ratings } : undefined
}

/** The play as the settings leave it: cut before what they block, with ratings when somebody set anything. */
export function guarded(play: Play, { generation, conversation }: Scene): Play {
  const { prompt } = conversation
  const asked = prompt.includes('sandbox:') ? FINISH_PHRASE.exec(prompt)?.[1] : undefined
  const left = asked === undefined ? undefined : FINISH_REASONS[asked]
  if (asked !== undefined && left !== undefined) return ended(play, asked, left)
  const settings = generation.request.safetySettings ?? []
  if (settings.length === 0) return play
  const answer = play.parts.map(({ text }) => text ?? '').join('')
  const spoken = judge(answer, settings)
  const wanted = ASKS_FOR_WORDS.test(prompt) ? judge(prompt, settings) : undefined
  if (spoken.isBlocked) return stopped(play, cutAt(play.parts, spoken.at), spoken.ratings)
  if (wanted?.isBlocked) return stopped(play, [], wanted.ratings)
  const ratings = highest(spoken.ratings, prompt)
  return { ...play, closing: (parts) => ({ ...play.closing?.(parts), safetyRatings: ratings }) }
}

/** An answer to a harmful prompt that was let through is rated as the prompt is. */
function highest(ratings: readonly SafetyRating[], prompt: string): SafetyRating[] {
  const found = rate(prompt)
  return ratings.map((rating) => ({
    ...rating,
    ...(rating.probability === 'NEGLIGIBLE' && {
      probability: found.get(rating.category)?.probability ?? 'NEGLIGIBLE',
    }),
  }))
}

function stopped(play: Play, parts: readonly Part[], safetyRatings: readonly SafetyRating[]): Play {
  const { opening, media } = play
  return {
    parts,
    finishReason: 'SAFETY',
    closing: (): Partial<Candidate> => ({ safetyRatings }),
    ...(opening && { opening }),
    ...(media && { media }),
  }
}

const BEGUN_CHARS = 24

function ended(play: Play, finishReason: string, left: 'nothing' | 'begun' | 'whole'): Play {
  if (left === 'whole') return { ...play, finishReason }
  const parts = left === 'nothing' ? [] : cutAt(play.parts, BEGUN_CHARS)
  return {
    parts,
    finishReason,
    ...(left === 'nothing' && { finishMessage: `The sandbox was asked to end with ${finishReason}.` }),
  }
}

/** The parts up to that many characters of text. */
function cutAt(parts: readonly Part[], chars: number): Part[] {
  const kept: Part[] = []
  let left = chars
  for (const part of parts) {
    if (left <= 0) break
    const { text } = part
    const shown = text?.slice(0, left).toWellFormed()
    left -= text?.length ?? 0
    if (shown === undefined) kept.push(part)
    else if (shown !== '') kept.push({ ...part, text: shown })
  }
  return kept
}
