import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { HttpRequest, HttpResponse } from '../nouns.ts'
import { createKey } from './create-key.ts'
import { deleteKey } from './delete-key.ts'
import { disableKey } from './disable-key.ts'
import { enableKey } from './enable-key.ts'
import { type AdminParts, type Endpoint, matchPath, type Reply } from './endpoint.ts'
import { getKey } from './get-key.ts'
import { getVersion } from './get-version.ts'
import { listKeys } from './list-keys.ts'
import { problem, problemOf, RefusedBody } from './problem.ts'
import { rotateKey } from './rotate-key.ts'

/** Everything that can be asked of the admin API. */
export const ENDPOINTS: readonly Endpoint[] = [
  listKeys,
  createKey,
  getKey,
  deleteKey,
  disableKey,
  enableKey,
  rotateKey,
  getVersion,
]

/** Says whether a credential opens the admin routes. */
export interface Gate {
  check(credential: string | undefined): boolean
}

export interface AdminOptions extends AdminParts {
  readonly gate: Gate
  /** Hears every failure that is ours (5xx), with its cause and its hint for the operator. */
  readonly onFailure?: (failure: GatewayError) => void
}

/**
 * Answers every path below `/admin/`, and always answers: a failure is a problem document of RFC 9457.
 * `trusted` is for a channel that only the operator reaches; no credential is asked there.
 */
export type Admin = (request: HttpRequest, response: HttpResponse, trusted: boolean) => Promise<void>

export function createAdmin(options: AdminOptions): Admin {
  const { gate, onFailure } = options

  function report(failure: GatewayError): void {
    if (failure.http >= 500) onFailure?.(failure)
  }

  return async (request, response, trusted) => {
    try {
      const refusal = trusted ? undefined : refusalOf(request, gate)
      send(response, refusal ?? (await answer(request, options)))
    } catch (error) {
      if (!(error instanceof RefusedBody)) report(GatewayError.from(error))
      // The client may be gone or half answered; then nothing that looks whole may follow.
      if (response.headSent) response.destroy()
      else send(response, problemOf(error, request.id))
    }
  }
}

async function answer(request: HttpRequest, parts: AdminParts): Promise<Reply> {
  const matches = ENDPOINTS.flatMap((endpoint) => {
    const id = matchPath(endpoint.path, request.path)
    return id === undefined ? [] : [{ endpoint, id }]
  })
  if (matches.length === 0) throw new GatewayError('not_found', 'There is no such admin route.')
  const match = matches.find(({ endpoint }) => endpoint.method === request.method)
  if (match === undefined) {
    const allow = matches.map(({ endpoint }) => endpoint.method).join(', ')
    throw new GatewayError('method_not_allowed', `This route allows ${allow}.`, { headers: { allow } })
  }
  return match.endpoint.handle({ request, id: match.id }, parts)
}

/** Judged before the route is looked at, so that a stranger learns nothing but that a key is needed. */
function refusalOf(request: HttpRequest, gate: Gate): Reply | undefined {
  const [credential, ...others] = credentialsOf(request.headers)
  if (credential === undefined) {
    const detail = 'An admin key is needed: authorization: Bearer <key>, or x-wasat-admin-key.'
    return problem(401, detail, request.id, { 'www-authenticate': 'Bearer' })
  }
  if (others.some((other) => other !== credential)) {
    return problem(400, 'Two different admin keys in one request.', request.id)
  }
  if (gate.check(credential)) return undefined
  return problem(403, 'This key does not open the admin routes.', request.id)
}

function credentialsOf(headers: IncomingHttpHeaders): string[] {
  const own = headers['x-wasat-admin-key']
  const bearer = /^bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1]
  return [bearer, ...(Array.isArray(own) ? own : [own])].flatMap((credential) => credential?.trim() || [])
}

function send(response: HttpResponse, { status, body, headers }: Reply): void {
  const common = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  }
  if (body === undefined) {
    response.head(status, { ...common, ...headers })
    response.end()
    return
  }
  const bytes = Buffer.from(JSON.stringify(body))
  const content = { 'content-type': 'application/json', 'content-length': String(bytes.length) }
  response.head(status, { ...common, ...content, ...headers })
  response.end(bytes)
}
