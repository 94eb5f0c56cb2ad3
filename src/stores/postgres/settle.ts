/** Closes requests on the books, many in one transaction, each of them once. */
import { GatewayError } from '../../errors.ts'
import type { BudgetAlert, UsageRow } from '../../nouns/ledger.ts'
import { budgetWindow } from '../budget-windows.ts'
import { checkRow } from '../checks.ts'
import { sendUntil } from './attempts.ts'
import { createBatches, type Waiting } from './batches.ts'
import { type BudgetColumns, toBudgetRecord } from './budget-rows.ts'
import type { Database } from './database.ts'
import type { Link } from './link.ts'
import type { KnownPrices } from './prices.ts'
import { settleCells } from './rows.ts'

/** Longer than for a reservation: the money was spent, and a server that restarts is back by then. */
export const SETTLE_PATIENCE_MS = 5_000
const ROWS_MAX = 500

const STATEMENT = { name: 'settle', text: 'SELECT wasat.settle($1, $2) AS answer' }

interface Item extends Waiting {
  readonly row: UsageRow
  readonly cells: string
  readonly resolve: (alerts: readonly BudgetAlert[]) => void
}

interface Answer {
  /** For each row, as the schema's function `judge` tells them. */
  readonly verdicts: readonly number[]
  readonly alerts: readonly {
    readonly budget: BudgetColumns
    readonly window_start: number
    readonly spent: number
  }[]
}

const NO_ALERTS: readonly BudgetAlert[] = Object.freeze([])

export interface SettleParts {
  readonly database: Database
  readonly link: Link
  readonly prices: KnownPrices
}

export interface Settler {
  settle(row: UsageRow): Promise<readonly BudgetAlert[]>
  idle(): Promise<void>
}

export function createSettler(parts: SettleParts): Settler {
  const batches = createBatches<Item>({ rowsMax: ROWS_MAX, link: parts.link, commit })

  async function commit(batch: readonly Item[]): Promise<void> {
    const json = `[${batch.map((item, index) => `{"ord":${index + 1},${item.cells}`).join(',')}]`
    const news = parts.prices.unwritten(batch.map(({ row }) => row.price))
    const deadlineAtMs = batch[0]?.deadlineAtMs ?? 0
    const sent = await sendUntil<Answer>(parts, STATEMENT, [json, news.json], deadlineAtMs)
    if (sent.state === 'answered') {
      news.written()
      return answer(batch, sent.answer)
    }
    if (sent.state === 'faulty' && batch.length > 1) {
      for (const item of batch) await commit([item])
      return
    }
    for (const item of batch) item.reject(sent.error)
  }

  function settle(row: UsageRow): Promise<readonly BudgetAlert[]> {
    checkRow(row)
    return new Promise((resolve, reject) => {
      batches.add({
        requestId: row.requestId,
        deadlineAtMs: performance.now() + SETTLE_PATIENCE_MS,
        row,
        cells: settleCells(row),
        resolve,
        reject,
      })
    })
  }

  return {
    settle: async (row) => settle(row),
    idle: batches.idle,
  }
}

function answer(batch: readonly Item[], { verdicts, alerts }: Answer): void {
  const raised = alertsByItem(batch, alerts)
  batch.forEach((item, index) => {
    const failure = failureOf(verdicts[index] ?? 0, item.row)
    if (failure !== undefined) item.reject(failure)
    else item.resolve(raised?.get(item) ?? NO_ALERTS)
  })
}

function failureOf(verdict: number, { requestId }: UsageRow): GatewayError | undefined {
  if (verdict >= 1 && verdict <= 4) return undefined
  if (verdict === 5) {
    return new GatewayError('already_exists', `The request ${requestId} is on the ledger already.`)
  }
  if (verdict === 7) {
    return new GatewayError(
      'failed_precondition',
      `The request ${requestId} is older than what the ledger keeps.`,
      {
        hint: 'It may have been counted and removed before, so it is not counted again.',
      },
    )
  }
  const hint = `The row of request ${requestId} is for another key or project than its reservation.`
  return new GatewayError('internal', 'Internal error encountered.', { hint })
}

/** All rows of the batch became durable at once: the last one over which the budget stands tells of it. */
function alertsByItem(
  batch: readonly Item[],
  alerts: Answer['alerts'],
): ReadonlyMap<Item, readonly BudgetAlert[]> | undefined {
  if (alerts.length === 0) return undefined
  const raised = new Map<Item, BudgetAlert[]>()
  for (const { budget: columns, window_start: windowStart, spent } of alerts) {
    const budget = toBudgetRecord(columns)
    const isOver = ({ row }: Item): boolean =>
      (budget.scope === 'gateway' ||
        budget.scopeId === (budget.scope === 'key' ? row.keyId : row.projectId)) &&
      budgetWindow(budget.period, row.admittedAt).start === windowStart
    const item = batch.findLast(isOver) ?? (batch.at(-1) as Item)
    const list = raised.get(item) ?? []
    list.push(Object.freeze({ budget, windowStart, spentNanoUsd: spent }))
    raised.set(item, list)
  }
  return raised
}
