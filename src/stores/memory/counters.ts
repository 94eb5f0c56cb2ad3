/** Counters of one process. They count in plain arrays and answer at once. */
import type { Claim, ClaimState, Counters, Taken } from '../../nouns/counters.ts'
import type { UsageCount, UsageScope } from '../../nouns/ledger.ts'
import { correction, WINDOWS, type WindowKind } from '../counter-windows.ts'
import { Scopes } from './scopes.ts'
import { type Gauge, SlidingWindow } from './sliding-window.ts'
import { monotonicNow, steady } from './steady-clock.ts'

/** Keys and projects counted at once; 1 to 2 KiB each. Beyond it the least recently used ones are forgotten. */
const SCOPES_MAX = 50_000
/** A restart must not make the first requests wait for a ledger that is slow. */
const SEED_TIMEOUT_MS = 1_000

/** What the ledger knows of the time before this process, as its `countsSince`. */
export type Seed = (
  scope: UsageScope,
  since: number,
  unit: 'hour' | 'second',
) => Promise<readonly UsageCount[]>

export interface MemoryCountersOptions {
  /** Milliseconds since the epoch. When it is set back, time goes on; when it is set forward, windows are over. */
  readonly now?: () => number
  /** Asked once for each window, which waits a second for it at most and else starts from nothing. */
  readonly seed?: Seed
  readonly scopesMax?: number
}

export function createMemoryCounters(options: MemoryCountersOptions = {}): Counters {
  const { seed, scopesMax = SCOPES_MAX } = options
  const now = steady(options.now ?? monotonicNow)
  const scopes = new Scopes(scopesMax)

  function gaugeOf({ scope: name, kind }: Claim): Gauge {
    const scope = scopes.use(name)
    if (kind === 'concurrentRequests') return scope.holders
    const known = scope.windows[kind]
    if (known !== undefined) return known
    const window = new SlidingWindow(WINDOWS[kind], now())
    scope.windows[kind] = window
    window.seeding = seeding(window, name, kind)
    return window
  }

  function seeding(window: SlidingWindow, scope: string, kind: WindowKind): Promise<void> | undefined {
    const { slotMs, slots } = WINDOWS[kind]
    const since = (Math.floor(now() / slotMs) - slots) * slotMs
    const isTokens = kind === 'tokensPerMinute' || kind === 'tokensPerDay'
    const usageScope = usageScopeOf(scope)
    if (seed === undefined || usageScope === undefined) return undefined
    const unit = slotMs === 1_000 ? 'second' : 'hour'
    return inTime(() => seed(usageScope, since, unit)).then((known) => {
      for (const { at, requests, tokens } of known ?? []) window.seed(at, isTokens ? tokens : requests)
      window.seeding = undefined
    })
  }

  return {
    isDegraded: false,
    take: (claims) => {
      const gauges = claims.map(gaugeOf)
      const unknown = gauges.map(seedingOf).filter((promise) => promise !== undefined)
      if (unknown.length === 0) return takeAll(claims, gauges, now())
      return Promise.all(unknown).then(() => takeAll(claims, gauges, now()))
    },
    giveBack: (ticket, tokens) => {
      if (ticket instanceof MemoryTicket) ticket.giveBack(tokens)
    },
    close: async () => undefined,
  }
}

function seedingOf(gauge: Gauge): Promise<void> | undefined {
  return gauge instanceof SlidingWindow ? gauge.seeding : undefined
}

function usageScopeOf(scope: string): UsageScope | undefined {
  if (scope.startsWith('key:')) return { keyId: scope.slice('key:'.length) }
  if (scope.startsWith('project:')) return { projectId: scope.slice('project:'.length) }
  return undefined
}

/** What `ask` promises, or undefined once it is too late or failed. */
async function inTime<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(late.resolve, SEED_TIMEOUT_MS, undefined)
  try {
    return await Promise.race([ask(), late.promise])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** All or nothing: nobody else is asked between the look and the taking. */
function takeAll(claims: readonly Claim[], gauges: readonly Gauge[], nowMs: number): Taken {
  let refused = -1
  let retryAfterMs = 0
  for (const [index, { max, amount }] of claims.entries()) {
    const waitMs = gauges[index]!.waitMs(max, amount, nowMs)
    // The longest wait is the one that helps.
    if (waitMs <= retryAfterMs) continue
    refused = index
    retryAfterMs = waitMs
  }
  if (refused !== -1) {
    return { granted: false, refused: stateOf(claims[refused]!, gauges[refused]!, nowMs), retryAfterMs }
  }
  const slots = claims.map(({ amount }, index) => gauges[index]!.take(amount, nowMs))
  return {
    granted: true,
    states: claims.map((claim, index) => stateOf(claim, gauges[index]!, nowMs)),
    ticket: new MemoryTicket(claims, gauges, slots),
  }
}

function stateOf(claim: Claim, gauge: Gauge, nowMs: number): ClaimState {
  return { claim, remaining: Math.max(0, claim.max - gauge.count), resetMs: gauge.resetMs(nowMs) }
}

class MemoryTicket {
  readonly #claims: readonly Claim[]
  readonly #gauges: readonly Gauge[]
  readonly #slots: readonly number[]
  #isOver = false

  constructor(claims: readonly Claim[], gauges: readonly Gauge[], slots: readonly number[]) {
    this.#claims = claims
    this.#gauges = gauges
    this.#slots = slots
  }

  giveBack(tokens: number | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const [index, claim] of this.#claims.entries()) {
      const by = correction(claim, tokens)
      if (by !== 0) this.#gauges[index]!.correct(this.#slots[index]!, by)
    }
  }
}
