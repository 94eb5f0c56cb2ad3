import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { BudgetAlert, UsageRow } from '../../nouns/ledger.ts'
import type { Adjust } from './adjust.ts'
import type { Books, Draft } from './books.ts'
import type { Budgets } from './budgets.ts'
import {
  ATTEMPT_COLUMNS,
  attemptCells,
  type Cells,
  isSame,
  REQUEST_COLUMN_COUNT,
  REQUEST_COLUMNS,
  REQUEST_PLACE,
  requestCells,
} from './cells.ts'
import type { Reserve } from './reserve.ts'
import type { Windows } from './windows.ts'

/** Throws `already_exists`, `failed_precondition` or `internal`; then nothing was changed. */
export type Settle = (draft: Draft, row: UsageRow) => readonly BudgetAlert[]

export interface SettleParts {
  readonly books: Books
  readonly budgets: Budgets
  readonly windows: Windows
  readonly reserve: Reserve
  readonly adjust: Adjust
}

const NO_ALERTS: readonly BudgetAlert[] = Object.freeze([])

interface Admitted {
  readonly admission: number
  readonly keyId: string
  readonly projectId: string | undefined
  readonly admittedAt: number
  readonly reservedNanoUsd: number
}

export function createSettle(database: DatabaseSync, parts: SettleParts): Settle {
  const { books, budgets, windows, reserve, adjust } = parts
  const insert = database.prepare(insertText())
  const insertAttempt = database.prepare(
    `INSERT INTO other_attempts (${ATTEMPT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const find = createFind(database)

  /** The usual way: one statement finds the reservation, sees that it fits and is open, and writes the row. */
  function settle(
    draft: Draft,
    row: UsageRow,
    givenBack: number = row.reservedNanoUsd,
  ): readonly BudgetAlert[] {
    const cells = requestCells(0, row)
    const done = insert.run(...cells)
    if (done.changes === 0) return settleOtherwise(draft, row)
    if (row.price !== undefined) books.keepPrice(draft, row.price)
    const admission = Number(done.lastInsertRowid)
    cells[0] = admission
    books.note(draft, `s${admission}`, cells)
    if (row.otherAttempts.length > 0) writeAttempts(draft, admission, row)
    draft.closed.push(admission)
    books.rollups.add(draft.groups, row)
    const over = budgets.over(row.keyId, row.projectId)
    if (over.length === 0) return NO_ALERTS
    const { admittedAt, billedNanoUsd: spent } = row
    return windows.move(draft, over, { admittedAt, givenBack, spent, canAlert: true })
  }

  function writeAttempts(draft: Draft, admission: number, row: UsageRow): void {
    // In the order in which they are read back when the chain is verified.
    for (const attempt of row.otherAttempts.toSorted((a, b) => a.number - b.number)) {
      const cells = attemptCells(admission, attempt)
      insertAttempt.run(...cells)
      books.alongside(draft, cells)
    }
  }

  function settleOtherwise(draft: Draft, row: UsageRow): readonly BudgetAlert[] {
    const admitted = find.reservation(row.requestId)
    if (admitted === undefined) return bringReservation(draft, row)
    if (admitted.keyId !== row.keyId || admitted.projectId !== row.projectId)
      throw alreadyExists(row, 'for another key')
    // What was reserved, and when, is what the reservation says: it decides the windows.
    const { admittedAt, reservedNanoUsd } = admitted
    const fitting = { ...row, admittedAt, reservedNanoUsd }
    const standing = find.request(admitted.admission)
    if (standing === undefined) return settle(draft, fitting)
    if (isSame(standing, requestCells(admitted.admission, fitting))) return NO_ALERTS
    if (standing[OUTCOME] !== 'crash_recovered') throw alreadyExists(row, 'with another end')
    return adjust.late(draft, admitted.admission, standing, fitting)
  }

  /** Nothing was reserved: what the row says of it is on the books, and no budget is asked. */
  function bringReservation(draft: Draft, row: UsageRow): readonly BudgetAlert[] {
    if (row.admittedAt < find.prunedBefore()) throw prunedAway(row)
    const { requestId, keyId, projectId, verb, model, tags, reservedNanoUsd, admittedAt } = row
    const admission = reserve.open(
      draft,
      {
        requestId,
        keyId,
        projectId,
        verb,
        model,
        tags,
        reservedNanoUsd,
        isPriced: row.price !== undefined,
        isBudgeted: false,
        leaseMs: 0,
      },
      admittedAt,
      'settled',
    )
    if (admission === undefined) throw alreadyExists(row, 'already')
    return settle(draft, row, 0)
  }

  return (draft, row) => settle(draft, row)
}

/** Where `REQUEST_COLUMNS` has the outcome; the first is 0. */
const OUTCOME = 9

function insertText(): string {
  const { requestId, keyId, projectId, admittedAt, reserved } = REQUEST_PLACE
  const values = Array.from({ length: REQUEST_COLUMN_COUNT - 1 }, (_, index) => `?${index + 2}`)
  return `
    INSERT INTO requests (${REQUEST_COLUMNS})
    SELECT admission, ${values.join(', ')} FROM reservations
    WHERE request_id = ?${requestId} AND key_id = ?${keyId} AND project_id IS ?${projectId}
      AND admitted_at = ?${admittedAt} AND reserved_nano_usd = ?${reserved}
    ON CONFLICT (admission) DO NOTHING`
}

function createFind(database: DatabaseSync) {
  const reservation = database.prepare(
    `SELECT admission, key_id AS keyId, project_id AS projectId, admitted_at AS admittedAt,
       reserved_nano_usd AS reservedNanoUsd
     FROM reservations WHERE request_id = ?`,
  )
  const request = database.prepare(`SELECT ${REQUEST_COLUMNS} FROM requests WHERE admission = ?`)
  request.setReturnArrays(true)
  const pruned = database.prepare('SELECT pruned_before AS prunedBefore FROM ledger_state')
  return {
    reservation(requestId: string): Admitted | undefined {
      const found = reservation.get(requestId) as
        | (Omit<Admitted, 'projectId'> & { readonly projectId: string | null })
        | undefined
      return found && { ...found, projectId: found.projectId ?? undefined }
    },
    request: (admission: number): Cells | undefined => request.get(admission) as unknown as Cells | undefined,
    prunedBefore: (): number => (pruned.get() as { prunedBefore: number }).prunedBefore,
  }
}

function alreadyExists(row: UsageRow, how: string): GatewayError {
  return new GatewayError('already_exists', `The request ${row.requestId} is on the ledger ${how}.`)
}

function prunedAway(row: UsageRow): GatewayError {
  return new GatewayError(
    'failed_precondition',
    `The request ${row.requestId} was admitted at a time whose rows were removed.`,
    { hint: 'It may have been among them, so it was not counted again. Keep rows longer than outages last.' },
  )
}
