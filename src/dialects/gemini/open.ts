/** Route, verb, model and credential of a Gemini request, from its path, query and headers alone. */
import { GatewayError, modelNotFound } from '../../errors.ts'
import type { Delivery, HttpRequest, Opening, Verb } from '../../nouns.ts'
import { allow, credentialOf } from '../asking.ts'
import { isModelName, shownModel } from '../model-name.ts'
import { resourcePathOf } from './resource-path.ts'

const VERSIONS: ReadonlySet<string> = new Set(['v1beta', 'v1', 'v1alpha', 'v1beta1'])

const VERBS: ReadonlyMap<string, Verb> = new Map(
  (
    [
      'generateContent',
      'streamGenerateContent',
      'countTokens',
      'embedContent',
      'batchEmbedContents',
      'predict',
    ] as const
  ).map((verb) => [verb, verb]),
)

/** `/{version}/…` and `/upload/{version}/…`, and nothing that another dialect or the operator's routes own. */
export function isGeminiPath(path: readonly string[]): boolean {
  return VERSIONS.has(path[0] === 'upload' ? (path[1] ?? '') : (path[0] ?? ''))
}

export function open(request: HttpRequest): Opening {
  if (request.path[0] === 'upload') return openUpload(request)
  const [version = '', ...written] = request.path
  if (!VERSIONS.has(version)) throw routeNotFound()
  const credential = credentialOf(request)
  const { rest, alt } = unglue(written)
  const shared = { apiVersion: version, credential }
  const last = rest.at(-1) ?? ''
  if (rest.length === 1 && rest[0] === 'models') {
    allow(request, 'GET')
    return { ...shared, verb: 'listModels', model: '', delivery: 'unary' }
  }
  const colon = last.lastIndexOf(':')
  const verb = colon < 0 ? undefined : VERBS.get(last.slice(colon + 1))
  const resource = verb === undefined ? resourcePathOf(request.method, rest, false) : undefined
  if (resource !== undefined) return { ...shared, verb: 'resource', model: '', delivery: 'unary', resource }
  if (verb === undefined && colon < 0 && rest[0] === 'models' && rest.length >= 2 && last !== '') {
    allow(request, 'GET')
    return { ...shared, verb: 'getModel', model: modelOf(rest, version, 'getModel'), delivery: 'unary' }
  }
  if (verb === undefined) throw unknownVerb(rest, version, colon < 0 ? '' : last.slice(colon + 1))
  allow(request, 'POST')
  const named = [...rest.slice(0, -1), last.slice(0, colon)]
  return { ...shared, verb, model: modelOf(named, version, verb), delivery: deliveryOf(request, verb, alt) }
}

/** `:streamGenerateContent%3Falt=sse`: a client that fills the operator into a template encodes its question mark. */
const GLUED = /^(.+:[A-Za-z]{1,64})\?alt=([a-z]{1,16})$/

function unglue(written: readonly string[]): { rest: readonly string[]; alt: string | undefined } {
  const glued = GLUED.exec(written.at(-1) ?? '')
  if (glued === null) return { rest: written, alt: undefined }
  return { rest: [...written.slice(0, -1), glued[1]!], alt: glued[2] }
}

function openUpload(request: HttpRequest): Opening {
  const [, version = '', ...rest] = request.path
  const resource = resourcePathOf(request.method, rest, true)
  if (!VERSIONS.has(version) || resource === undefined) throw routeNotFound()
  const credential = credentialOf(request)
  return { apiVersion: version, credential, verb: 'resource', model: '', delivery: 'unary', resource }
}

/** `models/m`, `tunedModels/m`, the cloud platform's `projects/…/publishers/google/models/m` and `publishers/google/models/m`. */
function modelOf(resource: readonly string[], version: string, verb: string): string {
  const name = resource.join('/')
  const published = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/[^/]+\/models\/(.+)$/.exec(name)
  const model = published?.[1] ?? (name.startsWith('models/') ? name.slice(7) : name)
  const isRoute = published !== null || name.startsWith('models/') || name.startsWith('tunedModels/')
  if (!isRoute) throw routeNotFound()
  // Some clients percent-encode a whole resource name into the model's place.
  const plain = /^(?:models\/|publishers\/[^/]+\/models\/)(.+)$/.exec(model)?.[1] ?? model
  const colon = plain.lastIndexOf(':')
  if (colon >= 0 && VERBS.has(plain.slice(colon + 1))) throw routeNotFound()
  if (!isModelName(plain)) throw modelNotFound(shownModel(plain), version, verb)
  return plain
}

function deliveryOf(request: HttpRequest, verb: Verb, glued: string | undefined): Delivery {
  const asked = [...request.query.getAll('alt'), ...request.query.getAll('$alt')]
  const alts = [...new Set(glued === undefined ? asked : [...asked, glued])]
  if (alts.length > 1) throw new GatewayError('invalid_argument', 'The query parameter alt was given twice.')
  const alt = alts[0] || 'json'
  if (alt !== 'json' && alt !== 'sse') {
    throw new GatewayError('invalid_argument', `Unsupported Output Format: ${alt.slice(0, 32)}`)
  }
  if (verb !== 'streamGenerateContent') return 'unary'
  return alt === 'sse' ? 'sse' : 'array'
}

function routeNotFound(): GatewayError {
  return new GatewayError('not_found', 'The requested URL was not found on this server.')
}

/** A model with a verb that does not exist reads like one that cannot do it; anything else is no route at all. */
function unknownVerb(rest: readonly string[], version: string, verb: string): GatewayError {
  if (!/^[A-Za-z]{1,64}$/.test(verb) || rest[0] !== 'models' || rest.length !== 2) return routeNotFound()
  const model = (rest[1] as string).slice(0, -verb.length - 1)
  return isModelName(model) ? modelNotFound(model, version, verb) : routeNotFound()
}
