/** Upstreams for which the environment already has a key or an address. Each provider is one row. */
import { isGlob } from '../wire/glob.ts'
import { emptyMap, type Located, type LocatedMap, type Place } from './document.ts'
import type { Config } from './schema.ts'

interface Detection {
  readonly upstream: string
  /** The first one that is set counts. */
  readonly variables: readonly string[]
  /** What the variable's value is: a list of one for `keys`. */
  readonly means: 'keys' | 'project' | 'baseUrl'
  readonly settings: Readonly<Record<string, string>>
  /** Settings that have variables of their own. */
  readonly others?: Readonly<Record<string, readonly string[]>>
  /** Names that this provider's models have. */
  readonly serves: readonly string[]
  /** A model that every account there has; undefined where each has its own. */
  readonly sample?: string
  /** The sample is there at this host only: elsewhere it could be anybody's server. */
  readonly sampleHost?: string
}

const GEMINI_MODELS = ['gemini-*', 'gemma-*', 'imagen-*', 'veo-*', 'text-embedding-00*', 'learnlm-*', 'aqa']

/** Every Gemini upstream has it, and so has the sandbox. */
const SAMPLE = 'gemini-2.5-flash'

const DETECTIONS: readonly Detection[] = [
  {
    upstream: 'google',
    variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    means: 'keys',
    settings: { kind: 'gemini' },
    serves: [...GEMINI_MODELS, 'tunedModels/*'],
    sample: SAMPLE,
  },
  {
    upstream: 'comet',
    variables: ['COMETAPI_KEY'],
    means: 'keys',
    settings: { kind: 'gemini', baseUrl: 'https://api.cometapi.com' },
    serves: GEMINI_MODELS,
  },
  {
    upstream: 'vertex',
    variables: ['GOOGLE_CLOUD_PROJECT'],
    means: 'project',
    settings: { kind: 'vertex' },
    others: { location: ['GOOGLE_CLOUD_LOCATION'] },
    serves: GEMINI_MODELS,
    sample: SAMPLE,
  },
  {
    upstream: 'openai',
    variables: ['OPENAI_API_KEY'],
    means: 'keys',
    settings: { kind: 'openai' },
    others: { baseUrl: ['OPENAI_BASE_URL'] },
    serves: [
      'gpt-*',
      'chatgpt-*',
      'o1*',
      'o3*',
      'o4*',
      'codex-*',
      'text-embedding-3-*',
      'text-embedding-ada-*',
    ],
    sample: 'gpt-5-mini',
    sampleHost: 'api.openai.com',
  },
  {
    upstream: 'claude',
    variables: ['ANTHROPIC_API_KEY'],
    means: 'keys',
    settings: { kind: 'anthropic' },
    others: { baseUrl: ['ANTHROPIC_BASE_URL'] },
    serves: ['claude-*'],
    sample: 'claude-haiku-4-5',
  },
  {
    upstream: 'ollama',
    variables: ['OLLAMA_HOST'],
    means: 'baseUrl',
    settings: { kind: 'openai', vendor: 'ollama' },
    serves: [],
  },
]

/** The variable to name when somebody asks how to leave the sandbox. */
export const FIRST_VARIABLE = DETECTIONS[0]!.variables[0]!

/** Where an Ollama that runs beside us listens unless it was told otherwise. Source: Ollama's FAQ. */
export const LOCAL_OLLAMA_URL = 'http://127.0.0.1:11434'
const OLLAMA_PORT = 11_434

/** Where only the operator knows what models there are. */
const UNKNOWN_MODEL = 'YOUR-MODEL'

/** A name that a first request can use. */
export function modelToShow({ upstreams, models }: Pick<Config, 'upstreams' | 'models'>): string {
  const [alias] = Object.keys(models).filter((name) => !isGlob(name))
  if (alias !== undefined) return alias
  const real = Object.values(upstreams).filter(({ kind }) => kind !== 'sandbox')
  if (real.length === 0) return SAMPLE
  const known = DETECTIONS.find(
    (detection) => detection.sample !== undefined && real.some((upstream) => isOf(detection, upstream)),
  )
  return known?.sample ?? UNKNOWN_MODEL
}

function isOf({ settings, sampleHost }: Detection, upstream: Config['upstreams'][string]): boolean {
  if (upstream.kind !== settings.kind) return false
  if ('vendor' in upstream && upstream.vendor !== settings.vendor) return false
  const isElsewhere =
    sampleHost !== undefined &&
    'baseUrl' in upstream &&
    upstream.baseUrl !== undefined &&
    URL.parse(upstream.baseUrl)?.hostname !== sampleHost
  return !isElsewhere
}

type Environment = Readonly<Record<string, string | undefined>>

export interface Detected {
  readonly upstreams: LocatedMap
  readonly notices: readonly string[]
}

/** What `upstreams:` would say; the sandbox is always there, last. `hasLocalOllama`: somebody looked, and it answered. */
export function detectUpstreams(environment: Environment, hasLocalOllama = false): Detected {
  const upstreams = emptyMap({ origin: 'default' })
  const notices: string[] = []
  for (const detection of DETECTIONS) {
    const [variable, ...others] = detection.variables.filter((name) => environment[name]?.trim())
    if (variable === undefined) continue
    const place: Place = { origin: 'environment', label: variable }
    upstreams.entries.set(detection.upstream, { place, node: sectionOf(detection, variable, environment) })
    notices.push(`${variable} found: upstream ${detection.upstream}`)
    for (const other of others) notices.push(`${other} is set too and not used: ${variable} counts`)
  }
  if (hasLocalOllama && !upstreams.entries.has('ollama')) addLocalOllama(upstreams, notices)
  if (upstreams.entries.size === 0)
    notices.push(`no provider key found: only the sandbox answers; set ${FIRST_VARIABLE} for a real upstream`)
  addSandbox(upstreams)
  return { upstreams, notices }
}

function sectionOf(detection: Detection, variable: string, environment: Environment): LocatedMap {
  const { means, settings, others = {}, serves } = detection
  const place: Place = { origin: 'environment', label: variable }
  // A key that was exported with a line feed at its end is still that key.
  const value = environment[variable]!.trim()
  const section = sectionFrom(place, settings)
  const set = (name: string, node: Located): void => void section.entries.set(name, { place, node })
  if (means === 'keys') set('keys', list([value], place))
  else set(means, scalar(means === 'baseUrl' ? addressOf(value) : value, place))
  for (const [name, variables] of Object.entries(others)) {
    const other = variables.find((one) => environment[one]?.trim())
    if (other !== undefined)
      set(name, scalar(environment[other]!.trim(), { origin: 'environment', label: other }))
  }
  // At an address of the operator's own there may be any model.
  const isElsewhere = section.entries.has('baseUrl') && others.baseUrl !== undefined
  set('serves', list(isElsewhere ? [] : serves, { origin: 'default' }))
  return section
}

/** `OLLAMA_HOST` is a host, a port or an address, as Ollama's own client reads it. */
function addressOf(host: string): string {
  const withScheme = /^https?:\/\//i.test(host)
    ? host
    : `http://${/^:?\d+$/.test(host) ? `127.0.0.1:${host.replace(':', '')}` : host}`
  if (!URL.canParse(withScheme)) return host
  const url = new URL(withScheme)
  // What a server listens on is no address to connect to.
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1'
  if (url.port === '' && url.protocol === 'http:' && !/:\d+\/?$/.test(withScheme))
    url.port = String(OLLAMA_PORT)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/v1`
}

function addLocalOllama(upstreams: LocatedMap, notices: string[]): void {
  const place: Place = { origin: 'default' }
  const settings = { kind: 'openai', vendor: 'ollama', baseUrl: `${LOCAL_OLLAMA_URL}/v1` }
  upstreams.entries.set('ollama', { place, node: sectionFrom(place, settings) })
  notices.push(`Ollama answers on ${LOCAL_OLLAMA_URL}: upstream ollama`)
}

function addSandbox(upstreams: LocatedMap): void {
  const place: Place = { origin: 'default' }
  upstreams.entries.set('sandbox', { place, node: sectionFrom(place, { kind: 'sandbox' }) })
}

function sectionFrom(place: Place, settings: Readonly<Record<string, string>>): LocatedMap {
  const section = emptyMap(place)
  for (const [name, value] of Object.entries(settings))
    section.entries.set(name, { place, node: scalar(value, { origin: 'default' }) })
  return section
}

function list(values: readonly string[], place: Place): Located {
  return { kind: 'list', place, items: values.map((value) => scalar(value, place)) }
}

function scalar(value: string, place: Place): Located {
  return { kind: 'scalar', place, value, loose: false, broken: false }
}
