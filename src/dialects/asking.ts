/** What a request's headers and query say of it, whichever language its body speaks. */
import { GatewayError } from '../errors.ts'
import { HOP_HEADER, IDEMPOTENCY_KEY_HEADER } from '../nouns/headers.ts'
import type { Call, HttpRequest } from '../nouns.ts'
import { nextHop } from './hops.ts'
import { idempotencyKeyOf } from './idempotency.ts'
import { isStrict } from './strict.ts'
import { tagsOf } from './tags.ts'

const SECONDS = /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i
const DEADLINE_MIN_MS = 1_000
const DEADLINE_MAX_MS = 600_000

/** Request headers that an upstream of the same wire may see. Never a credential, never a hop-by-hop header. */
const FORWARDED = ['x-goog-api-client', 'user-agent', 'traceparent', 'tracestate'] as const
/** What has a form of its own (W3C Trace Context) goes on in that form alone. */
const FORMS: { readonly [name: string]: RegExp } = {
  traceparent: /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/,
  tracestate: /^(?=.{1,512}$)[^,]+(?:,[^,]+){0,31}$/,
}
const KEEP_ALIVE = 'keep-alive'
const FORWARDABLE = /^[\x20-\x7e]{1,1024}$/

/** Query parameters that may travel on. Not `fields`: it could mask the usage and the end that metering needs. */
const FORWARDED_QUERY = ['prettyPrint', 'quotaUser'] as const

/** The part of a call that is in no body. */
export type Asking = Pick<
  Call,
  'tags' | 'idempotencyKey' | 'isStrict' | 'forwardHeaders' | 'forwardQuery' | 'deadlineAtMs'
>

/** Throws `invalid_argument` for a header of ours that is wrong, before a body is read. */
export function askingOf(request: HttpRequest): Asking {
  const { headers } = request
  return {
    tags: tagsOf(headers['x-wasat-tags']),
    isStrict: isStrict(headers['x-wasat-translation']),
    idempotencyKey: idempotencyKeyOf(headers[IDEMPOTENCY_KEY_HEADER]),
    forwardHeaders: forwardHeaders(request, nextHop(headers[HOP_HEADER])),
    forwardQuery: forwardQuery(request.query),
    deadlineAtMs: deadlineOf(request),
  }
}

function forwardHeaders(request: HttpRequest, hop: string): Record<string, string> {
  const forwarded: Record<string, string> = { [HOP_HEADER]: hop }
  const { connection = '' } = request.headers
  for (const name of FORWARDED) {
    const value = request.headers[name]
    // A header that Connection names was meant for us alone.
    if (connection.length > KEEP_ALIVE.length && connection.toLowerCase().includes(name)) continue
    const form = FORMS[name] ?? FORWARDABLE
    if (typeof value === 'string' && FORWARDABLE.test(value) && form.test(value)) forwarded[name] = value
  }
  return forwarded
}

function forwardQuery(query: URLSearchParams): string {
  if (query.size === 0) return ''
  const forwarded = new URLSearchParams()
  for (const name of FORWARDED_QUERY) {
    const value = query.get(name)
    if (value !== null) forwarded.set(name, value)
  }
  return forwarded.toString()
}

/** `x-server-timeout`, in seconds, as the SDKs send it. */
function deadlineOf(request: HttpRequest): number | undefined {
  const text = String(request.headers['x-server-timeout'] ?? '')
  // `Number` alone would take an empty header for 0 seconds, and `0x10` for 16.
  if (!SECONDS.test(text)) return undefined
  const seconds = Number(text)
  const waitMs = Math.min(Math.max(seconds * 1000, DEADLINE_MIN_MS), DEADLINE_MAX_MS)
  return request.receivedAtMs + waitMs
}

/** One key, by whichever carrier; two that differ are refused, because two readers would take two of them. */
export function credentialOf(request: HttpRequest): string | undefined {
  const found = new Set<string>()
  const add = (value: string | null | undefined) => {
    const trimmed = value?.trim()
    if (trimmed) found.add(trimmed)
  }
  add(request.headers['x-goog-api-key'] as string | undefined)
  add(bearerOf(request.headers.authorization))
  for (const name of ['key', 'access_token', 'oauth_token']) request.query.getAll(name).forEach(add)
  if (found.size > 1) throw new GatewayError('invalid_argument', 'The request carries more than one API key.')
  return found.values().next().value
}

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined
  return /^Bearer +(.+)$/i.exec(authorization)?.[1]
}

/** Throws `method_not_allowed`. */
export function allow(request: HttpRequest, method: string): void {
  if (request.method === method) return
  throw new GatewayError('method_not_allowed', `Method ${request.method} is not allowed here.`, {
    headers: { allow: method },
  })
}
