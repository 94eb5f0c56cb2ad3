/**
 * The operator's configuration with every way out of this machine taken away: upstreams lead to the fault upstream,
 * keys are made up, and what is written goes into a folder that is thrown away.
 */
import { randomBytes } from 'node:crypto'
import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { settingsFor } from './wires.ts'

type Upstreams = Config['upstreams']
type Upstream = Upstreams[string]

/** No single wait of an upstream may hold up the run; real ones are minutes. */
const TIMEOUT_MS_MAX = 400
const CONNECT_MS_MAX = 1_000
const BACKOFF_MS_MAX = 200
const BREAKER_MS_MAX = 200
export const FAILURES_MAX = 5

export interface StandInOptions {
  /** A folder of this case alone. */
  readonly folder: string
  /** Where an upstream of that name is played. */
  readonly addressOf: (upstream: string) => string
}

/** Throws when anything of it could still reach a real place. */
export function standInFor(config: Config, { folder, addressOf }: StandInOptions): LoadedConfig {
  const upstreams: Record<string, Upstream> = Object.create(null)
  for (const [name, upstream] of Object.entries(config.upstreams))
    upstreams[name] = upstream.kind === 'sandbox' ? quiet(upstream) : played(upstream, name, addressOf(name))
  const copy: Config = {
    ...config,
    data: folder,
    upstreams,
    models: inOrder(config.models),
    stores: { ...config.stores, ledger: 'sqlite', counters: 'memory' },
    log: { level: 'silent' },
    health: shortened(config.health),
    retries: { ...config.retries, backoffMax: Math.min(config.retries.backoffMax, BACKOFF_MS_MAX) },
    server: {
      ...config.server,
      host: '127.0.0.1',
      port: 0,
      shutdown: { delay: 0, grace: 0, streamGrace: 0 },
    },
  }
  requireHarmless(config, copy)
  const secrets = { clientKey: madeUp('client'), adminKey: madeUp('admin') }
  return {
    config: copy,
    file: undefined,
    fileFingerprint: undefined,
    origins: new Map(),
    secrets,
    notices: [],
  }
}

const madeUp = (what: string): string => `stand-in-${what}-${randomBytes(8).toString('hex')}`

/** As many keys as there were, because each one is a place that could answer. */
function played(upstream: Exclude<Upstream, { kind: 'sandbox' }>, name: string, address: string): Upstream {
  const keys = upstream.keys.map((_, index) => madeUp(`${name}-${index}`))
  const { timeouts } = upstream
  const capped = {
    connect: Math.min(timeouts.connect, CONNECT_MS_MAX),
    firstByte: Math.min(timeouts.firstByte, TIMEOUT_MS_MAX),
    streamFirstByte: Math.min(timeouts.streamFirstByte, TIMEOUT_MS_MAX),
    streamIdle: Math.min(timeouts.streamIdle, TIMEOUT_MS_MAX),
    streamTotal: timeouts.streamTotal,
  }
  return { ...settingsFor({ ...upstream, keys }, address, madeUp(name)), timeouts: capped }
}

/** Reads its fixtures, and neither records nor takes its time. */
function quiet(sandbox: Extract<Upstream, { kind: 'sandbox' }>): Upstream {
  const { recordings: _, recordFrom: __, ...rest } = sandbox
  return { ...rest, record: 'off', speed: [] }
}

/** Chance and speed would ask another target than the one that fails. */
function inOrder(models: Config['models']): Config['models'] {
  const entries = Object.entries(models).map(([name, entry]) => {
    const isFixed = entry.strategy === 'order' || entry.strategy === 'cheapest'
    return [name, isFixed ? entry : { ...entry, strategy: 'order' as const }] as const
  })
  return Object.fromEntries(entries)
}

function shortened(health: Config['health']): Config['health'] {
  return {
    ...health,
    failures: Math.min(health.failures, FAILURES_MAX),
    openFor: Math.min(health.openFor, BREAKER_MS_MAX),
    openForMax: Math.min(health.openForMax, BREAKER_MS_MAX),
  }
}

/** The last look before anything starts: a field that is added to the configuration one day must not slip through. */
function requireHarmless(original: Config, copy: Config): void {
  const secrets = Object.values(original.upstreams).flatMap((upstream) =>
    upstream.kind === 'sandbox' ? [] : upstream.keys,
  )
  for (const [name, upstream] of Object.entries(copy.upstreams)) {
    if (upstream.kind === 'sandbox') continue
    const isNear = upstream.baseUrl !== undefined && new URL(upstream.baseUrl).hostname === '127.0.0.1'
    const hasFile = 'credentialsFile' in upstream && upstream.credentialsFile !== undefined
    if (!isNear || hasFile || upstream.keys.some((key) => secrets.includes(key)))
      throw new Error(`the stand-in for the upstream ${name} could reach the real one`)
  }
}
