/** The models that can be asked for: what the upstreams offer, merged with what the configuration names. */
import { GatewayError } from '../errors.ts'
import type { Caller, Target, Upstream } from '../nouns.ts'
import type { Model } from '../wire/gemini.ts'
import { matchesAny } from '../wire/glob.ts'

const FRESH_MS = 5 * 60_000
/** After a failure the old list stands this long before the upstream is asked again. */
const RETRY_MS = 10_000

export interface CatalogOptions {
  readonly upstreams: readonly Upstream[]
  /** Exact names (no globs) that the configuration makes, with where they lead. */
  readonly aliases: ReadonlyMap<string, readonly Target[]>
  /** Where a name would go; empty when nowhere. */
  readonly route: (model: string) => readonly Target[]
  readonly onFailure: (upstream: string, error: GatewayError) => void
}

export interface Catalog {
  /** In name order, only what this caller may use. Throws when no upstream could be asked. */
  list(caller: Caller): Promise<readonly Model[]>
}

interface Offer {
  models: readonly Model[]
  askedAtMs: number
  pending: Promise<void> | undefined
  error: GatewayError | undefined
}

export function createCatalog(options: CatalogOptions): Catalog {
  const offers = new Map<string, Offer>()

  function ask(upstream: Upstream): Promise<void> {
    const offer = offers.get(upstream.name) ?? {
      models: [],
      askedAtMs: Number.NEGATIVE_INFINITY,
      pending: undefined,
      error: undefined,
    }
    offers.set(upstream.name, offer)
    const ageMs = performance.now() - offer.askedAtMs
    if (ageMs < (offer.error === undefined ? FRESH_MS : RETRY_MS)) return Promise.resolve()
    offer.pending ??= refresh(upstream, offer)
    return offer.pending
  }

  async function refresh(upstream: Upstream, offer: Offer): Promise<void> {
    try {
      offer.models = await upstream.listModels()
      offer.error = undefined
    } catch (thrown) {
      offer.error = GatewayError.from(thrown)
      options.onFailure(upstream.name, offer.error)
    }
    offer.askedAtMs = performance.now()
    offer.pending = undefined
  }

  async function list(caller: Caller): Promise<readonly Model[]> {
    await Promise.all(options.upstreams.map(ask))
    const failures = options.upstreams.map((upstream) => offers.get(upstream.name)?.error)
    const first = failures.find((error) => error !== undefined)
    const merged = merge(options, offers)
    if (merged.size === 0 && first !== undefined) throw first
    return [...merged.values()]
      .filter((model) => caller.models.length === 0 || matchesAny(caller.models, idOf(model)))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  return { list }
}

/** One entry a name: an upstream's own where the name leads to it, an alias under its own name. */
function merge(options: CatalogOptions, offers: ReadonlyMap<string, Offer>): Map<string, Model> {
  const merged = new Map<string, Model>()
  const offered = (target: Target) =>
    offers.get(target.upstream.name)?.models.find((model) => idOf(model) === target.model)
  for (const upstream of options.upstreams) {
    for (const model of offers.get(upstream.name)?.models ?? []) {
      const id = idOf(model)
      const leadsHere = options
        .route(id)
        .some((target) => target.upstream === upstream && target.model === id)
      if (leadsHere && !merged.has(id)) merged.set(id, named(model, id))
    }
  }
  for (const [alias, targets] of options.aliases) {
    const known = targets.map(offered).find((model) => model !== undefined)
    if (!merged.has(alias)) merged.set(alias, { displayName: alias, ...known, name: `models/${alias}` })
  }
  return merged
}

/** Some compatible servers leave out the collection, without which no SDK knows the name again. */
function named(model: Model, id: string): Model {
  return /^(?:models|tunedModels)\//.test(model.name) ? model : { ...model, name: `models/${id}` }
}

export function idOf(model: Model): string {
  return model.name.startsWith('models/') ? model.name.slice(7) : model.name
}
