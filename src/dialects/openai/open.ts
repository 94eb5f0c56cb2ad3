/** Route, verb and credential of a request to OpenAI's paths, or to Google's own version of them. */
import { GatewayError, modelNotFound } from '../../errors.ts'
import type { HttpRequest, Opening } from '../../nouns.ts'
import { allow, credentialOf } from '../asking.ts'
import { isModelName, shownModel } from '../model-name.ts'
import type { Endpoint } from './endpoint.ts'
import { NO_SUCH_URL } from './errors.ts'

/** `/v1/…`, or `/v1beta/openai/…` where Google's compatibility endpoint lies. */
export interface Door {
  readonly isGoogles: boolean
  readonly endpoints: readonly Endpoint[]
}

/** A name of a model may have a colon as well: `qwen3:30b`. */
const GEMINIS_VERB =
  /:(?:generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|predict)$/

const GOOGLES_VERSIONS: ReadonlySet<string> = new Set(['v1beta', 'v1alpha', 'v1', 'v1beta1'])

/** What begins a path of OpenAI's and none of Gemini's; for those that we do not have, the error is OpenAI's too. */
const OWN: ReadonlySet<string> = new Set([
  'assistants',
  'audio',
  'chat',
  'completions',
  'conversations',
  'embeddings',
  'fine_tuning',
  'images',
  'moderations',
  'realtime',
  'responses',
  'threads',
  'uploads',
  'vector_stores',
  'videos',
])

export function isGooglesPath([version = '', door]: readonly string[]): boolean {
  return door === 'openai' && GOOGLES_VERSIONS.has(version)
}

/** Models have one path in both APIs: who shows itself as a client of Gemini's is answered as one. */
export function isOpenAiPath({ path, method, headers, query }: HttpRequest): boolean {
  const [version, first = '', ...rest] = path
  if (version !== 'v1') return false
  if (first !== 'models') return OWN.has(first)
  const isGeminis =
    headers['x-goog-api-key'] !== undefined || headers['x-goog-api-client'] !== undefined || query.has('key')
  // What nobody may do here is refused in its own words.
  const isOurs = method === 'GET' || method === 'DELETE'
  return isOurs && !isGeminis && !GEMINIS_VERB.test(rest.at(-1) ?? '')
}

export function open(request: HttpRequest, { isGoogles, endpoints }: Door): Opening {
  const apiVersion = request.path[0] as string
  const [first, ...rest] = request.path.slice(isGoogles ? 2 : 1)
  const credential = credentialOf(request)
  const shared = { apiVersion, credential, model: '', delivery: 'unary' as const }
  if (first === 'models') {
    allow(request, 'GET')
    if (rest.length === 0) return { ...shared, verb: 'listModels' }
    return { ...shared, verb: 'getModel', model: modelNamed(rest.join('/'), apiVersion, 'getModel') }
  }
  const endpoint = endpointAt(request, { isGoogles, endpoints })
  if (endpoint === undefined) throw noSuchUrl(request)
  allow(request, 'POST')
  return { ...shared, verb: endpoint.verb }
}

export function endpointAt({ path }: HttpRequest, { isGoogles, endpoints }: Door): Endpoint | undefined {
  const asked = path.slice(isGoogles ? 2 : 1).join('/')
  return endpoints.find((endpoint) => endpoint.path === asked)
}

/** With or without `models/`. Throws `not_found` for what no model could be called. */
export function modelNamed(written: string, apiVersion: string, verb: string): string {
  const name = written.startsWith('models/') ? written.slice('models/'.length) : written
  if (!isModelName(name)) throw modelNotFound(shownModel(name), apiVersion, verb)
  return name
}

function noSuchUrl({ method, path }: HttpRequest): GatewayError {
  const shown = path
    .join('/')
    .slice(0, 128)
    .replaceAll(/[^\x21-\x7e]/g, '?')
  return new GatewayError('not_found', `${NO_SUCH_URL} (${method} /${shown})`)
}
