/**
 * What is left of a key's limits, as headers. Two conventions: OpenAI's `x-ratelimit-*`, which clients read, with one
 * limit of each sort; and draft-ietf-httpapi-ratelimit-headers-11 with all of them. None of requests at once: what is
 * left of those says nothing by the time it is read.
 */
import type { ClaimState, CounterKind } from '../nouns/counters.ts'

type RateKind = Exclude<CounterKind, 'concurrentRequests'>

const NAMES: Readonly<Record<RateKind, string>> = {
  requestsPerMinute: 'rpm',
  tokensPerMinute: 'tpm',
  requestsPerDay: 'rpd',
  tokensPerDay: 'tpd',
}
const WINDOW_SECONDS: Readonly<Record<RateKind, number>> = {
  requestsPerMinute: 60,
  tokensPerMinute: 60,
  requestsPerDay: 86_400,
  tokensPerDay: 86_400,
}
const SORTS = {
  requestsPerMinute: 'requests',
  requestsPerDay: 'requests',
  tokensPerMinute: 'tokens',
  tokensPerDay: 'tokens',
} as const

/** Empty when no rate is limited. */
export function rateHeaders(states: readonly ClaimState[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  const tightest: { requests?: ClaimState; tokens?: ClaimState } = {}
  let policies = ''
  let lefts = ''
  for (const state of states) {
    const { kind, max, scope } = state.claim
    if (kind === 'concurrentRequests') continue
    const sort = SORTS[kind]
    if (isTighter(state, tightest[sort])) tightest[sort] = state
    const name = scope.startsWith('project:') ? `project-${NAMES[kind]}` : NAMES[kind]
    const separator = policies === '' ? '' : ', '
    policies += `${separator}"${name}";q=${max};w=${WINDOW_SECONDS[kind]}`
    lefts += `${separator}"${name}";r=${state.remaining};t=${Math.ceil(state.resetMs / 1_000)}`
  }
  if (policies === '') return headers
  headers['ratelimit-policy'] = policies
  headers.ratelimit = lefts
  for (const sort of ['requests', 'tokens'] as const) {
    const state = tightest[sort]
    if (state === undefined) continue
    headers[`x-ratelimit-limit-${sort}`] = String(state.claim.max)
    headers[`x-ratelimit-remaining-${sort}`] = String(state.remaining)
    headers[`x-ratelimit-reset-${sort}`] = shortDuration(state.resetMs)
  }
  return headers
}

/** Whose end comes first; of two that are equal, the one that lasts. */
function isTighter(state: ClaimState, than: ClaimState | undefined): boolean {
  if (than === undefined || state.remaining !== than.remaining)
    return !(state.remaining > (than?.remaining ?? Infinity))
  return state.resetMs > than.resetMs
}

/** As OpenAI writes it: `17ms`, `1s`, `6m0s`, `24h12m0s`. */
export function shortDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.ceil(ms))}ms`
  const seconds = Math.ceil(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  const rest = `${seconds % 60}s`
  if (hours > 0) return `${hours}h${minutes}m${rest}`
  return minutes > 0 ? `${minutes}m${rest}` : rest
}
