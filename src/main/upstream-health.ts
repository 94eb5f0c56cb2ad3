/** How upstreams fare: kept over reloads, told to whoever reports it, shown to operators. */
import type { AdminUpstreams } from '../admin/parts.ts'
import type { Config } from '../config/schema.ts'
import type { GatewayError } from '../errors.ts'
import type { Upstream } from '../nouns.ts'
import type { Log } from '../observe/log.ts'
import { createHealth, type HealthOptions, type ManagedHealth } from '../routing/health.ts'

export interface UpstreamHealth {
  readonly health: ManagedHealth
  /** What was known of upstreams that are not what they were holds no more. */
  replace(next: Config): void
  /** For operators: the upstreams in force, with their hosts and how they fare. */
  shown(upstreams: () => readonly Upstream[], log: Pick<Log, 'describe'>): AdminUpstreams
}

export function watchUpstreams(
  config: Config,
  onEvent: NonNullable<HealthOptions['onEvent']>,
): UpstreamHealth {
  let current = config
  const health = createHealth({ settings: config.health, onEvent })
  return {
    health,
    replace(next) {
      const text = ({ upstreams }: Config, name: string) => JSON.stringify(upstreams[name])
      for (const name of Object.keys(current.upstreams))
        if (text(current, name) !== text(next, name)) health.forget(name)
      current = next
    },
    shown: (upstreams, log) => ({
      list: () =>
        upstreams().map((upstream) => ({
          ...{ name: upstream.name, kind: upstream.kind, credentials: upstream.credentials },
          host: hostOf(current, upstream.name),
          listModels: () => upstream.listModels(),
        })),
      health: health.list,
      textOf: (error) => textOf(error, log),
    }),
  }
}

function hostOf({ upstreams }: Config, name: string): string | undefined {
  const entry = upstreams[name]
  if (entry === undefined || !('baseUrl' in entry) || entry.baseUrl === undefined) return undefined
  return new URL(entry.baseUrl).host
}

/** The hint says what the upstream said; it has gone through what takes secrets out of the log. */
function textOf(error: GatewayError, log: Pick<Log, 'describe'>): string {
  const { error: text, hint } = log.describe(error) as { error: string; hint?: string }
  return hint ?? text
}
