/** `service_tier` as Gemini's `serviceTier`. */
import type { Report } from '../../nouns/report.ts'
import type { Members } from './values.ts'

/** Undefined: the usual one. */
export function tierOf(request: Members, report: Report): string | undefined {
  const tier = request.word('service_tier', ['auto', 'default', 'flex', 'priority', 'scale', 'standard'])
  if (tier === 'flex' || tier === 'priority') return tier
  if (tier === 'scale') report.dropped('service_tier', 'there is no such tier')
  return undefined
}
