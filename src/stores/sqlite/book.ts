import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { Book } from '../../nouns/ledger.ts'
import { readMigrations } from '../migration-files.ts'
import { readBudgets, readEvents, readHours, readPrices, readWindows } from './book-lists.ts'
import {
  ADJUSTMENT_COLUMNS,
  ATTEMPT_COLUMNS,
  type Cell,
  RESERVATION_COLUMNS,
  toAdjustmentRow,
  toAttemptRow,
  toReservationRow,
  toSettledRow,
} from './cells.ts'
import { storeUnavailable } from './failures.ts'
import { createGuarded } from './locked.ts'
import { isSchemaWhole, MIGRATIONS } from './migrations.ts'
import { ROW_COLUMNS } from './rows.ts'
import { BY_ADMISSION, IN_SPAN, inSpans, prunedBefore, type Reader } from './slices.ts'
import { soundnessOf } from './soundness.ts'
import { LOCKED_MS_MAX } from './writer.ts'

/** What the gateway writes while a book is open cannot be tidied up. Beyond this the book is given up. */
export const WAL_BYTES_MAX = 256 * 1024 * 1024
const WAL_CHECK_MS = 1_000

/** The whole of time. */
const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER } as const

/**
 * Everything in the database of a data folder at one moment, whether a gateway runs on it or not. Changes nothing.
 * Throws `failed_precondition` when there is none, or one of another version; `store_unavailable` when it is locked or
 * damaged.
 */
export async function openSqliteBook(dataFolder: string): Promise<Book> {
  const path = join(dataFolder, 'wasat.db')
  if (!existsSync(path))
    throw new GatewayError('failed_precondition', `The data folder ${dataFolder} has no database.`, {
      hint: 'Start the gateway once, or choose another folder with --data or WASAT_DATA.',
    })
  try {
    requireWholeSchema(path)
    return await openBook(path, Date.now)
  } catch (error) {
    throw error instanceof GatewayError ? error : storeUnavailable(error)
  }
}

function requireWholeSchema(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true, timeout: LOCKED_MS_MAX })
  try {
    if (isSchemaWhole(database, readMigrations(MIGRATIONS))) return
  } finally {
    database.close()
  }
  throw new GatewayError('failed_precondition', 'The data store was made by an older Wasat.', {
    hint: 'Start the gateway once, which brings it up to date.',
  })
}

/** Opens a snapshot of the database at `path`, of this process or of another one. */
export async function openBook(path: string, now: () => number): Promise<Book> {
  const database = openReadOnly(path)
  const logBytes = walBytes(path)
  let givenUp: GatewayError | undefined
  const read = createGuarded(() => {
    if (givenUp !== undefined) throw givenUp
  })
  const timer = setInterval(() => {
    // A log that was large before is not this book's fault.
    const bytes = walBytes(path)
    if (givenUp === undefined && bytes > WAL_BYTES_MAX && bytes > logBytes) close(tooLong())
  }, WAL_CHECK_MS).unref()

  function close(why: GatewayError): void {
    clearInterval(timer)
    if (givenUp === undefined) database.close()
    givenUp ??= why
  }

  try {
    await read(() => {
      // A read inside the transaction takes the snapshot.
      if (!database.isTransaction) database.exec('BEGIN')
      prunedBefore(database)
    })
    return createBook({ database, read }, now(), () => close(closed()))
  } catch (error) {
    close(closed())
    throw error
  }
}

function openReadOnly(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true, timeout: 0 })
  } catch (error) {
    throw storeUnavailable(error)
  }
}

export function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
}

function createBook(reader: Reader, at: number, close: () => void): Book {
  const spans = (columns: string, join = '') =>
    inSpans(reader, EVER, `SELECT ${columns} FROM reservations ${join} WHERE ${IN_SPAN} ${BY_ADMISSION}`)
  const hangingOn = (table: string) => `CROSS JOIN ${table} ON ${table}.admission = reservations.admission`

  return Object.freeze({
    at,
    prunedBefore: prunedBefore(reader.database),
    events: () => readEvents(reader),
    reservations: () =>
      mapped(spans(RESERVATION_COLUMNS), (cells) =>
        cells.at(-1) === 'legacy' ? undefined : toReservationRow(cells),
      ),
    requests: () =>
      mapped(spans(`${ROW_COLUMNS}, reservations.origin`, hangingOn('requests')), (cells) => ({
        ...toSettledRow(cells, cells.at(-2) as number),
        hasReservation: cells.at(-1) !== 'legacy',
      })),
    attempts: () =>
      mapped(
        spans(`${of('other_attempts', ATTEMPT_COLUMNS)}, request_id`, hangingOn('other_attempts')),
        (cells) => ({ ...toAttemptRow(cells), requestId: cells.at(-1) as string }),
      ),
    adjustments: () =>
      mapped(
        spans(`${of('adjustments', ADJUSTMENT_COLUMNS)}, request_id`, hangingOn('adjustments')),
        (cells) => toAdjustmentRow(cells.at(-1) as string, cells),
      ),
    budgets: () => readBudgets(reader),
    windows: () => readWindows(reader),
    hours: () => readHours(reader),
    prices: () => readPrices(reader),
    soundness: () => soundnessOf(reader),
    close: async () => close(),
  } satisfies Book)
}

const of = (table: string, columns: string): string =>
  columns
    .split(',')
    .map((column) => `${table}.${column.trim()}`)
    .join(', ')

async function* mapped<Row>(
  cells: AsyncIterable<readonly Cell[]>,
  toRow: (cells: readonly Cell[]) => Row | undefined,
): AsyncGenerator<Row> {
  for await (const found of cells) {
    const row = toRow(found)
    if (row !== undefined) yield row
  }
}

function closed(): GatewayError {
  return new GatewayError('failed_precondition', 'The book is closed.')
}

function tooLong(): GatewayError {
  return new GatewayError('store_unavailable', 'The book was open for too long, and was given up.', {
    hint: `What the gateway wrote meanwhile passed ${WAL_BYTES_MAX / 1024 / 1024} MiB. Make a backup, and read that.`,
  })
}
