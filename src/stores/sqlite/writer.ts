import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { BudgetAlert, Reservation, Reserved, UsageRow } from '../../nouns/ledger.ts'
import { checkReservation, checkRow } from '../checks.ts'
import type { Books, Draft } from './books.ts'
import { isBusy, isRowFault, storeUnavailable } from './failures.ts'

/** Rows that wait for a commit; beyond it they are refused, so that a stuck disk cannot eat the memory. */
export const QUEUE_ROWS_MAX = 100_000
/** Rows of one commit: about 40 ms of the event loop at most. What is left goes in the next turn. */
const COMMIT_ROWS_MAX = 2_000
/** A turn with this many rows is a sign of load: the next commit may then gather for `COMMIT_GAP_MS`. */
const BUSY_ROWS = 4
/** A row costs half as much with thirty others as with four. */
const COMMIT_GAP_MS = 2
/**
 * What a commit costs hardly depends on how many rows it has, and the event loop stands still meanwhile. So it rests
 * for so many times what the last one took, and `COMMIT_REST_MS_MAX` at most. A row that comes later waits for nothing.
 */
const COMMIT_REST = 4
const COMMIT_REST_MS_MAX = 2
const TIMER_MS_MIN = 0.5
/** How long a write waits for another connection, such as a console's or a backup's, before it is refused. */
export const LOCKED_MS_MAX = 5_000
/** The event loop goes on meanwhile. */
export const LOCKED_RETRY_MS = 20

/** Runs in a transaction of its own, after everything that was asked for before it. What it throws undoes it. */
export type Run = <Result>(work: (draft: Draft) => Result) => Promise<Result>

export interface Writer {
  /** Rejects with `already_exists`, `internal` (bad row) or `store_unavailable`. */
  reserve(reservation: Reservation): Promise<Reserved>
  /** Rejects with `already_exists`, `failed_precondition`, `internal` (bad row) or `store_unavailable`. */
  settle(row: UsageRow): Promise<readonly BudgetAlert[]>
  readonly run: Run
  /** Commits everything that waits, now, and resolves when all of it is durable or refused. */
  drain(): Promise<void>
}

export interface WriterParts {
  readonly books: Books
  readonly reserve: (draft: Draft, reservation: Reservation) => Reserved
  readonly settle: (draft: Draft, row: UsageRow) => readonly BudgetAlert[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** How long a write waits for another connection before it is refused, in milliseconds. */
  readonly lockedMaxMs?: number | undefined
  /** How the last commit went; `undefined` when it is durable. */
  readonly onCommit: (failure: GatewayError | undefined) => void
}

/** One of the first three says what is asked for. */
interface Waiting {
  readonly reservation: Reservation | undefined
  readonly row: UsageRow | undefined
  readonly work: ((draft: Draft) => unknown) | undefined
  readonly resolve: (result: never) => void
  readonly reject: (error: GatewayError) => void
  result: unknown
  failure: GatewayError | undefined
  /** `performance.now()` when it first found the database locked. */
  lockedAtMs: number | undefined
}

/**
 * Group commit: what is asked for in one turn of the event loop shares one transaction, hence one fsync. Under load a
 * few turns do. Everything is done in the order in which it was asked for.
 */
export function createWriter(database: DatabaseSync, parts: WriterParts): Writer {
  const { lockedMaxMs = LOCKED_MS_MAX } = parts
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  let waiting: Waiting[] = []
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  let isUnderLoad = false
  /** `performance.now()` from which on the next commit may begin. */
  let restsUntilMs = 0

  function enqueue<Result>(
    reservation: Reservation | undefined,
    row: UsageRow | undefined,
    work: ((draft: Draft) => Result) | undefined,
  ): Promise<Result> {
    if (waiting.length >= QUEUE_ROWS_MAX) return Promise.reject(queueFull())
    if (timer === undefined) schedule()
    return new Promise<Result>((resolve, reject) => {
      waiting.push({
        reservation,
        row,
        work,
        resolve,
        reject,
        result: undefined,
        failure: undefined,
        lockedAtMs: undefined,
      })
    })
  }

  function schedule(): void {
    const waitMs = isUnderLoad ? COMMIT_GAP_MS : restsUntilMs - performance.now()
    // A timer takes a millisecond at least.
    timer = waitMs >= TIMER_MS_MIN ? setTimeout(commitTurn, waitMs) : setImmediate(commitTurn)
  }

  /** The rows at the head of the queue, or the one piece of other work that stands there. */
  function nextBatch(): Waiting[] {
    let length = 0
    while (length < waiting.length && length < COMMIT_ROWS_MAX && waiting[length]?.work === undefined)
      length++
    if (length === 0) length = Math.min(1, waiting.length)
    const batch = length === waiting.length ? waiting : waiting.slice(0, length)
    waiting = batch === waiting ? [] : waiting.slice(length)
    return batch
  }

  /** False when the database is locked: then everything still waits. */
  function commitTurn(): boolean {
    timer = undefined
    const batch = nextBatch()
    isUnderLoad = batch.length >= BUSY_ROWS
    if (batch.length > 0 && !write(batch)) {
      waitForLock(batch)
      return false
    }
    if (waiting.length > 0 && timer === undefined) schedule()
    return true
  }

  function waitForLock(batch: readonly Waiting[]): void {
    const nowMs = performance.now()
    const [expired, patient] = [[] as Waiting[], [] as Waiting[]]
    for (const entry of [...batch, ...waiting]) {
      entry.lockedAtMs ??= nowMs
      ;(nowMs - entry.lockedAtMs >= lockedMaxMs ? expired : patient).push(entry)
    }
    waiting = patient
    if (expired.length > 0) refuse(expired, storeUnavailable(new Error('database is locked')))
    if (waiting.length > 0) timer = setTimeout(commitTurn, LOCKED_RETRY_MS)
  }

  /** One transaction. False when the database is locked. */
  function write(batch: readonly Waiting[]): boolean {
    let draft: Draft
    try {
      begin.run()
      draft = parts.books.begin(parts.now())
      for (const entry of batch) answer(entry, draft)
      parts.books.seal(draft)
      const beganAtMs = performance.now()
      commit.run()
      const endedAtMs = performance.now()
      restsUntilMs = endedAtMs + Math.min(COMMIT_REST_MS_MAX, COMMIT_REST * (endedAtMs - beganAtMs))
    } catch (error) {
      rollBack(database)
      if (isBusy(error)) return false
      if (batch.length === 1) refuseOne(batch[0] as Waiting, error)
      // One row is at fault: each by itself, so that the others stand.
      else if (isRowFault(error)) return writeEach(batch)
      else refuse(batch, storeUnavailable(error))
      return true
    }
    parts.books.accept(draft)
    // A commit that only refused has not asked the disk.
    if (draft.events !== '') parts.onCommit(undefined)
    for (const entry of batch) {
      if (entry.failure === undefined) entry.resolve(entry.result as never)
      else entry.reject(entry.failure)
    }
    return true
  }

  function writeEach(batch: readonly Waiting[]): boolean {
    for (let index = 0; index < batch.length; index++) {
      if (write([batch[index] as Waiting])) continue
      waiting = [...batch.slice(index + 1), ...waiting]
      waitForLock([batch[index] as Waiting])
      break
    }
    return true
  }

  /** A row that is refused has changed nothing, and the others of its commit go on. */
  function answer(entry: Waiting, draft: Draft): void {
    entry.failure = undefined
    if (entry.work !== undefined) {
      entry.result = entry.work(draft)
      return
    }
    try {
      entry.result =
        entry.row === undefined
          ? parts.reserve(draft, entry.reservation as Reservation)
          : parts.settle(draft, entry.row)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      entry.failure = error
    }
  }

  function refuseOne(entry: Waiting, error: unknown): void {
    if (error instanceof GatewayError) entry.reject(error)
    else if (isRowFault(error)) entry.reject(rowFault(entry, error))
    else refuse([entry], storeUnavailable(error))
  }

  function refuse(entries: readonly Waiting[], failure: GatewayError): void {
    parts.onCommit(failure)
    for (const entry of entries) entry.reject(failure)
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      clearTimeout(timer as NodeJS.Timeout)
      clearImmediate(timer as NodeJS.Immediate)
      if (!commitTurn()) await new Promise((resolve) => setTimeout(resolve, LOCKED_RETRY_MS))
    }
  }

  return {
    drain,
    run: (work) => enqueue(undefined, undefined, work),
    reserve: (reservation) =>
      checked(checkReservation, reservation) ?? enqueue(reservation, undefined, undefined),
    settle: (row) => checked(checkRow, row) ?? enqueue(undefined, row, undefined),
  }
}

function checked<Row>(check: (row: Row) => void, row: Row): Promise<never> | undefined {
  try {
    check(row)
    return undefined
  } catch (error) {
    return Promise.reject(error)
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK')
  } catch {
    // What was asked for is refused; a transaction that stays open makes the next BEGIN fail, which is then told.
  }
}

function rowFault(entry: Waiting, cause: unknown): GatewayError {
  const id = entry.row?.requestId ?? entry.reservation?.requestId
  const what = id === undefined ? 'What was to be stored' : `The row of request ${id}`
  return new GatewayError('internal', 'Internal error encountered.', {
    hint: `${what} is not valid: ${(cause as Error).message}`,
    cause,
  })
}

function queueFull(): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: `${QUEUE_ROWS_MAX} rows wait for the disk already.`,
  })
}
