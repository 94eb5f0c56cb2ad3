/** What a reload replaces: who could answer, which names lead there, and at what price. */
import type { Config } from '../config/schema.ts'
import type { Parts } from '../gateway.ts'
import type { Library, Target, Upstream } from '../nouns.ts'
import type { Log } from '../observe/log.ts'
import { createRouter, type Router } from '../routing/route.ts'
import { createCatalog } from '../upstreams/catalog.ts'
import type { Seals } from '../upstreams/translation/seals.ts'
import { createPriceOf, openPriceBook } from './money.ts'

/** What an upstream may need of the rest. */
export interface Surroundings {
  /** What clients stored with us. */
  readonly library: Library
  readonly seals: Seals
  /** Knows the upstreams that stand before it. */
  readonly find: (name: string) => Upstream | undefined
}

/** Makes the upstream of one entry. */
export type BuildUpstream = (
  name: string,
  config: Config['upstreams'][string],
  surroundings: Surroundings,
) => Upstream

export interface Routes extends Pick<Parts, 'route' | 'catalog'> {
  readonly upstreams: readonly Upstream[]
  readonly find: (model: string) => readonly Target[]
  readonly prices: ReturnType<typeof openPriceBook>
  /** The longest that a request can be under way. */
  readonly leaseMs: number
}

export function buildRoutes(
  config: Config,
  log: Log,
  kept: Pick<Surroundings, 'library' | 'seals'>,
  build: BuildUpstream,
): Routes {
  const upstreams = new Map<string, Upstream>()
  const surroundings: Surroundings = { ...kept, find: (name) => upstreams.get(name) }
  for (const [name, entry] of Object.entries(config.upstreams)) {
    upstreams.set(name, build(name, entry, surroundings))
  }
  const all = [...upstreams.values()]
  // The sandbox never stands in for a real model that was asked for and failed.
  const real = all.filter(({ kind }) => kind !== 'sandbox')
  const fallback = (real.length > 0 ? real : all).map((upstream) => {
    const entry = config.upstreams[upstream.name]
    return { upstream, serves: entry !== undefined && 'serves' in entry ? entry.serves : [] }
  })
  const prices = openPriceBook(config)
  const router: Router = createRouter(
    { models: config.models, fallback },
    upstreams,
    createPriceOf(config, prices),
  )
  const catalog = createCatalog({
    upstreams: all,
    aliases: router.aliases,
    route: router.find,
    onFailure: (upstream, error) =>
      log.warn({ upstream, ...log.describe(error) }, 'models could not be listed'),
  })
  return { upstreams: all, route: router.route, find: router.find, catalog, prices, leaseMs: leaseOf(config) }
}

const ATTEMPTS_MAX = 3
/** What a sandbox that speaks slowly may take, and whoever else says nothing of it. */
const LEASE_MS_MIN = 3_600_000
/** Reading on after the client left, settling, and a clock that is not ours. */
const LEASE_SLACK_MS = 10 * 60_000

function leaseOf({ upstreams }: Config): number {
  const longest = Object.values(upstreams).map((upstream) =>
    'timeouts' in upstream ? Math.max(upstream.timeouts.firstByte, upstream.timeouts.streamTotal) : 0,
  )
  return Math.max(LEASE_MS_MIN, Math.max(...longest) * ATTEMPTS_MAX) + LEASE_SLACK_MS
}
