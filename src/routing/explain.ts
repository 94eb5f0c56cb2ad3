/** Puts into words where a model's name leads, and why in this order. */

import type { RouteOverride } from '../nouns/directory.ts'
import type { Health, TargetState } from '../nouns/health.ts'
import type { Price } from '../nouns/money.ts'
import type { ExplainedTarget, RouteExplanation, RouteMatch, StrategyName } from '../nouns/routing.ts'
import type { Target } from '../nouns.ts'
import { formatUsd } from '../wire/usd.ts'
import { bestStateOf } from './best-state.ts'
import { healthyFirst } from './healthy-first.ts'
import { EXPLORATION_SHARE, typicalCost } from './strategies.ts'

/** What one model brings: the one that was asked for comes first, then its fallbacks. */
export interface Group {
  readonly model: string
  readonly strategy: StrategyName
  /** In the order of the strategy. */
  readonly targets: readonly Target[]
}

export interface ToExplain {
  readonly model: string
  /** Where a route of the key or project led to; else the model. */
  readonly name: string
  readonly override: RouteOverride | undefined
  readonly match: RouteMatch
  readonly groups: readonly Group[]
  readonly hasAffinity: boolean
  readonly health: Health | undefined
}

export function explain(asked: ToExplain): RouteExplanation {
  const { model, override, match, groups, hasAffinity, health } = asked
  const [own, ...fallbacks] = groups
  const groupOf = new Map(groups.flatMap((group) => group.targets.map((target) => [target, group] as const)))
  const ordered = healthyFirst([...groupOf.keys()], health)
  return {
    model,
    override,
    match,
    strategy: own?.strategy ?? 'order',
    hasAffinity,
    fallbacks: fallbacks.map((group) => group.model),
    targets: ordered.map((target) => explained(target, groupOf.get(target) as Group, asked)),
  }
}

function explained(target: Target, group: Group, { name, override, health }: ToExplain): ExplainedTarget {
  const { upstream, price, weight = 1, thinking } = target
  const state: TargetState = health === undefined ? { kind: 'ok' } : bestStateOf(health, target)
  const firstByteMs = health?.firstByteMs(target)
  const standsIn = group.model === name ? [] : [`stands in when ${JSON.stringify(name)} cannot be had`]
  const led = override === undefined ? [] : [overrideText(override)]
  return {
    upstream: upstream.name,
    kind: upstream.kind,
    model: target.model,
    standsFor: group.model,
    weight,
    thinking,
    state,
    firstByteMs,
    price: price && explainedPrice(price),
    reasons: [...stateReasons(state), ...led, ...standsIn, strategyReason(target, group, firstByteMs)],
  }
}

export function overrideText({ of, id, name, pattern, to }: RouteOverride): string {
  const places =
    typeof to === 'string' ? JSON.stringify(to) : to.map((place) => JSON.stringify(place)).join(', ')
  return `the ${of} ${id} (${JSON.stringify(name)}) routes ${JSON.stringify(pattern)} to ${places}`
}

function stateReasons(state: TargetState): string[] {
  if (state.kind === 'ok') return []
  if (state.kind === 'half-open') return ['was out of order: one request at a time tries it']
  const until = `until ${new Date(state.until).toISOString()}`
  if (state.kind === 'open') return [`asked last: it failed again and again, and is left alone ${until}`]
  const why = state.reason === 'limited' ? 'its limit is used up' : 'it refused our credential'
  return [`asked last: ${why}, ${until}`]
}

function strategyReason(
  target: Target,
  { strategy, targets }: Group,
  firstByteMs: number | undefined,
): string {
  const place = `${targets.indexOf(target) + 1} of ${targets.length}`
  switch (strategy) {
    case 'order':
      return `${place} in the order of the configuration`
    case 'weight': {
      const sum = targets.reduce((total, { weight = 1 }) => total + weight, 0)
      const { weight = 1 } = target
      return `by chance, first for ${Math.round((weight / sum) * 100)} % of the requests: weight ${weight} of ${sum}`
    }
    case 'cheapest':
      return `${place} by price: ${costText(target.price)}`
    case 'fastest': {
      const percent = EXPLORATION_SHARE * 100
      const speed =
        firstByteMs === undefined ? 'not measured yet' : `first byte in ${Math.round(firstByteMs)} ms`
      return `${place} by speed: ${speed}; ${percent} % of the requests try another than the fastest first`
    }
  }
}

function costText(price: Price | undefined): string {
  if (price === undefined) return 'unknown'
  return `$${formatUsd(typicalCost(price, 'standard'))} for a million tokens in and as many out`
}

function explainedPrice({ version, rates }: Price): ExplainedTarget['price'] {
  return { version, inputNanoUsd: rates.input, outputNanoUsd: rates.output }
}
