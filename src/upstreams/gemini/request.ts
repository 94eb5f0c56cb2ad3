/** Call → the request that goes to a Gemini-compatible upstream: another URL, another credential, the same bytes. */
import type { Call, Target } from '../../nouns.ts'
import type { OutgoingRequest } from '../http/pool.ts'

export interface Endpoint {
  /** Path in front of the API version, without a trailing slash. */
  readonly basePath: string
  /** Undefined: the version that the client asked for. */
  readonly apiVersion: string | undefined
  readonly credential: 'header' | 'bearer'
}

/** The developer API knows three versions; Vertex's `v1beta1` is its `v1beta`. */
export function versionFor(endpoint: Endpoint, asked: string): string {
  return endpoint.apiVersion ?? (asked === 'v1beta1' ? 'v1beta' : asked)
}

export function buildRequest(call: Call, target: Target, endpoint: Endpoint, key: string): OutgoingRequest {
  const collection = target.model.startsWith('tunedModels/') ? '' : 'models/'
  const alt = call.delivery === 'sse' ? 'alt=sse' : ''
  const query = [alt, call.forwardQuery].filter((part) => part !== '').join('&')
  const version = versionFor(endpoint, call.apiVersion)
  return {
    method: 'POST',
    path: `${endpoint.basePath}/${version}/${collection}${target.model}:${call.verb}${query && `?${query}`}`,
    headers: {
      'content-type': 'application/json',
      ...call.forwardHeaders,
      // Asked for as it is, so that what we read on the side is what the client gets.
      'accept-encoding': 'identity',
      ...credentialHeader(endpoint, key),
    },
    body: nameModel(call, target),
  }
}

export function buildListRequest(
  endpoint: Endpoint,
  key: string,
  pageToken: string | undefined,
): OutgoingRequest {
  const page = pageToken === undefined ? '' : `&pageToken=${encodeURIComponent(pageToken)}`
  return {
    method: 'GET',
    path: `${endpoint.basePath}/${endpoint.apiVersion ?? 'v1beta'}/models?pageSize=1000${page}`,
    headers: { 'accept-encoding': 'identity', ...credentialHeader(endpoint, key) },
    body: null,
  }
}

export function credentialHeader(endpoint: Endpoint, key: string): Record<string, string> {
  return endpoint.credential === 'bearer' ? { authorization: `Bearer ${key}` } : { 'x-goog-api-key': key }
}

/** Verbs whose body repeats the model of the path, and whose service insists that both agree. */
const BODY_NAMES_MODEL: ReadonlySet<string> = new Set(['countTokens', 'embedContent', 'batchEmbedContents'])

/**
 * The body as it came; only where an alias stands in for the model, its repetitions in the body follow.
 * The match is on bytes, because parsing and printing would round large integers.
 */
function nameModel(call: Call, target: Target): Buffer {
  if (target.model === call.model || !BODY_NAMES_MODEL.has(call.verb)) return call.body
  const alias = call.model.replaceAll(/[.+*?^$()[\]{}|\\/]/g, '\\$&')
  const mention = new RegExp(`(?<!\\\\)("model"\\s*:\\s*")(?:models(?:/|\\\\/))?${alias}"`, 'g')
  return Buffer.from(call.body.toString('latin1').replaceAll(mention, `$1models/${target.model}"`), 'latin1')
}
