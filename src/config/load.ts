/** From flags, environment, file and defaults to one frozen configuration that knows where each value came from. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve as resolvePath } from 'node:path'
import { detectUpstreams } from './detect.ts'
import {
  CONFIG_FILE_BYTES_MAX,
  emptyMap,
  type Located,
  type LocatedMap,
  type Origin,
  type Place,
  type ReadDocument,
  readDocument,
} from './document.ts'
import { ConfigError, type ConfigProblem } from './problems.ts'
import { type Findings, resolve } from './resolve.ts'
import { checkRules, readSecrets, type Secrets } from './rules.ts'
import type { Config, SandboxUpstreamConfig, UpstreamConfig } from './schema.ts'
import { fingerprint } from './watch.ts'

/** Values as they were typed; the schema checks them. */
export interface Flags {
  readonly host?: string | undefined
  readonly port?: string | undefined
  readonly config?: string | undefined
  readonly data?: string | undefined
  readonly ledger?: string | undefined
  readonly counters?: string | undefined
  readonly logLevel?: string | undefined
}

export interface LoadOptions {
  readonly flags: Flags
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Whether an Ollama answers on its usual address of this machine. */
  readonly hasLocalOllama?: boolean
}

export interface LoadedConfig {
  readonly config: Config
  /** Absolute path of the file that was read. */
  readonly file: string | undefined
  /** What the file held when it was read, as `watchConfig` tells contents apart. */
  readonly fileFingerprint: string | undefined
  /** For each leaf, such as `server.port` or `upstreams.google.keys`. */
  readonly origins: ReadonlyMap<string, Origin>
  readonly secrets: Secrets
  /** In plain words: what was found in the environment, and what deserves a look. */
  readonly notices: readonly string[]
}

export const CONFIG_FILE_NAME = 'wasat.yaml'
const SECRET_FILE_BYTES_MAX = 64 * 1024

interface Override {
  readonly path: readonly [string, ...string[]]
  readonly flag: keyof Flags
  readonly flagName: string
  readonly variable: string
}

const OVERRIDES: readonly Override[] = [
  { path: ['server', 'host'], flag: 'host', flagName: '--host', variable: 'WASAT_HOST' },
  { path: ['server', 'port'], flag: 'port', flagName: '--port', variable: 'WASAT_PORT' },
  { path: ['data'], flag: 'data', flagName: '--data', variable: 'WASAT_DATA' },
  { path: ['stores', 'ledger'], flag: 'ledger', flagName: '--ledger', variable: 'WASAT_LEDGER' },
  { path: ['stores', 'counters'], flag: 'counters', flagName: '--counters', variable: 'WASAT_COUNTERS' },
  { path: ['log', 'level'], flag: 'logLevel', flagName: '--log-level', variable: 'WASAT_LOG_LEVEL' },
]

/** Throws `ConfigError` with every problem that was found. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const file = findFile(options)
  // Taken before the file is read: a change from here on is a change.
  const fileFingerprint = file === undefined ? undefined : fingerprint(file)
  const { root, problems } = readLayers(file, options)
  const findings: Findings = { problems: [...problems], origins: new Map(), places: new Map() }
  const detected = needsDetection(root)
    ? detectUpstreams(options.environment, options.hasLocalOllama)
    : undefined
  if (detected && root.kind === 'map') put(root, ['upstreams'], detected.upstreams)
  const resolved = resolve(root, findings) as Config
  const secrets = readSecrets(options.environment, findings)
  if (findings.problems.length === 0) checkRules(resolved, secrets, findings)
  if (findings.problems.length > 0) throw new ConfigError(findings.problems, file)
  const config = normalized(resolved, findings, file, options.cwd)
  const notices = Object.freeze([...(detected?.notices ?? []), ...plainHttpNotices(config)])
  return Object.freeze({ config, file, fileFingerprint, origins: findings.origins, secrets, notices })
}

/** What the commands need that work on the data itself. */
export type StorePlace = Pick<Config, 'data' | 'stores'>

/**
 * Only where the data is; the folder is absolute. Commands that need nothing else work in a shell that lacks the
 * provider keys. Throws `ConfigError` when the file cannot be read at all or these values are wrong.
 */
export function loadStorePlace(options: LoadOptions): StorePlace {
  const file = findFile(options)
  const { root, problems, unreadable } = readLayers(file, options)
  const ours = unreadable ? problems : problems.filter(({ path = '' }) => /^(?:data|stores)\b/.test(path))
  if (ours.length > 0) throw new ConfigError(ours, file)
  const only = emptyMap({ origin: 'file' })
  for (const name of ['data', 'stores']) {
    const entry = root.kind === 'map' ? root.entries.get(name) : undefined
    if (entry) only.entries.set(name, entry)
  }
  put(only, ['upstreams'], detectUpstreams({}).upstreams)
  const findings: Findings = { problems: [], origins: new Map(), places: new Map() }
  const resolved = resolve(only, findings) as Config
  if (findings.problems.length > 0) throw new ConfigError(findings.problems, file)
  const { data, stores } = normalized(resolved, findings, file, options.cwd)
  return { data, stores }
}

/** Only the data folder, absolute. */
export function loadDataFolder(options: LoadOptions): string {
  return loadStorePlace(options).data
}

function findFile({ flags, environment, cwd }: LoadOptions): string | undefined {
  const named = flags.config || environment.WASAT_CONFIG
  if (named) return resolvePath(cwd, named)
  const usual = resolvePath(cwd, CONFIG_FILE_NAME)
  return existsSync(usual) ? usual : undefined
}

/** File, then environment, then flags, each over the one before. */
function readLayers(file: string | undefined, { flags, environment }: LoadOptions): ReadDocument {
  const read = file
    ? readFile(file, environment)
    : { root: emptyMap({ origin: 'default' }), problems: [], unreadable: false }
  if (read.root.kind !== 'map') return read
  for (const { path, flag, flagName, variable } of OVERRIDES) {
    const flagValue = flags[flag]
    if (flagValue !== undefined) put(read.root, path, scalar(flagValue, { origin: 'flag', label: flagName }))
    // An empty variable is what `WASAT_PORT=` in an env file leaves behind: not set.
    else if (environment[variable])
      put(read.root, path, scalar(environment[variable], { origin: 'environment', label: variable }))
  }
  return read
}

function readFile(file: string, environment: LoadOptions['environment']): ReadDocument {
  const readSecret = (path: string): string =>
    readBounded(resolvePath(dirname(file), path), SECRET_FILE_BYTES_MAX)
  let text: string
  try {
    text = readBounded(file, CONFIG_FILE_BYTES_MAX)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    const suggestion = reason === 'ENOENT' ? 'check --config and WASAT_CONFIG' : undefined
    const problem: ConfigProblem = { message: `${file} cannot be read (${reason})` }
    throw new ConfigError([{ ...problem, ...(suggestion && { suggestion }) }], file)
  }
  return readDocument(text, { environment, readFile: readSecret })
}

function readBounded(path: string, bytesMax: number): string {
  const stats = statSync(path)
  if (stats.isDirectory()) throw new Error('it is a folder')
  if (stats.size > bytesMax) throw new Error(`it is larger than ${bytesMax} bytes`)
  return readFileSync(path, 'utf8')
}

function scalar(value: string, place: Place): Located {
  return { kind: 'scalar', place, value, loose: true, broken: false }
}

/** Sets a value below sections. A section that is written as something else stays, and is told as a problem later. */
function put(map: LocatedMap, path: readonly [string, ...string[]], node: Located): void {
  const [name, ...rest] = path
  const place = node.place
  if (rest.length === 0) {
    map.entries.set(name, { place, node })
    return
  }
  const present = map.entries.get(name)?.node
  const isNothing = present === undefined || (present.kind === 'scalar' && present.value === null)
  const section = isNothing ? emptyMap(place) : present
  if (isNothing) map.entries.set(name, { place, node: section })
  if (section.kind === 'map') put(section, rest as [string, ...string[]], node)
}

function needsDetection(root: Located): boolean {
  if (root.kind !== 'map') return false
  const present = root.entries.get('upstreams')?.node
  return present === undefined || (present.kind === 'scalar' && !present.broken && present.value === null)
}

/** A path in the file starts at the file, so that the file means the same from every working directory. */
function normalized(config: Config, findings: Findings, file: string | undefined, cwd: string): Config {
  const base = file && findings.origins.get('data') === 'file' ? dirname(file) : cwd
  const from = file === undefined ? cwd : dirname(file)
  const upstreams: Record<string, Config['upstreams'][string]> = Object.create(null)
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    upstreams[name] =
      upstream.kind === 'sandbox' ? withAbsolutePaths(upstream, from) : withPlainAddresses(upstream, from)
  }
  const data = resolvePath(base, config.data)
  return Object.freeze({ ...config, data, upstreams: Object.freeze(upstreams) })
}

function withAbsolutePaths(sandbox: SandboxUpstreamConfig, base: string): SandboxUpstreamConfig {
  const { fixtures, recordings, corpus } = sandbox
  return Object.freeze({
    ...sandbox,
    fixtures: Object.freeze(fixtures.map((path) => resolvePath(base, path))),
    ...(recordings !== undefined && { recordings: resolvePath(base, recordings) }),
    ...(corpus !== undefined && { corpus: resolvePath(base, corpus) }),
  })
}

function withPlainAddresses(
  upstream: Exclude<UpstreamConfig, SandboxUpstreamConfig>,
  base: string,
): UpstreamConfig {
  const file = 'credentialsFile' in upstream ? upstream.credentialsFile : undefined
  return Object.freeze({
    ...upstream,
    // Routes are appended with a slash of their own.
    ...(upstream.baseUrl !== undefined && { baseUrl: upstream.baseUrl.replace(/\/+$/, '') }),
    ...(file !== undefined && { credentialsFile: resolvePath(base, file) }),
  }) as UpstreamConfig
}

function plainHttpNotices(config: Config): string[] {
  const notices: string[] = []
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    if (upstream.kind === 'sandbox' || upstream.baseUrl === undefined) continue
    const { protocol, hostname } = new URL(upstream.baseUrl)
    const isNear = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
    if (protocol === 'http:' && !isNear)
      notices.push(`upstream ${name} is reached over plain http: its key travels unencrypted`)
  }
  return notices
}
