/**
 * What a collection is made of: endpoints, one for each method on one path, and what they answer with.
 * A new collection is a folder, and one line in `resources.ts`.
 */
import type { OutgoingHttpHeaders } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { Caller, HttpRequest, HttpResponse, Opening, ResourcePath } from '../nouns.ts'

/** One request for an endpoint. */
export interface Exchange {
  readonly request: HttpRequest
  readonly opening: Opening
  readonly path: ResourcePath
  readonly caller: Caller
  /** What stood for each `{}` of the endpoint's path, in order; never empty. */
  readonly ids: readonly string[]
}

/** What goes back. Without `json` and `stream` the answer has no body. */
export interface Reply {
  readonly status?: number
  readonly headers?: OutgoingHttpHeaders
  readonly json?: object
  /** Writes the body after the head; resolves when it is over, whole or not. */
  readonly stream?: (response: HttpResponse) => Promise<void>
}

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** `files`, `files/{}`, `files/{}:download`: without version and without `/upload`. */
  readonly path: string
  handle(exchange: Exchange): Promise<Reply>
}

export interface Collection {
  readonly endpoints: readonly Endpoint[]
}

export interface Match {
  readonly endpoint: Endpoint
  readonly ids: readonly string[]
}

/** The endpoint for a path; throws 405 when there is one for another method only; undefined when there is none. */
export function findEndpoint(endpoints: readonly Endpoint[], path: ResourcePath): Match | undefined {
  const matches = endpoints.flatMap((endpoint) => {
    const ids = matchPath(endpoint.path, path)
    return ids === undefined ? [] : [{ endpoint, ids }]
  })
  if (matches.length === 0) return undefined
  const match = matches.find(({ endpoint }) => endpoint.method === path.method)
  if (match !== undefined) return match
  throw methodNotAllowed(
    path.method,
    matches.map(({ endpoint }) => endpoint.method),
  )
}

export function methodNotAllowed(method: string, allowed: readonly string[]): GatewayError {
  return new GatewayError('method_not_allowed', `Method ${method} is not allowed here.`, {
    headers: { allow: allowed.join(', ') },
  })
}

export function routeNotFound(): GatewayError {
  return new GatewayError('not_found', 'The requested URL was not found on this server.')
}

export function matchPath(pattern: string, { segments, action }: ResourcePath): string[] | undefined {
  const [names = '', wantedAction = ''] = pattern.split(':')
  const wanted = names.split('/')
  if (wantedAction !== action || wanted.length !== segments.length) return undefined
  const ids: string[] = []
  for (const [index, name] of wanted.entries()) {
    const given = segments[index] as string
    if (name === '{}' && given !== '') ids.push(given)
    else if (name !== given) return undefined
  }
  return ids
}
