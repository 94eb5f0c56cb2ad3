import pg from 'pg'
import { GatewayError } from '../../errors.ts'

/**
 * What a failed call did. `away`: it never reached the server. `unknown`: it did, and nobody heard whether it was done.
 * Everything else was answered, and hence rolled back: `conflict` may succeed when it is tried again, `row` is the
 * fault of a value, `taken` of a unique one, `undone` of something else.
 */
export type FailureKind = 'away' | 'unknown' | 'conflict' | 'taken' | 'row' | 'undone'

/** Inside this folder only: what users see is a `GatewayError`. */
export class CallFailure extends Error {
  readonly kind: FailureKind
  /** The constraint that refused, when one did. */
  readonly constraint: string | undefined

  constructor(kind: FailureKind, cause: unknown) {
    super(messageOf(cause), { cause })
    this.name = 'CallFailure'
    this.kind = kind
    this.constraint = cause instanceof pg.DatabaseError ? cause.constraint : undefined
  }
}

const SERIALIZATION_FAILURE = '40001'
const DEADLOCK = '40P01'
const UNIQUE_VIOLATION = '23505'
/** A migration changed what a prepared statement returns. */
const CACHED_PLAN_CHANGED = '0A000'
/** The server became a standby: another address, or this one later, takes writes. */
const READ_ONLY = '25006'
const TOO_MANY_CONNECTIONS = '53300'

/** Of an error that came after the call was sent. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error
  return new CallFailure(kindOf(error), error)
}

function kindOf(error: unknown): FailureKind {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return 'unknown'
  const { code } = error
  if (code === SERIALIZATION_FAILURE || code === DEADLOCK || code === CACHED_PLAN_CHANGED) return 'conflict'
  if (code === UNIQUE_VIOLATION) return 'taken'
  if (code === READ_ONLY || code === TOO_MANY_CONNECTIONS) return 'away'
  // Connection exceptions, and a server that shuts down or crashed: the commit may have been just before.
  if (/^(?:08|57P)/.test(code)) return 'unknown'
  // Data, constraints, and what is too long for an index.
  if (/^(?:22|23|54)/.test(code)) return 'row'
  return 'undone'
}

export function storeUnavailable(cause: unknown): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: `PostgreSQL failed: ${messageOf(cause)}`,
    cause,
  })
}

export function storeClosed(): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: 'The data store is closed.',
  })
}

/** One line, and nothing of the address: it may hold a password. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ')
  }
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.replaceAll(/\s+/g, ' ').trim()
}
