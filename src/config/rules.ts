/** What a schema cannot say: rules over addresses, names that must exist, and secrets. */
import { BlockList, isIP } from 'node:net'
import { nearest } from '../wire/nearest.ts'
import { isAddressOrRange, isHostName, whatIsWrong } from './address-rules.ts'
import { checkModels } from './models-schema.ts'
import { checkPrices } from './prices-schema.ts'
import { pathText } from './problems.ts'
import { type Findings, report } from './resolve.ts'
import type { Config, SandboxUpstreamConfig, UpstreamConfig } from './schema.ts'
import { formatSize } from './units.ts'

export interface Secrets {
  readonly clientKey?: string
  readonly adminKey?: string
}

type Path = readonly (string | number)[]

/** Checks a configuration that already fits the schema. */
export function checkRules(config: Config, secrets: Secrets, findings: Findings): void {
  const tell = (path: Path, message: string, suggestion?: string): void => {
    const text = pathText(path)
    report(findings, path, findings.places.get(text), `${text} ${message}`, suggestion)
  }
  checkServer(config, secrets, tell)
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    const path = ['upstreams', name]
    if (upstream.kind === 'sandbox') checkRecording(upstream, config, path, tell)
    else if (upstream.baseUrl !== undefined)
      checkBaseUrl(upstream.kind, upstream.baseUrl, [...path, 'baseUrl'], tell)
    if ('location' in upstream) checkProject(upstream, path, tell)
  }
  checkEgress(config, tell)
  checkModels(config, tell)
  checkPrices(config.prices, tell)
}

/** Who records needs somebody to ask and a place to write. */
function checkRecording(sandbox: SandboxUpstreamConfig, { upstreams }: Config, path: Path, tell: Tell): void {
  if (sandbox.record !== 'record' && sandbox.record !== 'miss') return
  if (sandbox.recordings === undefined) tell([...path, 'recordings'], 'is needed to record', 'name a folder')
  const from = sandbox.recordFrom
  if (from === undefined) tell([...path, 'recordFrom'], 'is needed to record', 'name the upstream to ask')
  else if (upstreams[from] === undefined || upstreams[from].kind === 'sandbox') {
    const real = Object.keys(upstreams).filter((name) => upstreams[name]?.kind !== 'sandbox')
    const meant = nearest(from, real)
    tell(
      [...path, 'recordFrom'],
      'must name an upstream that is not a sandbox',
      meant && `did you mean ${meant}?`,
    )
  }
}

type Tell = (path: Path, message: string, suggestion?: string) => void

function checkServer({ server }: Config, secrets: Secrets, tell: Tell): void {
  if (!isLoopback(server.host) && secrets.adminKey === undefined) {
    const next = `set WASAT_ADMIN_KEY to at least 16 characters (openssl rand -hex 32 makes one), or listen on 127.0.0.1`
    tell(['server', 'host'], `is ${server.host}, which others can reach, and there is no admin key`, next)
  }
  for (const [index, origin] of server.cors.origins.entries()) {
    const exact = exactOrigin(origin)
    if (exact !== origin)
      tell(
        ['server', 'cors', 'origins', index],
        'is not how browsers write that origin',
        exact && `did you mean ${exact}?`,
      )
  }
  for (const [index, address] of server.trustedProxies.entries()) {
    if (!isAddressOrRange(address))
      tell(['server', 'trustedProxies', index], 'must be an IP address or a CIDR such as 10.0.0.0/8')
  }
  const { body, bodiesInFlight } = server.limits
  if (bodiesInFlight < body)
    tell(
      ['server', 'limits', 'bodiesInFlight'],
      `must be at least server.limits.body (${formatSize(body)}), or no such body ever fits`,
    )
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine can connect to that address; a name other than `localhost` could be anything. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  const family = isIP(host)
  return family !== 0 && LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

function exactOrigin(origin: string): string | undefined {
  if (origin === '*' || !/^https?:/i.test(origin)) return origin
  return URL.canParse(origin) ? new URL(origin).origin : undefined
}

function checkBaseUrl(kind: UpstreamConfig['kind'], baseUrl: string, path: Path, tell: Tell): void {
  const complaint = whatIsWrong(kind, baseUrl)
  if (complaint !== undefined) tell(path, ...complaint)
}

function checkEgress({ egress }: Config, tell: Tell): void {
  for (const [index, entry] of egress.allow.entries()) {
    if (!isAddressOrRange(entry) && (entry.startsWith('[') || !isHostName(entry)))
      tell(['egress', 'allow', index], 'must be a host name, an IP address or a CIDR such as 10.0.0.0/8')
  }
}

/** Express keys belong to a project already. */
function checkProject(
  { project, keys }: Extract<UpstreamConfig, { location: string }>,
  path: Path,
  tell: Tell,
): void {
  if (project === undefined && keys.length === 0)
    tell([...path, 'project'], 'is needed with Google credentials', 'name the project, or give express keys')
}

/** No spaces: a key with one cannot be sent as a Bearer credential. */
const SECRET_SHAPE = /^[\x21-\x7e]{16,512}$/

/** Reads the two keys an operator may set; the messages never repeat them. */
export function readSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  findings: Findings,
): Secrets {
  const read = (name: string): string | undefined => {
    const value = environment[name]
    if (!value) return undefined
    if (SECRET_SHAPE.test(value)) return value
    const message = 'must be 16 to 512 printable ASCII characters without spaces'
    report(findings, name, { origin: 'environment', label: name }, message, 'openssl rand -hex 32 makes one')
    return undefined
  }
  const clientKey = read('WASAT_KEY')
  const adminKey = read('WASAT_ADMIN_KEY')
  if (clientKey !== undefined && clientKey === adminKey) {
    const message = 'is the same as WASAT_KEY, so every client would be an operator'
    report(findings, 'WASAT_ADMIN_KEY', { origin: 'environment', label: 'WASAT_ADMIN_KEY' }, message)
  }
  return Object.freeze({ ...(clientKey && { clientKey }), ...(adminKey && { adminKey }) })
}
