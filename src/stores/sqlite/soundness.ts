/** What the database says of itself: the file, the triggers that keep the books append-only, and the chain of commits. */
import type { DatabaseSync } from 'node:sqlite'
import type { Soundness } from '../../nouns/ledger.ts'
import {
  ADJUSTMENT_COLUMNS,
  ATTEMPT_COLUMNS,
  BUDGET_COLUMNS,
  type Cell,
  type Cells,
  REQUEST_COLUMNS,
  RESERVATION_COLUMNS,
} from './cells.ts'
import { type CommitEvent, digestOf, parseEvents, sealedLine } from './seal.ts'
import { breathe, prepareCells, type Reader } from './slices.ts'

/** Commits that are checked in one go; one has 2,000 rows at most and a few as a rule. */
const COMMITS_AT_ONCE = 20

const APPEND_ONLY = [
  'reservations',
  'requests',
  'other_attempts',
  'adjustments',
  'prices',
  'budget_history',
  'commits',
] as const

export async function soundnessOf({ database, read }: Reader): Promise<readonly Soundness[]> {
  return Object.freeze([
    await integrityOf({ database, read }),
    await read(() => triggersOf(database)),
    await chainOf({ database, read }),
  ])
}

/** Table by table, so that others may have the event loop in between. */
async function integrityOf({ database, read }: Reader): Promise<Soundness> {
  const tables = await read(() =>
    database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all(),
  )
  const problems: string[] = []
  for (const { name } of tables) {
    const text = `PRAGMA integrity_check('${String(name).replaceAll("'", "''")}')`
    const found = await read(() => database.prepare(text).all() as { integrity_check: string }[])
    for (const { integrity_check: said } of found) if (said !== 'ok') problems.push(said)
    await breathe()
  }
  return soundness('integrity of the file', problems, `${tables.length} tables`)
}

function triggersOf(database: DatabaseSync): Soundness {
  const text = `SELECT name, tbl_name AS tableName, sql FROM sqlite_schema WHERE type = 'trigger'`
  const triggers = database.prepare(text).all() as { name: string; tableName: string; sql: string }[]
  const problems = APPEND_ONLY.flatMap((table) =>
    ['update', 'delete'].flatMap((verb) => {
      const trigger = triggers.find(({ name }) => name === `${table}_no_${verb}`)
      const isThere = trigger?.tableName === table && trigger.sql.includes('RAISE(ABORT')
      return isThere ? [] : [`${table} may be changed: its trigger ${table}_no_${verb} is gone`]
    }),
  )
  return soundness('triggers', problems, `${APPEND_ONLY.length} tables are append-only`)
}

async function chainOf({ database, read }: Reader): Promise<Soundness> {
  const { check, commits } = await read(() => ({
    check: createChainCheck(database),
    commits: prepareCells(
      database,
      `SELECT sequence, committed_at, events, open_from, digest FROM commits
       WHERE sequence > ? ORDER BY sequence LIMIT ${COMMITS_AT_ONCE}`,
    ),
  }))
  let after = 0
  let count = 0
  for (;;) {
    const slice = await read(() => {
      const found = commits.all(after) as unknown as Cell[][]
      for (const cells of found) check.commit(cells)
      return found
    })
    count += slice.length
    const last = slice.at(-1)
    if (last === undefined) break
    after = last[0] as number
    await breathe()
  }
  await read(() => check.end())
  return soundness('chain of commits', check.problems, `${count} commits verify`)
}

/** Problems that are told; the rest of a broken chain says nothing new. */
const PROBLEMS_MAX = 5

function createChainCheck(database: DatabaseSync) {
  const linesOf = createLines(database)
  const anchor = database
    .prepare('SELECT anchor_sequence AS sequence, anchor_digest AS digest FROM ledger_state')
    .get() as { sequence: number; digest: string }
  let { sequence, digest } = anchor
  const problems: string[] = []
  const counted = { reservations: 0, requests: 0, adjustments: 0 }

  function tell(problem: string): void {
    if (problems.length < PROBLEMS_MAX) problems.push(problem)
  }

  function count(event: CommitEvent): void {
    if (event.kind === 'reserve') counted.reservations++
    else if (event.kind === 'settle') counted.requests++
    else if (event.kind === 'adjust') counted.adjustments++
  }

  function commit(cells: readonly Cell[]): void {
    const [number, committedAt, events, openFrom, said] = cells as [number, number, string, number, string]
    if (number !== sequence + 1) tell(`commit ${sequence + 1} is gone`)
    try {
      const found = linesOf(parseEvents(events))
      for (const event of found.there) count(event)
      const row = { sequence: number, committedAt, events, openFrom }
      if (found.missing !== undefined) tell(`commit ${number} wrote ${found.missing}, which is gone`)
      // Rows that were pruned cannot be verified any more; the commits around them can.
      else if (!found.isPruned && digestOf(digest, row, found.lines) !== said)
        tell(`commit ${number}, or a row that it wrote, was changed`)
    } catch (error) {
      tell(`commit ${number} cannot be read: ${(error as Error).message}`)
    }
    sequence = number
    digest = said
  }

  /** A row that no commit names was not written by the gateway. */
  function end(): void {
    const own = "SELECT admission FROM reservations WHERE origin <> 'legacy'"
    const totals = {
      reservations: `SELECT count(*) FROM (${own})`,
      requests: `SELECT count(*) FROM requests WHERE admission IN (${own})`,
      adjustments: 'SELECT count(*) FROM adjustments',
    }
    for (const [table, text] of Object.entries(totals) as [keyof typeof counted, string][]) {
      const [total] = prepareCells(database, text).get() as unknown as [number]
      // Adjustments of old rows are part of commits too.
      if (total !== counted[table]) tell(`${table} has ${total} rows, and commits name ${counted[table]}`)
    }
  }

  return { commit, end, problems }
}

interface FoundRows {
  /** Of rows that are all there. */
  readonly lines: string
  readonly there: readonly CommitEvent[]
  readonly isPruned: boolean
  /** The first row that should be there and is not. */
  readonly missing: string | undefined
}

/** Reads back the rows of a commit as they went into its digest. */
function createLines(database: DatabaseSync): (events: readonly CommitEvent[]) => FoundRows {
  const byAdmission = (columns: string, table: string) =>
    prepareCells(database, `SELECT ${columns} FROM ${table} WHERE admission = ?`)
  const reservation = byAdmission(RESERVATION_COLUMNS, 'reservations')
  const request = byAdmission(REQUEST_COLUMNS, 'requests')
  const attempts = prepareCells(
    database,
    `SELECT ${ATTEMPT_COLUMNS} FROM other_attempts WHERE admission = ? ORDER BY number`,
  )
  const adjustment = prepareCells(
    database,
    `SELECT ${ADJUSTMENT_COLUMNS} FROM adjustments WHERE admission = ? AND number = ?`,
  )
  const budget = prepareCells(
    database,
    `SELECT number, sequence, ${BUDGET_COLUMNS}, is_deleted FROM budget_history WHERE number = ?`,
  )
  const pruned = database.prepare('SELECT pruned_admission AS highest FROM ledger_state')
  const { highest } = pruned.get() as { highest: number }

  function rowsOf(event: CommitEvent): Cells[] {
    const found = (row: unknown): Cells[] => (row === undefined ? [] : [row as Cells])
    if (event.kind === 'reserve') return found(reservation.get(event.admission))
    if (event.kind === 'adjust') return found(adjustment.get(event.admission, event.number))
    if (event.kind === 'budget') return found(budget.get(event.number))
    const row = found(request.get(event.admission))
    return row.length === 0 ? row : [...row, ...(attempts.all(event.admission) as unknown as Cells[])]
  }

  return (events) => {
    const there: CommitEvent[] = []
    let lines = ''
    let isPruned = false
    let missing: string | undefined
    for (const event of events) {
      const rows = rowsOf(event)
      if (rows.length > 0) there.push(event)
      else if (event.kind !== 'budget' && event.admission <= highest) isPruned = true
      else missing ??= `a row (${event.kind} ${event.kind === 'budget' ? event.number : event.admission})`
      for (const cells of rows) lines += sealedLine(cells)
    }
    return { lines, there, isPruned, missing }
  }
}

function soundness(name: string, problems: readonly string[], fine: string): Soundness {
  return Object.freeze({ name, ok: problems.length === 0, detail: problems.join('; ') || fine })
}
