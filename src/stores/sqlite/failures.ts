import { GatewayError } from '../../errors.ts'

/** SQLite's primary result codes that we tell apart; the low byte of `errcode`. */
const BUSY = 5
const TOO_BIG = 18
const CONSTRAINT = 19
const MISMATCH = 20
/** Extended codes: a primary key or a unique column is taken. */
const CONSTRAINT_PRIMARY_KEY = 1555
const CONSTRAINT_UNIQUE = 2067
const CONSTRAINT_FOREIGN_KEY = 787

function errorCodeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' ? code : undefined
}

export function isBusy(error: unknown): boolean {
  const code = errorCodeOf(error)
  return code !== undefined && (code & 0xff) === BUSY
}

export function isTaken(error: unknown): boolean {
  const code = errorCodeOf(error)
  return code === CONSTRAINT_PRIMARY_KEY || code === CONSTRAINT_UNIQUE
}

/** Whether a row names another one that is not there, or is still named itself. */
export function isMissingParent(error: unknown): boolean {
  return errorCodeOf(error) === CONSTRAINT_FOREIGN_KEY
}

/** Whether the values of this one row are at fault, so that other rows of the same transaction may still stand. */
export function isRowFault(error: unknown): boolean {
  const code = errorCodeOf(error)
  // No SQLite code at all: the driver refused to bind a value.
  if (code === undefined) return true
  const primary = code & 0xff
  return primary === CONSTRAINT || primary === MISMATCH || primary === TOO_BIG
}

/** The database could not do it now: full disk, I/O error, locked for too long, closed. */
export function storeUnavailable(cause: unknown): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: `The data store failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  })
}

export function storeClosed(): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: 'The data store is closed.',
  })
}
