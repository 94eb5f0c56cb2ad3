/** Start here: configuration → parts → listen. The explicit list of everything that is built in. */
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { createAdmin } from './admin/admin.ts'
import { createAdminGate } from './auth/admin.ts'
import { createAuthenticator } from './auth/authenticate.ts'
import { createKeys, type Keys } from './auth/keys.ts'
import type { LoadedConfig } from './config/load.ts'
import type { Config, UpstreamConfig } from './config/schema.ts'
import { createGeminiDialect } from './dialects/gemini/dialect.ts'
import { answerOperator } from './edge/operator.ts'
import { type Edge, listen } from './edge/server.ts'
import { createShutdown, type Shutdown } from './edge/shutdown.ts'
import { GatewayError } from './errors.ts'
import { handle, type Parts } from './gateway.ts'
import { openResources } from './main/resources.ts'
import { createDrains } from './metering/drain.ts'
import { createFlights } from './metering/flights.ts'
import type { Dialect, HttpRequest, HttpResponse, Library, Policy, Target, Upstream } from './nouns.ts'
import { createLog, type Log } from './observe/log.ts'
import { createMetrics } from './observe/metrics.ts'
import { createObserve } from './observe/observe.ts'
import { createRedact } from './observe/redact.ts'
import { createAdmit } from './policies/admit.ts'
import { modelAllowList } from './policies/model-allow-list.ts'
import { createRouter, type Router } from './routing/route.ts'
import { openSqliteStore } from './stores/sqlite/store.ts'
import { type Catalog, createCatalog } from './upstreams/catalog.ts'
import { createGeminiUpstream } from './upstreams/gemini/upstream.ts'
import { createScripts } from './upstreams/sandbox/fixtures/shelf.ts'
import { createSandboxUpstream } from './upstreams/sandbox/upstream.ts'
import type { JsonLimits } from './wire/json-scanner.ts'

export const VERSION = packageJson.version

/** Every kind of upstream that there is. */
const UPSTREAM_KINDS: {
  [Kind in UpstreamConfig['kind']]: (
    name: string,
    config: Extract<UpstreamConfig, { kind: Kind }>,
    library: Library,
    find: (name: string) => Upstream | undefined,
  ) => Upstream
} = {
  gemini: (name, config) => createGeminiUpstream({ name, ...config }),
  sandbox: (name, config, library, find) => {
    const { recordFrom } = config
    const scripts = createScripts({
      ...config,
      recordFrom: () => (recordFrom === undefined ? undefined : find(recordFrom)),
    })
    return createSandboxUpstream({ name, library, ...config, scripts })
  },
}

/** Every policy that there is, in the order in which they are asked. */
const POLICIES: readonly Policy[] = [modelAllowList]

export interface Gateway {
  readonly url: string
  /** The unix socket on which this machine's operator needs no key. */
  readonly adminSocket: string | undefined
  /** Keys made by this very start; there is no other time to see them. */
  readonly firstStart: { readonly clientKey: string | undefined; readonly adminKey: string | undefined }
  /** Whether every answer comes from the sandbox. */
  readonly usesSandboxOnly: boolean
  /** Puts new upstreams and models in place for the requests that come after. */
  reload(loaded: LoadedConfig): Promise<void>
  /** Resolves with the exit code when nothing is open any more. */
  readonly shutdown: Shutdown
}

export async function start(loaded: LoadedConfig): Promise<Gateway> {
  const { config, secrets } = loaded
  const redact = createRedact(knownSecrets(loaded))
  const log = createLog(config.log.level, redact)
  const store = await openSqliteStore(config.data)
  const keys = await createKeys(store.ledger)
  const clientKey = await ensureClientKey(keys, secrets.clientKey)
  const gate = await createAdminGate({
    ledger: store.ledger,
    ...(secrets.adminKey !== undefined && { operatorKey: secrets.adminKey }),
  })

  const drains = createDrains()
  const flights = createFlights()
  const metrics = createMetrics(VERSION, {
    openStreams: () => flights.size,
    openConnections: () => edge?.openConnections ?? 0,
    drains: () => drains.open,
  })
  const resources = openResources(config, jsonLimitsOf(config), store, log, {
    find: (model) => routes.find(model),
    upstreams: () => routes.upstreams,
    parts: () => parts,
  })
  const shared = {
    dialects: dialectsOf(config),
    resources,
    authenticate: createAuthenticator({ ledger: store.ledger, keys }),
    admit: createAdmit(POLICIES, store.ledger),
    drains,
    flights,
    observe: createObserve(log, metrics),
  }
  let routes = buildRoutes(config, log, resources.library)
  let parts: Parts = { ...shared, ...routes }
  let isReady = true
  const admin = createAdmin({
    keys,
    gate,
    version: VERSION,
    onFailure: (failure) => log.error(log.describe(failure), 'admin request failed'),
  })

  async function answer(request: HttpRequest, response: HttpResponse, trusted: boolean): Promise<void> {
    try {
      if (request.path[0] === 'admin') return await admin(request, response, trusted)
      if (await handle(request, response, parts)) return
      if (await answerOperator(request, response, { isReady: () => isReady, renderMetrics: metrics.render }))
        return
      throw new GatewayError('not_found', 'The requested URL was not found on this server.')
    } catch (error) {
      refuse(GatewayError.from(error), response)
    }
  }

  function refuse(error: GatewayError, response: HttpResponse): void {
    if (error.code === 'internal') log.error(log.describe(error), 'unexpected')
    if (response.headSent) response.destroy()
    else (shared.dialects[0] as Dialect).encodeError(error, undefined, response, {})
  }

  const edge: Edge = await listen(config.server, { answer, refuse })
  const adminSocket = await openAdminSocket(edge, config.data)
  await resources.resume()
  for (const notice of loaded.notices) log.info({}, notice)

  async function reload(next: LoadedConfig): Promise<void> {
    const old = routes
    redact.learn(knownSecrets(next))
    routes = buildRoutes(next.config, log, resources.library)
    parts = { ...shared, ...routes }
    log.info({ file: next.file }, 'configuration reloaded')
    if (
      JSON.stringify({ ...next.config, upstreams: 0, models: 0 }) !==
      JSON.stringify({ ...config, upstreams: 0, models: 0 })
    ) {
      log.warn({}, 'settings other than upstreams and models take effect at the next start')
    }
    // Streams on the old upstreams may take half an hour to end; the next change does not wait for them.
    void Promise.allSettled(old.upstreams.map((upstream) => upstream.close()))
  }

  return {
    url: urlOf(config.server.host, edge.port),
    adminSocket,
    firstStart: { clientKey, adminKey: gate.firstKey },
    usesSandboxOnly: routes.upstreams.every(({ kind }) => kind === 'sandbox'),
    reload,
    shutdown: createShutdown({
      edge,
      flights,
      timeouts: config.server.shutdown,
      beforeAll: () => {
        isReady = false
        resources.drain()
      },
      afterAll: async () => {
        if (adminSocket !== undefined) rmSync(adminSocket, { force: true })
        // Before the upstreams: a batch must not take their end for an answer.
        await resources.close()
        // Whoever still waits for an upstream was told; nobody is left to take its answer.
        await Promise.allSettled(routes.upstreams.map((upstream) => upstream.destroy()))
        await metrics.close()
        await store.close()
        log.close()
      },
    }),
  }
}

interface Routes {
  readonly upstreams: readonly Upstream[]
  readonly route: Parts['route']
  readonly find: (model: string) => readonly Target[]
  readonly catalog: Catalog
}

/** What a reload replaces: who could answer, and which names lead there. */
function buildRoutes(config: Config, log: Log, library: Library): Routes {
  const upstreams = new Map<string, Upstream>()
  for (const [name, entry] of Object.entries(config.upstreams)) {
    upstreams.set(
      name,
      buildUpstream(name, entry, library, (other) => upstreams.get(other)),
    )
  }
  const all = [...upstreams.values()]
  // The sandbox never stands in for a real model that was asked for and failed.
  const real = all.filter(({ kind }) => kind !== 'sandbox')
  const router: Router = createRouter(
    { models: config.models, fallback: real.length > 0 ? real : all },
    upstreams,
  )
  const catalog = createCatalog({
    upstreams: all,
    aliases: router.aliases,
    route: router.find,
    onFailure: (upstream, error) =>
      log.warn({ upstream, ...log.describe(error) }, 'models could not be listed'),
  })
  return { upstreams: all, route: router.route, find: router.find, catalog }
}

type Build = (
  name: string,
  config: UpstreamConfig,
  library: Library,
  find: (name: string) => Upstream | undefined,
) => Upstream

function buildUpstream(...[name, config, library, find]: Parameters<Build>): Upstream {
  return (UPSTREAM_KINDS[config.kind] as Build)(name, config, library, find)
}

/** Every dialect that there is. The first one also words the errors of paths that no dialect speaks. */
function dialectsOf(config: Config): readonly Dialect[] {
  return [createGeminiDialect(jsonLimitsOf(config))]
}

function jsonLimitsOf({ server: { limits } }: Config): JsonLimits {
  const { jsonDepth, jsonNodes, jsonKeysPerObject } = limits
  return { depth: jsonDepth, nodes: jsonNodes, keysPerObject: jsonKeysPerObject }
}

const OPERATOR_KEY_ID = 'env'

/** The operator's own key, or one that is made when there is none yet; returns a key that nobody has seen. */
async function ensureClientKey(keys: Keys, operatorKey: string | undefined): Promise<string | undefined> {
  if (operatorKey !== undefined) {
    await keys.ensureOperatorKey(OPERATOR_KEY_ID, 'WASAT_KEY', operatorKey)
    return undefined
  }
  // A key that the operator no longer sets must not go on opening doors.
  const known = await keys.list()
  if (known.some(({ id }) => id === OPERATOR_KEY_ID)) await keys.remove(OPERATOR_KEY_ID)
  if (known.some(({ id }) => id !== OPERATOR_KEY_ID)) return undefined
  return (await keys.create({ name: 'first key', models: [] })).key
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
  return [...keys, secrets.clientKey, secrets.adminKey].filter((secret) => secret !== undefined)
}

function urlOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${shown}:${port}`
}
