/** What a reload replaces: who could answer, which names lead there, and at what price. */
import type { Config } from '../config/schema.ts'
import type { Parts } from '../gateway.ts'
import type { Library } from '../nouns/resources.ts'
import type { Upstream } from '../nouns.ts'
import type { Log } from '../observe/log.ts'
import type { PriceBook } from '../prices/book.ts'
import { createAffinity } from '../routing/affinity.ts'
import { createRouter, type Router, type RouterOptions } from '../routing/route.ts'
import { createCatalog } from '../upstreams/catalog.ts'
import type { AnswerBounds } from '../upstreams/http/bounds.ts'
import { createEgress, type Egress } from '../upstreams/http/egress.ts'
import type { Seals } from '../upstreams/translation/seals.ts'
import { createPriceOf, openPriceBook } from './money.ts'

/** What an upstream may need of the rest. */
export interface Surroundings {
  /** What clients stored with us. */
  readonly library: Library
  readonly seals: Seals
  /** What opens connections. */
  readonly egress: Egress
  readonly bounds: AnswerBounds
  /** Knows the upstreams that stand before it. */
  readonly find: (name: string) => Upstream | undefined
  /** Of an upstream of the configuration. */
  readonly keysOf: (name: string) => readonly string[]
}

/** Makes the upstream of one entry. */
export type BuildUpstream = (
  name: string,
  config: Config['upstreams'][string],
  surroundings: Surroundings,
) => Upstream

/** What a reload does not replace. */
export interface Kept extends Pick<Surroundings, 'library' | 'seals' | 'bounds'> {
  readonly routing: RouterOptions
}

export interface Routes extends Pick<Parts, 'route' | 'catalog'> {
  readonly upstreams: readonly Upstream[]
  readonly find: Router['find']
  readonly models: Pick<Router, 'entries' | 'explain'>
  readonly prices: ReturnType<typeof openPriceBook>
  /** The longest that a request can be under way. */
  readonly leaseMs: number
}

export function buildRoutes(config: Config, log: Log, kept: Kept, build: BuildUpstream): Routes {
  const upstreams = new Map<string, Upstream>()
  const keysOf = (name: string) => {
    const entry = config.upstreams[name]
    return entry !== undefined && 'keys' in entry ? entry.keys : []
  }
  const surroundings: Surroundings = {
    ...kept,
    egress: createEgress(config.egress),
    find: (name) => upstreams.get(name),
    keysOf,
  }
  for (const [name, entry] of Object.entries(config.upstreams)) {
    upstreams.set(name, build(name, entry, surroundings))
  }
  const all = [...upstreams.values()]
  const prices = openPriceBook(config)
  const router = routerOf(config, upstreams, prices, kept.routing)
  const catalog = createCatalog({
    upstreams: all,
    aliases: router.aliases,
    route: (model) => router.find(model),
    onFailure: (upstream, error) =>
      log.warn({ upstream, ...log.describe(error) }, 'models could not be listed'),
  })
  const { route, find } = router
  return { upstreams: all, route, find, models: router, catalog, prices, leaseMs: leaseOf(config) }
}

/** What the configuration alone says of where models go: nobody is asked, and nobody's health is known. */
export function configuredModels(config: Config): Routes['models'] {
  const stub = ([name, entry]: [string, Config['upstreams'][string]]): [string, Upstream] => {
    const credentials = Math.max(1, 'keys' in entry ? entry.keys.length : 1)
    // The router looks at no more of an upstream than this.
    return [name, { name, kind: entry.kind, credentials } as Upstream]
  }
  const upstreams = new Map(Object.entries(config.upstreams).map(stub))
  // Whether conversations stay somewhere is the configuration's business; here there are none.
  return routerOf(config, upstreams, openPriceBook(config), { affinity: createAffinity() })
}

function routerOf(
  config: Config,
  upstreams: ReadonlyMap<string, Upstream>,
  prices: PriceBook,
  routing: RouterOptions,
): Router {
  const all = [...upstreams.values()]
  // The sandbox never stands in for a real model that was asked for and failed.
  const real = all.filter(({ kind }) => kind !== 'sandbox')
  const fallback = (real.length > 0 ? real : all).map((upstream) => {
    const entry = config.upstreams[upstream.name]
    return { upstream, serves: entry !== undefined && 'serves' in entry ? entry.serves : [] }
  })
  const { models } = config
  return createRouter({ models, fallback }, upstreams, createPriceOf(config, prices), routing)
}

const ATTEMPTS_MAX = 3
/** What a sandbox that speaks slowly may take, and whoever else says nothing of it. */
const LEASE_MS_MIN = 3_600_000

/** `leaseSlack` is for reading on after the client left, settling, and a clock that is not ours. */
function leaseOf({ upstreams, stores, server }: Config): number {
  const longest = Object.values(upstreams).map((upstream) =>
    'timeouts' in upstream ? Math.max(upstream.timeouts.firstByte, upstream.timeouts.streamTotal) : 0,
  )
  return (
    Math.max(LEASE_MS_MIN, Math.max(...longest) * ATTEMPTS_MAX) +
    Math.max(stores.leaseSlack, server.drains.timeout)
  )
}
