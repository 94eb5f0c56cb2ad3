/** Start here: configuration → parts → listen. The explicit list of everything that is built in. */
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { type Admin, createAdmin } from './admin/admin.ts'
import { createAuthenticator } from './auth/authenticate.ts'
import type { LoadedConfig } from './config/load.ts'
import type { Config, UpstreamConfig } from './config/schema.ts'
import { createGeminiDialect } from './dialects/gemini/dialect.ts'
import { createOpenAiDialect } from './dialects/openai/dialect.ts'
import { answerOperator } from './edge/operator.ts'
import { type Edge, listen } from './edge/server.ts'
import { createShutdown, type Shutdown } from './edge/shutdown.ts'
import { GatewayError } from './errors.ts'
import { handle, type Parts } from './gateway.ts'
import { adminPartsOf } from './main/admin-parts.ts'
import { createBounds } from './main/bounds.ts'
import { type Doors, openDoors, openDoorsInTime } from './main/doors.ts'
import { createHousekeeping } from './main/housekeeping.ts'
import { MONEY } from './main/money.ts'
import { openStore } from './main/open-store.ts'
import { openResources } from './main/resources.ts'
import { type BuildUpstream, buildRoutes, type Routes, type Surroundings } from './main/routes.ts'
import { watchUpstreams } from './main/upstream-health.ts'
import { createDrains } from './metering/drain.ts'
import { createFlights } from './metering/flights.ts'
import type { Counters } from './nouns/counters.ts'
import type { Held } from './nouns/held.ts'
import type { KeptResponses } from './nouns/kept-responses.ts'
import type { BudgetAlert } from './nouns/ledger.ts'
import type { Dialect, HttpRequest, HttpResponse, Policy, Upstream } from './nouns.ts'
import { createHealthReport } from './observe/health-report.ts'
import { createLog } from './observe/log.ts'
import { createMetrics } from './observe/metrics.ts'
import { createObserve } from './observe/observe.ts'
import { createRedact } from './observe/redact.ts'
import { createAdmit } from './policies/admit.ts'
import { createLimits } from './policies/limits.ts'
import { modelAllowList } from './policies/model-allow-list.ts'
import { createRecall } from './repeats/recall.ts'
import { createAffinity } from './routing/affinity.ts'
import { createDispatch } from './upstreams/dispatch.ts'
import { createSeals } from './upstreams/translation/seals.ts'
import type { JsonLimits } from './wire/json-scanner.ts'
import { formatUsd } from './wire/usd.ts'

export const VERSION = packageJson.version

type Builder<Kind> = (
  name: string,
  config: Extract<UpstreamConfig, { kind: Kind }>,
  surroundings: Surroundings,
) => Upstream

/** Every kind of upstream that there is, loaded when the configuration names it. */
const UPSTREAM_KINDS: { [Kind in UpstreamConfig['kind']]: () => Promise<Builder<Kind>> } = {
  gemini: async () => {
    const { createGeminiUpstream } = await import('./upstreams/gemini/upstream.ts')
    return (name, config, { egress, bounds }) => createGeminiUpstream({ name, ...config, egress, bounds })
  },
  vertex: async () => {
    const { createVertexUpstream } = await import('./upstreams/vertex/upstream.ts')
    return (name, config, { library, egress, bounds }) =>
      createVertexUpstream({ name, ...config, library, egress, bounds })
  },
  openai: async () => {
    const { createOpenAiUpstream } = await import('./upstreams/openai/upstream.ts')
    return (name, config, { library, seals, egress, bounds }) =>
      createOpenAiUpstream({ name, ...config, library, seals, egress, bounds })
  },
  anthropic: async () => {
    const { createAnthropicUpstream } = await import('./upstreams/anthropic/upstream.ts')
    return (name, config, { library, seals, egress, bounds }) =>
      createAnthropicUpstream({ name, ...config, library, seals, egress, bounds })
  },
  sandbox: async () => {
    const { createScripts } = await import('./upstreams/sandbox/fixtures/shelf.ts')
    const { createSandboxUpstream } = await import('./upstreams/sandbox/upstream.ts')
    return (name, config, { library, find, keysOf }) => {
      const { recordFrom } = config
      const scripts = createScripts({
        ...config,
        recordFrom: () => (recordFrom === undefined ? undefined : find(recordFrom)),
        keys: recordFrom === undefined ? [] : keysOf(recordFrom),
      })
      return createSandboxUpstream({ name, library, ...config, scripts })
    }
  },
}

async function loadKinds({ upstreams }: Config): Promise<BuildUpstream> {
  const kinds = new Set(Object.values(upstreams).map(({ kind }) => kind))
  const builders = new Map<string, BuildUpstream>()
  for (const kind of kinds) builders.set(kind, (await UPSTREAM_KINDS[kind]()) as BuildUpstream)
  return (name, config, surroundings) =>
    (builders.get(config.kind) as BuildUpstream)(name, config, surroundings)
}

/** Every policy that there is, in the order in which they are asked. Budgets are asked after them, by the ledger. */
function policiesOf(counters: Counters): readonly Policy[] {
  return [modelAllowList, createLimits(counters)]
}

export interface Gateway {
  readonly url: string
  /** The unix socket on which this machine's operator needs no key. */
  readonly adminSocket: string | undefined
  /**
   * Keys made by this very start; there is no other time to see them. Settled at once, unless a ledger that several
   * processes share cannot be asked yet: until then every request is told to come again.
   */
  readonly firstStart: Promise<FirstStart>
  /** Whether every answer comes from the sandbox. */
  readonly usesSandboxOnly: boolean
  /** Puts new upstreams and models in place for the requests that come after. */
  reload(loaded: LoadedConfig): Promise<void>
  /** Writes to the log what nobody caught. */
  blame(error: unknown): void
  /** Resolves with the exit code when nothing is open any more. */
  readonly shutdown: Shutdown
}

export interface FirstStart {
  readonly clientKey: string | undefined
  readonly adminKey: string | undefined
}

export async function start(loaded: LoadedConfig): Promise<Gateway> {
  const { config, secrets } = loaded
  const redact = createRedact(knownSecrets(loaded))
  const log = createLog(config.log.level, redact)
  const onAlert = ({ budget, spentNanoUsd }: BudgetAlert) => {
    const { id: budgetId, scope, scopeId, period, limitNanoUsd } = budget
    const amounts = { spentUsd: formatUsd(spentNanoUsd), limitUsd: formatUsd(limitNanoUsd) }
    log.warn({ budgetId, scope, scopeId, period, ...amounts }, 'a budget has reached its alert')
  }
  const onUnrecorded = ({ requestId }: { readonly requestId: string }, error: unknown) =>
    log.error({ requestId, ...log.describe(error) }, 'a settlement could not be recorded')
  const bounds = createBounds(config, log)
  const store = await openStore(config, { log, onAlert })
  const isShared = config.stores.ledger !== 'sqlite'
  const housekeeping = createHousekeeping({
    ...{ ledger: store.ledger, isShared, keepRowsDays: config.stores.keepRowsDays, log },
  })
  await housekeeping.begin()

  const drains = createDrains(config.server.drains)
  const flights = createFlights()
  const metrics = createMetrics(VERSION, {
    openStreams: () => flights.size,
    openConnections: () => edge?.openConnections ?? 0,
    drains: () => drains.open,
    bodyBytes: () => edge?.bodyBytes ?? 0,
    answerBytes: () => bounds.answers.bytes,
    isMemoryTight: () => bounds.memory.isTight,
    blocks: bounds.blocks,
    isStoreInTrouble: () => store.ledger.trouble() !== undefined,
    areLimitsDegraded: () => store.counters.isDegraded,
    health: () => watched.health.list(),
  })
  const resources = openResources(config, jsonLimitsOf(config), store, log, {
    find: (model, caller) => routes.find(model, caller),
    upstreams: () => routes.upstreams,
    parts: () => (line as Line).parts,
  })
  const dialects = dialectsOf(config, bounds.answers, resources.responses)
  const seals = createSeals()
  const watched = watchUpstreams(config, createHealthReport(log, metrics))
  const { health } = watched
  const dispatch = createDispatch({ health, settings: config.retries })
  const kept = {
    library: resources.library,
    seals,
    bounds: bounds.taken,
    routing: { affinity: createAffinity(), health },
  }
  let routes: Routes = buildRoutes(config, log, kept, await loadKinds(config))
  /** Undefined until it is known who may come in. */
  let line: Line | undefined
  let isGoing = false

  interface Line {
    /** Replaced as a whole by a reload. */
    parts: Parts
    readonly admin: Admin
  }

  function openLine({ keys, gate }: Doors): Line {
    const { directory, ledger, counters } = store
    const onAdminFailure = (failure: GatewayError) => log.error(log.describe(failure), 'admin request failed')
    return {
      parts: {
        ...routes,
        dialects,
        resources,
        dispatch,
        authenticate: createAuthenticator({ directory, keys }),
        recall: createRecall({ shared: config.stores.counters === 'memory' ? undefined : counters }),
        admit: createAdmit({
          policies: policiesOf(counters),
          ...{ ledger, money: MONEY, leaseMs: () => routes.leaseMs, onAlert, onUnrecorded },
        }),
        drains,
        flights,
        held: bounds.answers,
        observe: createObserve(log, metrics),
      },
      admin: createAdmin({
        ...adminPartsOf({
          ...{ keys, store, prices: () => routes.prices, models: () => routes.models, version: VERSION },
          upstreams: watched.shown(() => routes.upstreams, log),
        }),
        gate,
        onFailure: onAdminFailure,
      }),
    }
  }

  const isReady = () =>
    !isGoing && bounds.isRunning() && line !== undefined && store.ledger.trouble() === undefined

  async function answer(request: HttpRequest, response: HttpResponse, trusted: boolean): Promise<void> {
    try {
      if (line !== undefined) {
        if (request.path[0] === 'admin') return await line.admin(request, response, trusted)
        if (await handle(request, response, line.parts)) return
      }
      if (await answerOperator(request, response, { isReady, renderMetrics: metrics.render })) return
      if (line === undefined) throw notYet()
      throw new GatewayError('not_found', 'The requested URL was not found on this server.')
    } catch (error) {
      refuse(GatewayError.from(error), response)
    }
  }

  function refuse(error: GatewayError, response: HttpResponse): void {
    if (error.code === 'internal') log.error(log.describe(error), 'unexpected')
    if (response.headSent) response.destroy()
    else (dialects.at(-1) as Dialect).encodeError(error, undefined, response, {})
  }

  /** The first moment at which anybody can come in. */
  async function begin(doors: Doors): Promise<FirstStart> {
    seals.use(doors.sealSecret)
    line = openLine(doors)
    await resources.resume()
    return { clientKey: doors.clientKey, adminKey: doors.gate.firstKey }
  }

  const doors = await openDoorsOrWait()
  const edge: Edge = await listen(config.server, { answer, refuse }, bounds)
  const adminSocket = await openAdminSocket(edge, config.data)
  for (const notice of loaded.notices) log.info({}, notice)
  const going = new AbortController()
  const firstStart = doors === undefined ? beginLater() : Promise.resolve(await begin(doors))

  async function openDoorsOrWait(): Promise<Doors | undefined> {
    try {
      return await openDoors(store.directory, secrets)
    } catch (error) {
      const failure = GatewayError.from(error)
      // A file of ours that cannot be read now will not be readable by waiting; a server may come back.
      if (!isShared || failure.code !== 'store_unavailable') throw error
      log.error(log.describe(failure), 'the ledger cannot be asked; requests are refused until it answers')
      return undefined
    }
  }

  async function beginLater(): Promise<FirstStart> {
    const later = await openDoorsInTime(store.directory, secrets, going.signal)
    if (later === undefined) return { clientKey: undefined, adminKey: undefined }
    const first = await begin(later)
    log.info({}, 'the ledger answers; requests are served')
    return first
  }

  async function reload(next: LoadedConfig): Promise<void> {
    const build = await loadKinds(next.config)
    const old = routes
    redact.learn(knownSecrets(next))
    routes = buildRoutes(next.config, log, kept, build)
    watched.replace(next.config)
    if (line !== undefined) line.parts = { ...line.parts, ...routes }
    log.info({ file: next.file }, 'configuration reloaded')
    if (fixedPart(next.config) !== fixedPart(config))
      log.warn({}, 'settings other than upstreams, models, prices and egress take effect at the next start')
    // Streams on the old upstreams may take half an hour to end; the next change does not wait for them.
    void Promise.allSettled(old.upstreams.map((upstream) => upstream.close()))
  }

  return {
    url: urlOf(config.server.host, edge.port),
    adminSocket,
    firstStart,
    usesSandboxOnly: routes.upstreams.every(({ kind }) => kind === 'sandbox'),
    reload,
    blame: (error) => log.error(log.describe(error), 'nobody caught this: the process will end'),
    shutdown: createShutdown({
      edge,
      flights,
      timeouts: config.server.shutdown,
      beforeAll: () => {
        isGoing = true
        going.abort()
        resources.drain()
      },
      afterAll: async () => {
        if (adminSocket !== undefined) rmSync(adminSocket, { force: true })
        // Before the upstreams: a batch must not take their end for an answer.
        await resources.close()
        // Whoever still waits for an upstream was told; nobody is left to take its answer.
        await Promise.allSettled(routes.upstreams.map((upstream) => upstream.destroy()))
        await metrics.close()
        housekeeping.close()
        bounds.close()
        await store.close()
        log.close()
      },
    }),
  }
}

function notYet(): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: 'The ledger has not been reached since the start.',
  })
}

/** What only a start puts in place. */
function fixedPart(config: Config): string {
  return JSON.stringify({ ...config, upstreams: 0, models: 0, prices: 0, egress: 0 })
}

/**
 * Every dialect that there is; the first that speaks a path answers it. The last one, Gemini's, has whatever is left of
 * the paths that they share, and words the errors of those that nobody speaks.
 */
function dialectsOf(config: Config, held: Held, responses: KeptResponses): readonly Dialect[] {
  const limits = jsonLimitsOf(config)
  const { heartbeat: heartbeatMs } = config.server.timeouts
  const shared = { limits, heartbeatMs, held, responses }
  return [
    createOpenAiDialect({ ...shared, isGoogles: true }),
    createOpenAiDialect({ ...shared, isGoogles: false }),
    createGeminiDialect(limits, heartbeatMs),
  ]
}

function jsonLimitsOf({ server: { limits } }: Config): JsonLimits {
  const { jsonDepth, jsonNodes, jsonKeysPerObject } = limits
  return { depth: jsonDepth, nodes: jsonNodes, keysPerObject: jsonKeysPerObject }
}

/** Longer paths do not fit into a socket's address. */
const SOCKET_PATH_BYTES_MAX = 100

async function openAdminSocket(edge: Edge, data: string): Promise<string | undefined> {
  const path = join(data, 'admin.sock')
  if (process.platform === 'win32' || Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) return undefined
  rmSync(path, { force: true })
  await edge.listenLocally(path)
  chmodSync(path, 0o600)
  return path
}

function knownSecrets({ config, secrets }: LoadedConfig): string[] {
  const keys = Object.values(config.upstreams).flatMap((upstream) =>
    'keys' in upstream ? upstream.keys : [],
  )
  const passwords = [config.stores.ledger, config.stores.counters].map(passwordOf)
  const all = [...keys, ...passwords, secrets.clientKey, secrets.adminKey]
  return all.filter((secret) => secret !== undefined)
}

function urlOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${shown}:${port}`
}

/** The password in the address of a store. */
function passwordOf(address: string): string | undefined {
  const password = URL.canParse(address) ? new URL(address).password : ''
  return password === '' ? undefined : decodeURIComponent(password)
}
