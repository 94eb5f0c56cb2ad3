/** What of an answer OpenAI's API has no member for. */
import type { Candidate } from '../../wire/gemini.ts'
import type { Json } from './values.ts'

/** What Gemini tells beside the content, under Google's names. */
const METADATA = {
  citationMetadata: 'citation_metadata',
  groundingMetadata: 'grounding_metadata',
  safetyRatings: 'safety_ratings',
  urlContextMetadata: 'url_context_metadata',
} as const

export function metadataOf(candidate: Candidate): Json {
  const found = Object.entries(METADATA).flatMap(([member, name]) =>
    candidate[member] === undefined ? [] : [[name, candidate[member]]],
  )
  return Object.fromEntries(found)
}
