/**
 * Every failure that Wasat can utter: one table, one class.
 * A dialect prints the row in its own shape; `message` is for the client, `hint` for the operator.
 */
import type { RetryHint } from './nouns/retry.ts'
import { ProtojsonError } from './wire/protojson-problems.ts'

/** HTTP status, google.rpc status, and whether another target may do better. */
const FAILURES = {
  // What the client got wrong.
  invalid_argument: { http: 400, status: 'INVALID_ARGUMENT', retryable: false },
  /** This target cannot honour it; another one may. */
  untranslatable: { http: 400, status: 'INVALID_ARGUMENT', retryable: true },
  failed_precondition: { http: 400, status: 'FAILED_PRECONDITION', retryable: false },
  api_key_invalid: { http: 400, status: 'INVALID_ARGUMENT', retryable: false },
  unauthenticated: { http: 401, status: 'UNAUTHENTICATED', retryable: false },
  permission_denied: { http: 403, status: 'PERMISSION_DENIED', retryable: false },
  not_found: { http: 404, status: 'NOT_FOUND', retryable: false },
  method_not_allowed: { http: 405, status: 'INVALID_ARGUMENT', retryable: false },
  request_timeout: { http: 408, status: 'DEADLINE_EXCEEDED', retryable: false },
  /** Somebody else is doing it, or did. */
  aborted: { http: 409, status: 'ABORTED', retryable: false },
  already_exists: { http: 409, status: 'ALREADY_EXISTS', retryable: false },
  expectation_failed: { http: 417, status: 'INVALID_ARGUMENT', retryable: false },
  header_too_large: { http: 431, status: 'INVALID_ARGUMENT', retryable: false },
  resource_exhausted: { http: 429, status: 'RESOURCE_EXHAUSTED', retryable: false },
  // What an upstream did to us.
  /** Not a byte of the request got there. */
  upstream_unreachable: { http: 503, status: 'UNAVAILABLE', retryable: true },
  upstream_unavailable: { http: 503, status: 'UNAVAILABLE', retryable: true },
  upstream_refused_credential: { http: 503, status: 'UNAVAILABLE', retryable: true },
  upstream_timeout: { http: 504, status: 'DEADLINE_EXCEEDED', retryable: true },
  /** The answer had begun and then broke: too late for anything but to say so. */
  upstream_broken: { http: 503, status: 'UNAVAILABLE', retryable: false },
  // What we are.
  unimplemented: { http: 501, status: 'UNIMPLEMENTED', retryable: false },
  overloaded: { http: 503, status: 'UNAVAILABLE', retryable: false },
  shutting_down: { http: 503, status: 'UNAVAILABLE', retryable: false },
  store_unavailable: { http: 503, status: 'UNAVAILABLE', retryable: false },
  deadline_exceeded: { http: 504, status: 'DEADLINE_EXCEEDED', retryable: false },
  internal: { http: 500, status: 'INTERNAL', retryable: false },
} as const satisfies Record<string, { http: number; status: string; retryable: boolean }>

export type FailureCode = keyof typeof FAILURES

export interface FailureOptions {
  /** What the operator can do about it; goes to the log, never to the client. */
  readonly hint?: string
  readonly cause?: unknown
  /** `google.rpc` details, ready to print. */
  readonly details?: readonly object[]
  /** Headers that belong to this failure, such as `allow` or `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the upstream behind it said of when to come back. */
  readonly retry?: RetryHint
  /** Whether the same target may be asked again, where the code alone does not say it. */
  readonly again?: Again
}

/**
 * `at-once`: a kept connection had been closed before the request got there. `elsewhere`: the same target would do the
 * same.
 */
export type Again = 'at-once' | 'elsewhere'

/** The one error of the code base. Anything else that is thrown is a bug and reaches the client as `internal`. */
export class GatewayError extends Error {
  readonly code: FailureCode
  readonly hint: string | undefined
  readonly details: readonly object[]
  readonly headers: Readonly<Record<string, string>>
  readonly retry: RetryHint | undefined
  readonly again: Again | undefined

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'GatewayError'
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? []
    this.headers = options.headers ?? {}
    this.retry = options.retry
    this.again = options.again
  }

  /** The HTTP status. */
  get http(): number {
    return FAILURES[this.code].http
  }

  /** The google.rpc status name. */
  get status(): string {
    return FAILURES[this.code].status
  }

  get retryable(): boolean {
    return FAILURES[this.code].retryable
  }

  /** Any thrown thing as a `GatewayError`; what is not one becomes `internal`, without a word of its own. */
  static from(error: unknown): GatewayError {
    if (error instanceof GatewayError) return error
    return new GatewayError('internal', 'Internal error encountered.', { cause: error })
  }
}

const RPC = 'type.googleapis.com/google.rpc.'

/** Which field was wrong, as a `google.rpc.BadRequest`. `field` is a snake_case path. */
export function badRequest(field: string, description: string): object {
  return { '@type': `${RPC}BadRequest`, fieldViolations: [{ ...(field && { field }), description }] }
}

/** A machine-readable reason, as a `google.rpc.ErrorInfo`. */
export function errorInfo(reason: string, domain: string, metadata: Record<string, string> = {}): object {
  return { '@type': `${RPC}ErrorInfo`, reason, domain, metadata }
}

/** When to come back, as a `google.rpc.RetryInfo`. */
export function retryInfo(delayMs: number): object {
  // Nine digits of a second at most, and no exponent: clients read it with a pattern.
  return { '@type': `${RPC}RetryInfo`, retryDelay: `${Number((delayMs / 1_000).toFixed(3))}s` }
}

/** Runs a reader of protojson; what it refuses is `invalid_argument`, with a line and a violation for each thing. */
export function refusing<Message>(read: () => Message): Message {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ProtojsonError)) throw error
    const fieldViolations = error.violations.map(({ field, description }) => ({
      ...(field && { field }),
      description,
    }))
    const details = [{ '@type': `${RPC}BadRequest`, fieldViolations }]
    throw new GatewayError('invalid_argument', error.message, { details })
  }
}

/** A 400 with the validator's text and the field that it is about. */
export function invalidField(field: string, description: string): GatewayError {
  return new GatewayError('invalid_argument', description, { details: [badRequest(field, description)] })
}

/** The 404 for a model that does not exist, may not be seen, or cannot do this; all three look alike. */
export function modelNotFound(
  model: string,
  apiVersion: string,
  verb: string,
  options: FailureOptions = {},
): GatewayError {
  return new GatewayError(
    'not_found',
    `models/${model} is not found for API version ${apiVersion}, or is not supported for ${verb}. ` +
      'Call ListModels to see the list of available models and their supported methods.',
    options,
  )
}

/** All answers together hold what they may. `where`: whose answer found no room. */
export function noRoomForAnswers(where = ''): GatewayError {
  return new GatewayError('overloaded', 'The server holds too many answers. Please retry.', {
    headers: { 'retry-after': '1' },
    details: [retryInfo(1_000)],
    hint: `${where && `${where}: `}server.limits.answersInFlight is reached`,
  })
}
