/** Model name → Targets, in order, at the prices of this moment. Pure: who is healthy is a Strategy's business. */
import { modelNotFound } from '../errors.ts'
import type { Price } from '../nouns/money.ts'
import type { Opening, Target, Upstream } from '../nouns.ts'
import { isGlob, matchesAny, matchesGlob } from '../wire/glob.ts'

export interface RouteConfig {
  /** Names and globs → targets: an upstream's name, or one with the model's name there. */
  readonly models: Readonly<Record<string, RouteEntry>>
  /** Where names go when `models` is empty: to those that are known for the name, else to those that serve every name. */
  readonly fallback: readonly Fallback[]
}

export interface RouteEntry {
  readonly targets: readonly TargetConfig[]
  readonly thinking?: Target['thinking']
}

/** An upstream that is asked without being named, and the names and globs that it is known for; none for every name. */
export interface Fallback {
  readonly upstream: Upstream
  readonly serves: readonly string[]
}

export type TargetConfig = string | { readonly upstream: string; readonly model?: string | undefined }

/** What a model costs at an upstream now; undefined when nobody knows. */
export type PriceOf = (upstream: Upstream, model: string) => Price | undefined

export interface Router {
  /** Throws `not_found` when the name leads nowhere. */
  route(opening: Opening): readonly Target[]
  /** The same without a request, and without prices: empty when the name leads nowhere. */
  find(model: string): readonly Target[]
  /** Names without wildcards; without prices. */
  readonly aliases: ReadonlyMap<string, readonly Target[]>
}

export function createRouter(
  config: RouteConfig,
  upstreams: ReadonlyMap<string, Upstream>,
  priceOf: PriceOf,
): Router {
  const entries = Object.entries(config.models)
  const aliases = new Map<string, readonly Target[]>()
  // The more of a name a glob spells out, the earlier it is asked.
  const globs = entries.filter(([name]) => isGlob(name)).sort(([a], [b]) => literals(b) - literals(a))
  for (const [name, entry] of entries) {
    if (!isGlob(name)) aliases.set(name, targetsOf(entry, name, upstreams))
  }

  function find(model: string): readonly Target[] {
    const exact = aliases.get(model)
    if (exact !== undefined) return exact
    const glob = globs.find(([pattern]) => matchesGlob(pattern, model))
    if (glob !== undefined) return targetsOf(glob[1], model, upstreams)
    const slash = model.indexOf('/')
    const named = slash > 0 ? upstreams.get(model.slice(0, slash)) : undefined
    if (named !== undefined) return [targetOf(named, model.slice(slash + 1))]
    return entries.length === 0 ? fallbackFor(model).map(({ upstream }) => targetOf(upstream, model)) : []
  }

  function fallbackFor(model: string): readonly Fallback[] {
    const known = config.fallback.filter(({ serves }) => matchesAny(serves, model))
    if (known.length > 0) return known
    const unbound = config.fallback.filter(({ serves }) => serves.length === 0)
    return unbound.length > 0 ? unbound : config.fallback
  }

  function route(opening: Opening): readonly Target[] {
    const targets = find(opening.model)
    if (targets.length === 0) throw modelNotFound(opening.model, opening.apiVersion, opening.verb)
    return targets.map((target) => ({ ...target, price: priceOf(target.upstream, target.model) }))
  }

  return { route, find, aliases }
}

function targetsOf(
  { targets, thinking }: RouteEntry,
  model: string,
  upstreams: ReadonlyMap<string, Upstream>,
): Target[] {
  return targets.map((target) => {
    const name = typeof target === 'string' ? target : target.upstream
    const upstream = upstreams.get(name)
    if (upstream === undefined) throw new Error(`models: the upstream ${name} does not exist`)
    return targetOf(upstream, typeof target === 'string' ? model : (target.model ?? model), thinking)
  })
}

function targetOf(upstream: Upstream, model: string, thinking: Target['thinking'] = 'pass'): Target {
  return { upstream, model, credential: 0, price: undefined, thinking }
}

function literals(pattern: string): number {
  return pattern.replaceAll(/[*?]/g, '').length
}
