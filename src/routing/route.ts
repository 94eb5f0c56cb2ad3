/** Model name → Targets, in order, at the prices of this moment. Pure: who is healthy is a Strategy's business. */
import { modelNotFound } from '../errors.ts'
import type { Price } from '../nouns/money.ts'
import type { Opening, Target, Upstream } from '../nouns.ts'
import { isGlob, matchesGlob } from '../wire/glob.ts'

export interface RouteConfig {
  /** Names and globs → targets: an upstream's name, or one with the model's name there. */
  readonly models: Readonly<Record<string, { readonly targets: readonly TargetConfig[] }>>
  /** Where names go that no entry of an empty `models` mentions. */
  readonly fallback: readonly Upstream[]
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
  for (const [name, { targets }] of entries) {
    if (!isGlob(name)) aliases.set(name, targetsOf(targets, name, upstreams))
  }

  function find(model: string): readonly Target[] {
    const exact = aliases.get(model)
    if (exact !== undefined) return exact
    const glob = globs.find(([pattern]) => matchesGlob(pattern, model))
    if (glob !== undefined) return targetsOf(glob[1].targets, model, upstreams)
    const slash = model.indexOf('/')
    const named = slash > 0 ? upstreams.get(model.slice(0, slash)) : undefined
    if (named !== undefined) return [targetOf(named, model.slice(slash + 1))]
    return entries.length === 0 ? config.fallback.map((upstream) => targetOf(upstream, model)) : []
  }

  function route(opening: Opening): readonly Target[] {
    const targets = find(opening.model)
    if (targets.length === 0) throw modelNotFound(opening.model, opening.apiVersion, opening.verb)
    return targets.map((target) => ({ ...target, price: priceOf(target.upstream, target.model) }))
  }

  return { route, find, aliases }
}

function targetsOf(
  targets: readonly TargetConfig[],
  model: string,
  upstreams: ReadonlyMap<string, Upstream>,
): Target[] {
  return targets.map((target) => {
    const name = typeof target === 'string' ? target : target.upstream
    const upstream = upstreams.get(name)
    if (upstream === undefined) throw new Error(`models: the upstream ${name} does not exist`)
    return targetOf(upstream, typeof target === 'string' ? model : (target.model ?? model))
  })
}

function targetOf(upstream: Upstream, model: string): Target {
  return { upstream, model, credential: 0, price: undefined }
}

function literals(pattern: string): number {
  return pattern.replaceAll(/[*?]/g, '').length
}
