/** One batch until it is answered: what a failure means for its rows, and whether it travels again. */
import { GatewayError } from '../../errors.ts'
import { type Database, pauseAfterConflict } from './database.ts'
import { failureOf, storeUnavailable } from './failures.ts'
import type { Link } from './link.ts'

const CONFLICTS_MAX = 3
/** A call with less time than that would only be thrown away. */
const CALL_TIMEOUT_MIN_MS = 50

export interface Statement {
  readonly name: string
  readonly text: string
}

/** How a batch ended: with the answer, with the fault of a value in it, or not at all. */
export type Sent<Answer> =
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'faulty'; readonly error: GatewayError }
  | {
      readonly state: 'failed'
      readonly error: GatewayError
      /** Whether it may have been done nevertheless: its answer was lost. */
      readonly isUnknown: boolean
    }

/**
 * Sends the batch again while the server is away or another one was in its way, until `deadlineAtMs`. A batch whose
 * answer was lost is sent again as it was: the server knows its rows by their ids. Never throws.
 */
export async function sendUntil<Answer>(
  parts: { readonly database: Database; readonly link: Link },
  statement: Statement,
  values: readonly unknown[],
  deadlineAtMs: number,
): Promise<Sent<Answer>> {
  const { database, link } = parts
  let isUnknown = false
  for (let conflicts = 0; ; ) {
    const failed = (cause: unknown): Sent<Answer> => ({
      state: 'failed',
      error: cause instanceof GatewayError ? cause : storeUnavailable(cause),
      isUnknown,
    })
    try {
      await link.up(deadlineAtMs)
    } catch (error) {
      return failed(error)
    }
    try {
      const leftMs = Math.min(
        database.callTimeoutMs,
        Math.max(CALL_TIMEOUT_MIN_MS, deadlineAtMs - performance.now()),
      )
      const rows = await database.call<{ answer: Answer }>(statement.name, statement.text, values, leftMs)
      link.wrote()
      return { state: 'answered', answer: rows[0]?.answer as Answer }
    } catch (error) {
      const failure = failureOf(error)
      if (failure.kind === 'row') return { state: 'faulty', error: rowFault(failure) }
      if (failure.kind === 'undone') {
        link.wrote(failure)
        return failed(failure)
      }
      if (failure.kind === 'unknown') isUnknown = true
      // Two of one id at once: the one that lost finds the other's row when it comes again.
      if (failure.kind === 'conflict' || failure.kind === 'taken') conflicts++
      if (conflicts > CONFLICTS_MAX || performance.now() >= deadlineAtMs) return failed(failure)
      await pauseAfterConflict()
    }
  }
}

function rowFault(cause: Error): GatewayError {
  const hint = `A row for the ledger is not valid: ${cause.message}`
  return new GatewayError('internal', 'Internal error encountered.', { hint, cause })
}
