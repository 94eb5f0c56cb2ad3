/** The orders in which targets are asked. Chance is handed in, so that an order can be repeated. */
import type { Price, Tier } from '../nouns/money.ts'
import type { StrategyName } from '../nouns/routing.ts'
import type { Strategy, Target } from '../nouns.ts'

export interface StrategyTools {
  /** At least 0 and less than 1. */
  readonly random: () => number
  /** Milliseconds until the first byte, lately; undefined before the first answer. */
  readonly firstByteMs: (target: Target) => number | undefined
}

/** Requests for which `fastest` asks another one first: how fast that one is, is known only by asking. */
export const EXPLORATION_SHARE = 1 / 20

export function createStrategies(tools: StrategyTools): Readonly<Record<StrategyName, Strategy>> {
  return Object.freeze({
    order: (targets) => targets,
    weight: (targets) => byWeight(targets, tools.random),
    cheapest: (targets, { tier }) => ascending(targets, ({ price }) => typicalCost(price, tier)),
    fastest: (targets) => bySpeed(targets, tools),
  } satisfies Record<StrategyName, Strategy>)
}

/**
 * A draw without putting back, one key for each target: the least of `-ln(u) / weight` falls on each in proportion to
 * its weight, and so on among the rest.
 */
function byWeight(targets: readonly Target[], random: () => number): readonly Target[] {
  return ascending(targets, ({ weight = 1 }) => -Math.log(1 - random()) / weight)
}

const TOKENS = 1_000_000
const TOKENS_EACH_WAY_TYPICAL = 1_000
/** Requests of a typical size that a million tokens in and out make: what is paid by the request counts so often. */
const REQUESTS = TOKENS / TOKENS_EACH_WAY_TYPICAL

/** Nano-USD of a million tokens in and as many out, for comparing only; infinite when nobody knows. */
export function typicalCost(price: Price | undefined, tier: Tier): number {
  if (price === undefined) return Number.POSITIVE_INFINITY
  const { input, output, request = 0, item = 0, tierPercent } = price.rates
  const percent = tier === 'standard' ? 100 : (tierPercent?.[tier] ?? 100)
  return ((input + output) * percent) / 100 + (request + item) * REQUESTS
}

function bySpeed(targets: readonly Target[], { random, firstByteMs }: StrategyTools): readonly Target[] {
  const ordered = ascending(targets, (target) => firstByteMs(target) ?? Number.POSITIVE_INFINITY)
  const [first, ...others] = ordered
  // Before the first answer, their order is as good as any.
  if (first === undefined || firstByteMs(first) === undefined || random() >= EXPLORATION_SHARE) return ordered
  const unmeasured = others.filter((target) => firstByteMs(target) === undefined)
  const candidates = unmeasured.length > 0 ? unmeasured : others
  const tried = candidates[Math.floor(random() * candidates.length)]
  return tried === undefined ? ordered : [tried, ...ordered.filter((target) => target !== tried)]
}

/** Equals keep their order. */
function ascending(targets: readonly Target[], keyOf: (target: Target) => number): readonly Target[] {
  const keyed = targets.map((target) => ({ target, key: keyOf(target) }))
  // Not a difference: that of two infinities is no number.
  keyed.sort((one, other) => (one.key === other.key ? 0 : one.key < other.key ? -1 : 1))
  return keyed.map(({ target }) => target)
}
