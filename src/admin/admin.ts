import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { HttpRequest, HttpResponse } from '../nouns.ts'
import { parseBody, readBody } from './body.ts'
import { EmptyBody, EmptyQuery, type Endpoint, matchPath, type Reply } from './endpoint.ts'
import { ENDPOINTS } from './endpoints.ts'
import { requireMatch } from './etag.ts'
import { createIdempotency, type Idempotency } from './idempotency.ts'
import { createInTurn, type InTurn } from './in-turn.ts'
import type { AdminParts } from './parts.ts'
import { problem, problemOf, Refusal } from './problem.ts'
import { checkQuery } from './schema.ts'
import { send } from './send.ts'

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
  const desk: Desk = { parts: options, inTurn: createInTurn(), idempotency: createIdempotency() }

  function report(failure: GatewayError): void {
    if (failure.http >= 500) onFailure?.(failure)
  }

  return async (request, response, trusted) => {
    try {
      const refusal = trusted ? undefined : refusalOf(request, gate)
      await send(response, refusal ?? (await answer(request, desk)))
    } catch (error) {
      if (!(error instanceof Refusal)) report(GatewayError.from(error))
      // The client may be gone or half answered; then nothing that looks whole may follow.
      if (response.headSent) response.destroy()
      else await send(response, problemOf(error, request.id))
    }
  }
}

/** What the requests of one admin API share. */
interface Desk {
  readonly parts: AdminParts
  readonly inTurn: InTurn
  readonly idempotency: Idempotency
}

async function answer(request: HttpRequest, desk: Desk): Promise<Reply> {
  const { endpoint, id } = endpointOf(request)
  const query = checkQuery(endpoint.query ?? EmptyQuery, request.query)
  if (endpoint.method === 'GET') {
    return endpoint.handle({ request, id, query, body: undefined }, desk.parts)
  }
  const bytes = await readBody(request, endpoint.body === undefined)
  const body =
    bytes.length === 0 && endpoint.body === undefined ? {} : parseBody(bytes, endpoint.body ?? EmptyBody)
  const work = async (): Promise<Reply> => {
    await checkPrecondition(request, endpoint, id, desk.parts)
    return endpoint.handle({ request, id, query, body }, desk.parts)
  }
  const run = endpoint.isLong === true ? work : () => desk.inTurn(work)
  const key = request.headers['idempotency-key']
  if (key === undefined) return run()
  const { method, path } = request
  return desk.idempotency.once(String(key), { method, path, body: bytes }, run)
}

function endpointOf(request: HttpRequest): { readonly endpoint: Endpoint; readonly id: string } {
  const matches = ENDPOINTS.flatMap((endpoint) => {
    const id = matchPath(endpoint.path, request.path)
    return id === undefined ? [] : [{ endpoint, id }]
  })
  if (matches.length === 0) throw new GatewayError('not_found', 'There is no such admin route.')
  const match = matches.find(({ endpoint }) => endpoint.method === request.method)
  if (match !== undefined) return match
  const allow = matches.map(({ endpoint }) => endpoint.method).join(', ')
  throw new GatewayError('method_not_allowed', `This route allows ${allow}.`, { headers: { allow } })
}

async function checkPrecondition(
  request: HttpRequest,
  endpoint: Endpoint,
  id: string,
  parts: AdminParts,
): Promise<void> {
  const ifMatch = request.headers['if-match']
  if (ifMatch === undefined || endpoint.etag === undefined) return
  requireMatch(ifMatch, await endpoint.etag(id, parts))
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
