/** Token counts as the provider gives them → Gemini's. */
import type { UsageMetadata } from '../../wire/gemini.ts'

export interface ProviderUsage {
  readonly input_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
  readonly cache_read_input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null } | null
}

/** What was seen of the answer, in UTF-16 units: older models do not count their thoughts by themselves. */
export interface Seen {
  readonly thoughtCharacters: number
  readonly otherCharacters: number
}

/** A stream's counts are cumulative, and later ones leave out what has not changed. */
export function laterUsage(before: ProviderUsage, later: unknown): ProviderUsage {
  if (typeof later !== 'object' || later === null) return before
  const known = Object.entries(later).filter(([, value]) => value !== null && value !== undefined)
  return { ...before, ...Object.fromEntries(known) }
}

/** Whether anything was counted that could be meant; zeros are a count, nothing at all is none. */
export function isTold({ input_tokens: input, output_tokens: output }: ProviderUsage): boolean {
  return [input, output].some((value) => typeof value === 'number' && value >= 0)
}

/** `isEstimate`: how much of the output was thought is a guess. The sum never is. */
export function readUsage(
  usage: ProviderUsage,
  seen: Seen,
): { metadata: UsageMetadata; isEstimate: boolean } {
  const cached = count(usage.cache_read_input_tokens)
  const cacheCreated = count(usage.cache_creation_input_tokens)
  const output = count(usage.output_tokens)
  const counted = usage.output_tokens_details?.thinking_tokens
  const thoughts = Math.min(output, counted ?? shareOf(output, seen))
  return {
    metadata: {
      promptTokenCount: count(usage.input_tokens) + cached + cacheCreated,
      cachedContentTokenCount: cached,
      // Not Google's: what the provider charges more for than for other tokens of the prompt.
      cacheCreationTokenCount: cacheCreated,
      candidatesTokenCount: output - thoughts,
      thoughtsTokenCount: thoughts,
    },
    isEstimate: counted === undefined && thoughts > 0,
  }
}

function shareOf(output: number, { thoughtCharacters, otherCharacters }: Seen): number {
  if (thoughtCharacters === 0) return 0
  return Math.round((output * thoughtCharacters) / (thoughtCharacters + otherCharacters))
}

function count(value: number | null | undefined): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0
}
