/** Failures of an exchange, whatever wire the upstream speaks. */
import { type Again, GatewayError } from '../../errors.ts'
import { EGRESS_REFUSED, EgressRefused } from './egress-policy.ts'

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

/** The connection was never made: the request cannot have been read. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  EGRESS_REFUSED,
])

/** It is not who it should be, or speaks another protocol: a second try would end the same way. */
const NO_TRUST =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|EPROTO$)/

/**
 * A failure of the connection. `begun`: some of the answer had already been passed on. `stale`: a kept connection had
 * been closed before the request got there.
 */
export function connectionError(
  name: string,
  cause: Error & { code?: string },
  begun: boolean,
  stale = false,
): GatewayError {
  const code = cause.code ?? cause.name
  const hint = `${name}: ${cause instanceof EgressRefused ? cause.message : code}`
  if (begun) return new GatewayError('upstream_broken', 'The upstream broke off its answer.', { cause, hint })
  if (TIMEOUTS.has(code)) {
    return new GatewayError('upstream_timeout', 'Deadline expired before operation could complete.', {
      cause,
      hint,
    })
  }
  const message = `The upstream ${name} could not be reached.`
  if (NO_TRUST.test(code))
    return new GatewayError('upstream_unreachable', message, { cause, hint, again: 'elsewhere' })
  const failure = NEVER_CONNECTED.has(code) ? 'upstream_unreachable' : 'upstream_unavailable'
  return new GatewayError(failure, message, { cause, hint, ...(stale && { again: 'at-once' }) })
}

/**
 * An error answer that came as a 200, before anything of it was passed on: `body` is what its body would have been.
 * The exchange treats it as what it is; nobody else ever sees this.
 */
export class RefusedInside extends Error {
  /** From 400 to 599. */
  readonly status: number
  readonly body: Buffer

  /** `message` is for the client, should something have been passed on after all. */
  constructor(status: number, body: Buffer, message = `an error with status ${status} inside an answer`) {
    super(message)
    this.status = status
    this.body = body
  }
}

/** The answer is not what this protocol allows: malformed, empty, of the wrong kind, or cut off. */
export function answerError(name: string, what: string, begun: boolean, again?: Again): GatewayError {
  return new GatewayError(
    begun ? 'upstream_broken' : 'upstream_unavailable',
    `The upstream ${name} ${what}.`,
    { hint: `${name}: ${what}`, ...(again !== undefined && { again }) },
  )
}

/** Statuses that another target, or the same one later, may better. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504, 529])

export function isRetryable(status: number): boolean {
  return RETRYABLE_STATUSES.has(status)
}

/** Some services repeat the URL or the key of a request in their errors. Ours is nobody else's business. */
export function withoutKey(bytes: Buffer, key: string): Buffer {
  return key !== '' && bytes.includes(key)
    ? Buffer.from(bytes.toString('latin1').replaceAll(key, 'REDACTED'), 'latin1')
    : bytes
}

/** The same for an error inside an answer. */
export function errorWithoutKey(error: GatewayError, key: string): GatewayError {
  const shown = JSON.stringify([error.message, error.details])
  if (key === '' || !shown.includes(key)) return error
  const [message, details] = JSON.parse(shown.replaceAll(key, 'REDACTED'))
  return new GatewayError(error.code, message, {
    cause: error,
    details,
    headers: error.headers,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.retry !== undefined && { retry: error.retry }),
    ...(error.again !== undefined && { again: error.again }),
  })
}
