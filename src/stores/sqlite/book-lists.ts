/** The lists of a book that are not in the order of admission. */
import type { BudgetRecord } from '../../nouns/directory.ts'
import type { BookEvent, BudgetWindowRow, HourRow } from '../../nouns/ledger.ts'
import { MEASURES } from '../measures.ts'
import { BUDGET_COLUMNS, type Cell, toBudgetRecord } from './cells.ts'
import { parseEvents } from './seal.ts'
import { inSlices, prepareCells, prunedBefore, type Reader } from './slices.ts'

const COMMITS = 'SELECT sequence, events FROM commits WHERE sequence > ? ORDER BY sequence LIMIT ?'

/** Changes of budgets outlive the commits that they were part of. */
const OLDER_CHANGES = `
  SELECT number FROM budget_history
  WHERE sequence <= (SELECT anchor_sequence FROM ledger_state) AND number > ? ORDER BY number LIMIT ?`

export async function* readEvents(reader: Reader): AsyncGenerator<BookEvent> {
  const { read } = reader
  const events = await read(() => createEvents(reader))
  const afterFirst = ([last]: readonly Cell[]) => [last as number]
  for await (const [number] of inSlices(reader, OLDER_CHANGES, [0], afterFirst))
    yield await read(() => events.ofBudget(number as number))
  for await (const [, text] of inSlices(reader, COMMITS, [0], afterFirst))
    yield* await read(() => events.ofCommit(text as string))
}

function createEvents({ database }: Reader) {
  const request = prepareCells(
    database,
    'SELECT request_id FROM reservations WHERE admission = ? AND admitted_at >= ?',
  )
  const history = prepareCells(
    database,
    `SELECT ${BUDGET_COLUMNS}, is_deleted FROM budget_history WHERE number = ?`,
  )
  const mark = prunedBefore(database)

  function ofBudget(number: number): BookEvent {
    const cells = history.get(number) as unknown as Cell[]
    return { kind: 'budget', budget: toBudgetRecord(cells), isDeleted: cells.at(-1) === 1 }
  }

  function ofCommit(text: string): BookEvent[] {
    return parseEvents(text).flatMap((event): BookEvent[] => {
      if (event.kind === 'budget') return [ofBudget(event.number)]
      const found = request.get(event.admission, mark) as unknown as [string] | undefined
      if (found === undefined) return []
      const [requestId] = found
      return event.kind === 'adjust'
        ? [{ kind: 'adjust', requestId, number: event.number }]
        : [{ kind: event.kind, requestId }]
    })
  }

  return { ofBudget, ofCommit }
}

const BUDGETS = `SELECT ${BUDGET_COLUMNS} FROM budgets WHERE id > ? ORDER BY id LIMIT ?`

export async function* readBudgets(reader: Reader): AsyncGenerator<BudgetRecord> {
  for await (const cells of inSlices(reader, BUDGETS, [''], ([id]) => [id as string]))
    yield toBudgetRecord(cells)
}

const WINDOWS = `
  SELECT budget_id, window_start, spent_nano_usd, reserved_nano_usd FROM budget_windows
  WHERE (budget_id, window_start) > (?, ?) ORDER BY budget_id, window_start LIMIT ?`

export async function* readWindows(reader: Reader): AsyncGenerator<BudgetWindowRow> {
  const first = ['', Number.MIN_SAFE_INTEGER]
  const after = ([id, start]: readonly Cell[]) => [id as string, start as number]
  for await (const cells of inSlices(reader, WINDOWS, first, after, true)) {
    const [budgetId, windowStart, spent, reserved] = cells
    yield Object.freeze({
      budgetId: budgetId as string,
      windowStart: Number(windowStart),
      spentNanoUsd: Number(spent),
      reservedNanoUsd: Number(reserved),
    })
  }
}

const DIMENSIONS = 'hour, key_id, project_id, model, upstream, tags'
const MEASURE_NAMES = Object.keys(MEASURES) as (keyof typeof MEASURES)[]
const HOURS = `
  SELECT ${DIMENSIONS}, ${MEASURE_NAMES.map((name) => `sum(${MEASURES[name]})`).join(', ')} FROM usage_hours
  WHERE (${DIMENSIONS}) > (?, ?, ?, ?, ?, ?) GROUP BY ${DIMENSIONS} ORDER BY ${DIMENSIONS} LIMIT ?`

export async function* readHours(reader: Reader): AsyncGenerator<HourRow> {
  const after = (cells: readonly Cell[]) => cells.slice(0, 6)
  for await (const cells of inSlices(reader, HOURS, [-1, '', '', '', '', ''], after, true)) {
    const [hour, keyId, projectId, model, upstream, tags, ...sums] = cells as unknown as [bigint, ...string[]]
    yield Object.freeze({
      ...{ hour: Number(hour), keyId, projectId, model, upstream, tags },
      ...Object.fromEntries(MEASURE_NAMES.map((name, index) => [name, sums[index]])),
    }) as unknown as HourRow
  }
}

const PRICES = 'SELECT version, document FROM prices WHERE version > ? ORDER BY version LIMIT ?'

export async function* readPrices(
  reader: Reader,
): AsyncGenerator<{ readonly version: string; readonly document: string }> {
  for await (const [version, document] of inSlices(reader, PRICES, [''], ([last]) => [last as string]))
    yield Object.freeze({ version: version as string, document: document as string })
}
