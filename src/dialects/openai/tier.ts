/** `service_tier` as Gemini's `serviceTier`. */
import type { Report } from '../../nouns/report.ts'
import type { Members } from './values.ts'

/** `fast` is the newer name of `priority`. */
const TIERS = ['auto', 'default', 'flex', 'priority', 'fast', 'scale', 'standard'] as const

/** Undefined: the usual one. */
export function tierOf(request: Members, report: Report): string | undefined {
  const tier = request.word('service_tier', TIERS)
  if (tier === 'flex') return tier
  if (tier === 'priority' || tier === 'fast') return 'priority'
  if (tier === 'scale') report.dropped('service_tier', 'there is no such tier')
  return undefined
}
