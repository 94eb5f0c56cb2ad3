/** What changes about a request after it was settled: rows of their own, and the sums follow. */
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { AdjustmentRow, BudgetAlert, UsageRow } from '../../nouns/ledger.ts'
import type { Price } from '../../nouns/money.ts'
import type { Books, Draft } from './books.ts'
import type { Budgets } from './budgets.ts'
import {
  ADJUSTMENT_COLUMNS,
  type Cells,
  isSame,
  type LateDocument,
  quantitiesOf,
  requestCells,
  toSettledRow,
} from './cells.ts'
import { hasUse } from './rollups.ts'
import type { Windows } from './windows.ts'

/** Of the request that is adjusted: what its sums and windows are found by. */
export type Adjusted = Pick<
  UsageRow,
  'requestId' | 'admittedAt' | 'keyId' | 'projectId' | 'model' | 'upstream' | 'upstreamModel' | 'tags'
>

export interface Change extends Pick<AdjustmentRow, 'reason' | 'billedNanoUsd' | 'upstreamCostNanoUsd'> {
  readonly price: Price | undefined
  readonly late: LateDocument | undefined
  /** What it adds to the number of requests without a price. */
  readonly unpriced: -1 | 0 | 1
}

export interface Adjust {
  /** The real end of a request that recovery had closed. Throws `already_exists` when another one came before. */
  late(draft: Draft, admission: number, standing: Cells, row: UsageRow): readonly BudgetAlert[]
  write(draft: Draft, admission: number, row: Adjusted, change: Change): readonly BudgetAlert[]
}

export function createAdjust(
  database: DatabaseSync,
  books: Books,
  budgets: Budgets,
  windows: Windows,
): Adjust {
  const insert = database.prepare(
    `INSERT INTO adjustments (${ADJUSTMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const nextNumber = database.prepare(
    'SELECT coalesce(max(number), 0) + 1 AS number FROM adjustments WHERE admission = ?',
  )
  const lateDocument = database.prepare(
    "SELECT document FROM adjustments WHERE admission = ? AND reason = 'late'",
  )

  function write(draft: Draft, admission: number, row: Adjusted, change: Change): readonly BudgetAlert[] {
    const { billedNanoUsd, upstreamCostNanoUsd, price, late, unpriced } = change
    if (price !== undefined) books.keepPrice(draft, price)
    const { number } = nextNumber.get(admission) as { number: number }
    const cells: Cells = [
      admission,
      number,
      change.reason,
      billedNanoUsd,
      upstreamCostNanoUsd,
      price?.version ?? null,
      draft.at,
      late === undefined ? null : JSON.stringify(late),
    ]
    insert.run(...cells)
    books.note(draft, `a${admission}.${number}`, cells)
    const over = budgets.over(row.keyId, row.projectId)
    const movement = {
      admittedAt: row.admittedAt,
      givenBack: 0,
      spent: billedNanoUsd,
      canAlert: late !== undefined,
    }
    const alerts = windows.move(draft, over, movement)
    const quantities = late && quantitiesOf(late)
    books.rollups.change(row, { unpriced, quantities, billedNanoUsd, upstreamCostNanoUsd })
    return alerts
  }

  function late(draft: Draft, admission: number, standing: Cells, row: UsageRow): readonly BudgetAlert[] {
    const { price, ...document } = row
    const known = lateDocument.get(admission) as { document: string } | undefined
    if (known !== undefined) {
      if (isSameLate(JSON.parse(known.document), document)) return []
      throw new GatewayError(
        'already_exists',
        `The request ${row.requestId} is on the ledger with another end.`,
      )
    }
    return write(draft, admission, toSettledRow(standing, 0), {
      reason: 'late',
      billedNanoUsd: row.billedNanoUsd,
      upstreamCostNanoUsd: row.upstreamCostNanoUsd,
      price,
      late: document,
      unpriced: price === undefined && hasUse(row) ? 1 : 0,
    })
  }

  return { late, write }
}

function isSameLate(known: LateDocument, document: LateDocument): boolean {
  return isSame(
    requestCells(0, { ...known, price: undefined }),
    requestCells(0, { ...document, price: undefined }),
  )
}
