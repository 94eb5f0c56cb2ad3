import type { DatabaseSync } from 'node:sqlite'
import type { Books } from './books.ts'
import type { Cell } from './cells.ts'
import { HOUR_MS } from './rollups.ts'
import { parseEvents } from './seal.ts'
import { prepareCells } from './slices.ts'
import type { Run } from './writer.ts'

/** Requests, or commits, that one transaction removes. */
const SLICE_ROWS = 200

/**
 * Removes what was admitted before a mark, which is set first: from then on those rows are gone for every reader, and
 * a kill leaves only work for the next time. What is under way is never removed: the mark stays before it.
 * Resolves to the number of requests.
 */
export function createPrune(
  database: DatabaseSync,
  books: Books,
  run: Run,
): (before: number) => Promise<number> {
  const state = database.prepare('SELECT pruned_before AS prunedBefore FROM ledger_state')
  const oldestOpen = database.prepare(`
    SELECT min(admitted_at) AS at FROM reservations
    WHERE admission >= ? AND NOT EXISTS (SELECT 1 FROM requests WHERE requests.admission = reservations.admission)`)
  const setMark = database.prepare('UPDATE ledger_state SET pruned_before = ?')

  function moveMark(before: number): number {
    const { prunedBefore } = state.get() as { prunedBefore: number }
    const { at } = oldestOpen.get(books.openFrom()) as { at: number | null }
    const hour = Math.floor(Math.min(before, at ?? before) / HOUR_MS) * HOUR_MS
    if (hour <= prunedBefore) return prunedBefore
    setMark.run(hour)
    return hour
  }

  const removeRows = createRemoveRows(database)
  const removeCommits = createRemoveCommits(database)

  return async (before) => {
    // Never into the future: what is admitted next must not be gone already.
    const mark = await run((draft) => moveMark(Math.min(before, draft.at)))
    let count = 0
    for (let removed = SLICE_ROWS; removed === SLICE_ROWS; count += removed)
      removed = await run(() => removeRows(mark))
    while (await run(() => removeCommits()));
    return count
  }
}

/** Removes one slice of requests with all that hangs on them, and returns how many they were. */
function createRemoveRows(database: DatabaseSync): (mark: number) => number {
  const find = prepareCells(
    database,
    `SELECT admission FROM reservations WHERE admitted_at < ? ORDER BY admitted_at LIMIT ${SLICE_ROWS}`,
  )
  const tables = ['other_attempts', 'adjustments', 'requests', 'reservations']
  const removals = tables.map((table) => database.prepare(`DELETE FROM ${table} WHERE admission = ?`))
  const keepHighest = database.prepare(
    'UPDATE ledger_state SET pruned_admission = max(pruned_admission, CAST(? AS INTEGER))',
  )

  return (mark) => {
    const admissions = (find.all(mark) as unknown as [number][]).map(([admission]) => admission)
    for (const admission of admissions) for (const removal of removals) removal.run(admission)
    if (admissions.length > 0) keepHighest.run(Math.max(...admissions))
    return admissions.length
  }
}

/**
 * Removes one slice of the commits at the beginning of the chain that name nothing any more; the chain then begins
 * where they end. False when there was none.
 */
function createRemoveCommits(database: DatabaseSync): () => boolean {
  const oldest = prepareCells(
    database,
    `SELECT sequence, events, digest FROM commits ORDER BY sequence LIMIT ${SLICE_ROWS}`,
  )
  const last = prepareCells(database, 'SELECT max(sequence) FROM commits')
  const isThere = prepareCells(database, 'SELECT 1 FROM reservations WHERE admission = ?')
  const setAnchor = database.prepare('UPDATE ledger_state SET anchor_sequence = ?, anchor_digest = ?')
  const remove = database.prepare('DELETE FROM commits WHERE sequence <= ?')

  const isEmpty = (events: string): boolean =>
    parseEvents(events).every(
      (event) => event.kind === 'budget' || isThere.get(event.admission) === undefined,
    )

  return () => {
    const commits = oldest.all() as unknown as Cell[][]
    const kept = commits.findIndex(([, events]) => !isEmpty(events as string))
    const empty = kept === -1 ? commits : commits.slice(0, kept)
    const [newest] = last.get() as unknown as [number | null]
    // The last one stays: it says where recovery begins to look.
    const end = empty.filter(([sequence]) => sequence !== newest).at(-1)
    if (end === undefined) return false
    setAnchor.run(end[0] as number, end[2] as string)
    remove.run(end[0] as number)
    return kept === -1
  }
}
