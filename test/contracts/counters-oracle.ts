/** Counters as nobody would build them: a log of everything, added up anew each time. */
import assert from 'node:assert/strict'
import type { Claim, CounterKind } from '../../src/nouns/counters.ts'

type WindowKind = Exclude<CounterKind, 'concurrentRequests'>

export const WINDOW_MS: Readonly<Record<WindowKind, number>> = {
  requestsPerMinute: 60_000,
  tokensPerMinute: 60_000,
  requestsPerDay: 86_400_000,
  tokensPerDay: 86_400_000,
}

interface Entry {
  readonly claim: Claim
  readonly at: number
  /** What it counts for now. */
  count: number
}

/** Milliseconds since a whole second and hour. */
export interface OracleClock {
  now: number
}

export interface Oracle {
  /** The entries of the log; undefined: refused. */
  take(claims: readonly Claim[]): readonly Entry[] | undefined
  giveBack(entries: readonly Entry[], tokens: number | undefined): void
  remaining(claims: readonly Claim[]): number[]
  /** In no window of any beginning more was granted than the limit, not counting what was used beyond an estimate. */
  assertEveryWindow(): void
}

export function createOracle(clock: OracleClock, holderMaxMs: number): Oracle {
  const log: Entry[] = []

  /** A slot counts to its end, so that what is older by a window and less than a slot may count still. */
  function counts({ claim, at }: Entry): boolean {
    if (claim.kind === 'concurrentRequests') return at + holderMaxMs > clock.now
    const slotMs = WINDOW_MS[claim.kind] === 60_000 ? 1_000 : 3_600_000
    return (Math.floor(at / slotMs) + 1) * slotMs + WINDOW_MS[claim.kind] > clock.now
  }

  function sum(claim: Claim): number {
    return log
      .filter(
        (entry) => entry.claim.scope === claim.scope && entry.claim.kind === claim.kind && counts(entry),
      )
      .reduce((total, { count }) => total + count, 0)
  }

  return {
    take: (claims) => {
      if (claims.some((claim) => sum(claim) + claim.amount > claim.max)) return undefined
      const entries = claims.map((claim) => ({ claim, at: clock.now, count: claim.amount }))
      log.push(...entries)
      return entries
    },
    giveBack: (entries, tokens) => {
      for (const entry of entries) {
        if (!counts(entry)) continue
        if (tokens === undefined || entry.claim.kind === 'concurrentRequests') entry.count = 0
        else if (entry.claim.kind.startsWith('tokens')) entry.count = tokens
      }
    },
    remaining: (claims) => claims.map((claim) => Math.max(0, claim.max - sum(claim))),
    assertEveryWindow: () => {
      for (const last of log) {
        const { claim, at } = last
        if (claim.kind === 'concurrentRequests') continue
        const from = at - WINDOW_MS[claim.kind]
        const total = log
          .filter((entry) => entry.claim.scope === claim.scope && entry.claim.kind === claim.kind)
          .filter((entry) => entry.at > from && entry.at <= at)
          .reduce((total, entry) => total + Math.min(entry.count, entry.claim.amount), 0)
        assert.ok(total <= claim.max, `${total} of ${claim.max} ${claim.kind}`)
      }
    },
  }
}
