/** Model name → Targets, in the order in which they are asked, at the prices of this moment. Does no I/O. */
import { GatewayError, modelNotFound } from '../errors.ts'
import type { RouteOverride } from '../nouns/directory.ts'
import type { Health } from '../nouns/health.ts'
import type { Price } from '../nouns/money.ts'
import type { ModelEntry, RouteExplanation, RouteMatch, StrategyName } from '../nouns/routing.ts'
import type { Call, Caller, Strategy, Target, Upstream } from '../nouns.ts'
import { isGlob, matchesAny, matchesGlob, mostSpecificFirst } from '../wire/glob.ts'
import type { Affinity } from './affinity.ts'
import { explain, type Group, overrideText } from './explain.ts'
import { healthyFirst } from './healthy-first.ts'
import { createStrategies } from './strategies.ts'

export interface RouteConfig {
  /** Names and globs → targets: an upstream's name, or one with the model's name there. */
  readonly models: Readonly<Record<string, RouteEntry>>
  /** Where names go when `models` is empty: to those that are known for the name, else to those that serve every name. */
  readonly fallback: readonly Fallback[]
}

export interface RouteEntry {
  readonly targets: readonly TargetConfig[]
  readonly thinking?: Target['thinking']
  readonly strategy?: StrategyName
  /** The name of another model. */
  readonly fallback?: string | undefined
  readonly affinity?: boolean
}

/** An upstream that is asked without being named, and the names and globs that it is known for; none for every name. */
export interface Fallback {
  readonly upstream: Upstream
  readonly serves: readonly string[]
}

export type TargetConfig =
  | string
  | { readonly upstream: string; readonly model?: string | undefined; readonly weight?: number | undefined }

/** What a model costs at an upstream now; undefined when nobody knows. */
export type PriceOf = (upstream: Upstream, model: string) => Price | undefined

export interface RouterOptions {
  /** Without it, everybody is well and nobody was measured. */
  readonly health?: Health
  /** At least 0 and less than 1. */
  readonly random?: () => number
  /** Without it, no conversation stays anywhere. */
  readonly affinity?: Affinity
}

export interface Router {
  /** Those of the fallbacks included. Throws `not_found` when the name leads nowhere. */
  route(call: Call, caller: Caller): readonly Target[]
  /**
   * The same without a call: as configured, without prices and fallbacks. Empty when the name leads nowhere. Without a
   * caller, where it leads for those without routes of their own.
   */
  find(model: string, caller?: Pick<Caller, 'overrides'>): readonly Target[]
  /** Undefined when the name leads nowhere. */
  explain(model: string, caller?: Pick<Caller, 'overrides'>): RouteExplanation | undefined
  /** Names without wildcards, as `find` answers them. */
  readonly aliases: ReadonlyMap<string, readonly Target[]>
  /** As configured. */
  readonly entries: readonly ModelEntry[]
}

/** Where a name leads for a caller. */
interface Led {
  /** The name that counts: the one that was asked for, or the one that it leads to. */
  readonly name: string
  /** Undefined when it leads nowhere. */
  readonly found: Found | undefined
  readonly override: RouteOverride | undefined
}

/** Where a name leads. */
interface Found {
  readonly match: RouteMatch
  readonly entry: RouteEntry
  readonly targets: readonly Target[]
}

export function createRouter(
  config: RouteConfig,
  upstreams: ReadonlyMap<string, Upstream>,
  priceOf: PriceOf,
  { health, random = Math.random, affinity }: RouterOptions = {},
): Router {
  const firstByteMs = (target: Target) => health?.firstByteMs(target)
  const strategies = createStrategies({ random, firstByteMs })
  const look = createLook(config, upstreams)

  const priced = (target: Target): Target => ({ ...target, price: priceOf(target.upstream, target.model) })

  /** Routes of the key or project are followed once: where they lead to counts as it does for everybody. */
  function lead(model: string, { overrides }: Pick<Caller, 'overrides'>): Led {
    const override = overrides?.find(({ pattern }) => matchesGlob(pattern, model))
    const to = override?.to ?? model
    return typeof to === 'string'
      ? { name: to, found: look.up(to), override }
      : { name: model, found: look.places(to), override }
  }

  function groupsOf(found: Found, name: string, orders: Orders, call: Pick<Call, 'tier'>): Group[] {
    return chainOf(found, name, look).map(({ targets, ...rest }) => ({
      ...rest,
      targets: orders[rest.strategy](targets.map(priced), call),
    }))
  }

  function route(call: Call, caller: Caller): readonly Target[] {
    const { name, found, override } = lead(call.model, caller)
    if (found === undefined) {
      const hint = override && { hint: nowhereText(override) }
      throw modelNotFound(call.model, call.apiVersion, call.verb, hint)
    }
    // Most routes have one place to go to, and pay for no choice.
    if (found.entry.fallback === undefined && !hasChoice(found.targets)) return found.targets.map(priced)
    const groups = groupsOf(found, name, strategies, call)
    const ordered = healthyFirst(
      groups.flatMap(({ targets }) => targets),
      health,
    )
    const recalled = hasAffinity(found) ? affinity?.recall(call, caller) : undefined
    if (recalled === undefined) return ordered
    // A fallback that stood in is no home: the model that was asked for is to be had again.
    const home = ordered.find((target) => !target.standsIn && recalled.atHome(target) !== undefined)
    const { conversation } = recalled
    return homeFirst(ordered, home, health).map((target) => {
      const settled = target === home ? recalled.atHome(target) : undefined
      return { ...(settled ?? target), conversation }
    })
  }

  function explainModel(model: string, caller: Pick<Caller, 'overrides'> = {}): RouteExplanation | undefined {
    const { name, found, override } = lead(model, caller)
    if (found === undefined) {
      if (override === undefined) return undefined
      throw new GatewayError('not_found', `${nowhereText(override)}.`)
    }
    // Chance at its middle: the heaviest first, and nobody tried for the sake of trying.
    const orders = createStrategies({ random: () => 0.5, firstByteMs })
    const groups = groupsOf(found, name, orders, { tier: 'standard' })
    const isKept = affinity !== undefined && hasAffinity(found)
    return explain({ model, name, override, match: found.match, groups, hasAffinity: isKept, health })
  }

  return {
    route,
    find: (model, caller = {}) => lead(model, caller).found?.targets ?? [],
    explain: explainModel,
    aliases: look.aliases,
    entries: Object.entries(config.models).map(([name, entry]) => {
      const targets = targetsOf(entry, name, upstreams)
      return entryOf(name, entry, hasAffinity({ entry, targets }))
    }),
  }
}

function nowhereText(override: RouteOverride): string {
  const text = overrideText(override)
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}, which leads nowhere`
}

/**
 * The model's own targets, and those of each fallback, as configured. A fallback brings nothing that was there before
 * it, and no model comes twice.
 */
function chainOf(found: Found, model: string, look: Look): Group[] {
  const groups: Group[] = []
  const models = new Set<string>()
  const places = new Set<string>()
  let next: Found | undefined = found
  let name = model
  while (next !== undefined && !models.has(name)) {
    const { strategy = 'order', fallback } = next.entry
    const fresh = next.targets.filter((target) => !places.has(placeOf(target)))
    const standsIn = models.size
    const targets = standsIn === 0 ? fresh : fresh.map((target): Target => ({ ...target, standsIn }))
    groups.push({ model: name, strategy, targets })
    models.add(name)
    for (const target of fresh) places.add(placeOf(target))
    if (fallback === undefined) break
    name = fallback
    next = look.up(name)
  }
  return groups
}

type Orders = Readonly<Record<StrategyName, Strategy>>

function hasAffinity({ entry, targets }: Pick<Found, 'entry' | 'targets'>): boolean {
  return (entry.affinity ?? true) && hasChoice(targets)
}

/** Several targets, or several accounts of one. */
function hasChoice(targets: readonly Target[]): boolean {
  return targets.length > 1 || targets.some(({ upstream }) => upstream.credentials > 1)
}

/** Where the conversation is at home comes first, unless it is out of order. */
function homeFirst(
  ordered: readonly Target[],
  home: Target | undefined,
  health: Health | undefined,
): readonly Target[] {
  if (home === undefined || home === ordered[0]) return ordered
  const others = ordered.filter((target) => target !== home)
  return healthyFirst([home, ...others], health)
}

function placeOf({ upstream, model }: Target): string {
  return `${upstream.name}/${model}`
}

interface Look {
  up(model: string): Found | undefined
  /** Of `upstream/model`, those whose upstream there is; undefined when there is none. */
  places(places: readonly string[]): Found | undefined
  readonly aliases: ReadonlyMap<string, readonly Target[]>
}

function createLook(config: RouteConfig, upstreams: ReadonlyMap<string, Upstream>): Look {
  const exact = new Map<string, Found>()
  for (const [name, entry] of Object.entries(config.models)) {
    if (isGlob(name)) continue
    exact.set(name, { match: { by: 'name', entry: name }, entry, targets: targetsOf(entry, name, upstreams) })
  }
  const globs = mostSpecificFirst(Object.keys(config.models))
  const hasEntries = exact.size + globs.length > 0

  function up(model: string): Found | undefined {
    const named = exact.get(model)
    if (named !== undefined) return named
    const glob = globs.find((pattern) => matchesGlob(pattern, model))
    if (glob !== undefined) {
      const entry = config.models[glob] as RouteEntry
      return { match: { by: 'glob', entry: glob }, entry, targets: targetsOf(entry, model, upstreams) }
    }
    const place = placeAt(model)
    if (place !== undefined) return withoutEntry('upstream', [place])
    const fallback = hasEntries ? [] : fallbackFor(config.fallback, model)
    if (fallback.length === 0) return undefined
    return withoutEntry(
      'default',
      fallback.map((one) => targetOf(one.upstream, model)),
    )
  }

  function placeAt(name: string): Target | undefined {
    const slash = name.indexOf('/')
    const upstream = slash > 0 ? upstreams.get(name.slice(0, slash)) : undefined
    return upstream && targetOf(upstream, name.slice(slash + 1))
  }

  function places(names: readonly string[]): Found | undefined {
    const found = names.map(placeAt).filter((place) => place !== undefined)
    return found.length === 0 ? undefined : withoutEntry('upstream', found)
  }

  return { up, places, aliases: new Map([...exact].map(([name, { targets }]) => [name, targets])) }
}

function withoutEntry(by: RouteMatch['by'], targets: readonly Target[]): Found {
  return { match: { by, entry: undefined }, entry: { targets: [] }, targets }
}

function fallbackFor(fallback: readonly Fallback[], model: string): readonly Fallback[] {
  const known = fallback.filter(({ serves }) => matchesAny(serves, model))
  if (known.length > 0) return known
  const unbound = fallback.filter(({ serves }) => serves.length === 0)
  return unbound.length > 0 ? unbound : fallback
}

function targetsOf(
  { targets, thinking }: RouteEntry,
  model: string,
  upstreams: ReadonlyMap<string, Upstream>,
): Target[] {
  return targets.map((target) => {
    const config = typeof target === 'string' ? { upstream: target } : target
    const upstream = upstreams.get(config.upstream)
    if (upstream === undefined) throw new Error(`models: the upstream ${config.upstream} does not exist`)
    const made = targetOf(upstream, config.model ?? model, thinking)
    return config.weight === undefined ? made : { ...made, weight: config.weight }
  })
}

function targetOf(upstream: Upstream, model: string, thinking: Target['thinking'] = 'pass'): Target {
  return { upstream, model, credential: 0, price: undefined, thinking }
}

function entryOf(
  name: string,
  { targets, strategy = 'order', fallback }: RouteEntry,
  isKept: boolean,
): ModelEntry {
  const texts = targets.map((target) => {
    if (typeof target === 'string') return target
    return target.model === undefined ? target.upstream : `${target.upstream}/${target.model}`
  })
  return { name, strategy, targets: texts, fallback, hasAffinity: isKept }
}
