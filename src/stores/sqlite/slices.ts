import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import type { Cell } from './cells.ts'
import type { Guarded } from './locked.ts'

/** Rows that are read in one go: a millisecond or two of the event loop. */
export const SLICE_ROWS = 500

/** Lets others have the event loop. */
export const breathe = (): Promise<void> => turn()

/** `isLarge`: integers are read as BigInt. */
export function prepareCells(database: DatabaseSync, text: string, isLarge = false): StatementSync {
  const statement = database.prepare(text)
  statement.setReturnArrays(true)
  statement.setReadBigInts(isLarge)
  return statement
}

/** Where it is read, and how. */
export interface Reader {
  readonly database: DatabaseSync
  readonly read: Guarded
}

/**
 * Every row of a SELECT whose last parameter is how many to read, slice by slice.
 * `after` gives the other parameters, from the last row that was read; `first` are those to begin with.
 */
export async function* inSlices(
  { database, read }: Reader,
  text: string,
  first: readonly SQLInputValue[],
  after: (last: readonly Cell[]) => readonly SQLInputValue[],
  isLarge = false,
): AsyncGenerator<readonly Cell[]> {
  const statement = await read(() => prepareCells(database, text, isLarge))
  let parameters = first
  for (;;) {
    const slice = await read(() => statement.all(...parameters, SLICE_ROWS) as unknown as Cell[][])
    yield* slice
    const last = slice.at(-1)
    if (last === undefined || slice.length < SLICE_ROWS) return
    parameters = after(last)
    await breathe()
  }
}

/** A place in the order of admission: `admitted_at` and `admission`. */
type Place = readonly [number, number]

/** Between two places of `reservations`: after the first two values, up to the other two. */
export const IN_SPAN = `(reservations.admitted_at, reservations.admission) > (?, ?)
  AND (reservations.admitted_at, reservations.admission) <= (?, ?)`
export const BY_ADMISSION = 'ORDER BY reservations.admitted_at, reservations.admission'

/**
 * Every row of a SELECT over `IN_SPAN`, for requests admitted in that time. A slice is so many requests, however
 * few rows they give: so a list that nearly nothing is in holds up nobody.
 */
export async function* inSpans(
  { database, read }: Reader,
  { from, to }: { readonly from: number; readonly to: number },
  text: string,
  values: readonly SQLInputValue[] = [],
): AsyncGenerator<readonly Cell[]> {
  const { statement, bound } = await read(() => ({
    statement: prepareCells(database, text),
    bound: prepareCells(
      database,
      `SELECT admitted_at, admission FROM reservations
       WHERE (admitted_at, admission) > (?, ?) AND admitted_at < ?
       ORDER BY admitted_at, admission LIMIT 1 OFFSET ${SLICE_ROWS - 1}`,
    ),
  }))
  let after: Place = [Math.max(from, await read(() => prunedBefore(database))), -1]
  for (;;) {
    const end = await read(() => bound.get(...after, to) as unknown as Place | undefined)
    const until = end ?? ([to - 1, Number.MAX_SAFE_INTEGER] as const)
    yield* await read(() => statement.all(...after, ...until, ...values) as unknown as Cell[][])
    if (end === undefined) return
    after = end
    await breathe()
  }
}

/** What lies before the mark of `prune` is gone, also while its rows are still being removed. */
export function prunedBefore(database: DatabaseSync): number {
  const state = database.prepare('SELECT pruned_before AS prunedBefore FROM ledger_state').get()
  return (state as { prunedBefore: number }).prunedBefore
}
