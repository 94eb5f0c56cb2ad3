/** What every kind of counters agrees on: how long the windows are, and what giving back comes to. */
import type { Claim, CounterKind } from '../nouns/counters.ts'

export type WindowKind = Exclude<CounterKind, 'concurrentRequests'>

/** A window is `slots` whole slots and the running one: so it is never shorter than it says. */
export interface WindowShape {
  readonly slotMs: number
  readonly slots: number
}

const MINUTE: WindowShape = Object.freeze({ slotMs: 1_000, slots: 60 })
/** Hours of UTC, as the ledger sums them up: so a day's count is found again after a restart. */
const DAY: WindowShape = Object.freeze({ slotMs: 3_600_000, slots: 24 })

export const WINDOWS: Readonly<Record<WindowKind, WindowShape>> = Object.freeze({
  requestsPerMinute: MINUTE,
  tokensPerMinute: MINUTE,
  requestsPerDay: DAY,
  tokensPerDay: DAY,
})

/** Nobody knows when a request under way will end; a client that asks again after a second costs little. */
export const HOLDER_RETRY_MS = 1_000

/** No request uses more; an upstream that says so must not make a sum overflow. */
const TOKENS_MAX = 1e12

/** What giving back adds to what was claimed; negative when less was used. See `Counters.giveBack`. */
export function correction(claim: Claim, tokens: number | undefined): number {
  if (tokens === undefined || claim.kind === 'concurrentRequests') return -claim.amount
  if (claim.kind === 'requestsPerMinute' || claim.kind === 'requestsPerDay') return 0
  // What is no count corrects nothing: the estimate stands.
  if (!Number.isFinite(tokens)) return 0
  return Math.min(TOKENS_MAX, Math.max(0, Math.round(tokens))) - claim.amount
}

// The windows of budgets are in budget-windows.ts.
