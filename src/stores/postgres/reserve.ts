/** Opens requests on the books, many in one transaction. */
import { randomUUID } from 'node:crypto'
import { GatewayError } from '../../errors.ts'
import type { BudgetState } from '../../nouns/directory.ts'
import type { Reservation, Reserved } from '../../nouns/ledger.ts'
import { budgetWindow } from '../budget-windows.ts'
import { checkReservation } from '../checks.ts'
import { sendUntil } from './attempts.ts'
import { createBatches, type Waiting } from './batches.ts'
import { type BudgetColumns, toBudgetRecord } from './budget-rows.ts'
import type { Database } from './database.ts'
import type { Link } from './link.ts'
import { tagsText } from './rows.ts'
import { toOptionalText, toText } from './text.ts'

/** How long a request waits for the books before it is refused. */
export const RESERVE_PATIENCE_MS = 2_000
const ROWS_MAX = 1_000

const STATEMENT = { name: 'reserve', text: 'SELECT wasat.reserve($1, $2) AS answer' }

interface Item extends Waiting {
  /** A JSON object without its first brace. */
  readonly cells: string
  readonly isBudgeted: boolean
  readonly resolve: (reserved: Reserved) => void
}

interface Answer {
  readonly now: number
  /** On the books already; `is_ours`: by this very call, whose first answer was lost. */
  readonly known: readonly {
    readonly ord: number
    readonly is_ours: boolean | null
    readonly admitted_at: number
  }[]
  readonly refused: readonly Refusal[]
  readonly budgets: Readonly<Record<string, BudgetColumns>>
}

interface Refusal {
  readonly ord: number
  readonly reason: 'exhausted' | 'unpriced'
  readonly budget: string
  readonly start: number
  readonly spent: number
  readonly reserved: number
}

export interface ReserveParts {
  readonly database: Database
  readonly link: Link
  /** Of these nobody knows whether they were reserved, and nobody begins on them. */
  readonly doubt: (requestIds: readonly string[]) => void
}

export interface Reserver {
  reserve(reservation: Reservation): Promise<Reserved>
  idle(): Promise<void>
}

export function createReserver(parts: ReserveParts): Reserver {
  const batches = createBatches<Item>({ rowsMax: ROWS_MAX, link: parts.link, commit })

  async function commit(batch: readonly Item[]): Promise<void> {
    const json = `[${batch.map((item, index) => `{"ord":${index + 1},${item.cells}`).join(',')}]`
    const deadlineAtMs = batch[0]?.deadlineAtMs ?? 0
    const sent = await sendUntil<Answer>(parts, STATEMENT, [json, parts.link.instance], deadlineAtMs)
    if (sent.state === 'answered') return answer(batch, sent.answer)
    // One value is at fault: the others go without it.
    if (sent.state === 'faulty' && batch.length > 1) {
      for (const item of batch) await commit([item])
      return
    }
    if (sent.state === 'failed' && sent.isUnknown) {
      parts.doubt(batch.filter(({ isBudgeted }) => isBudgeted).map(({ requestId }) => requestId))
    }
    for (const item of batch) item.reject(sent.error)
  }

  function reserve(reservation: Reservation): Promise<Reserved> {
    checkReservation(reservation)
    return new Promise((resolve, reject) => {
      batches.add({
        requestId: reservation.requestId,
        isBudgeted: reservation.isBudgeted,
        deadlineAtMs: performance.now() + RESERVE_PATIENCE_MS,
        cells: cellsOf(reservation),
        resolve,
        reject,
      })
    })
  }

  return {
    // What is thrown while it is looked at is a rejection, too.
    reserve: async (reservation) => reserve(reservation),
    idle: batches.idle,
  }
}

function answer(batch: readonly Item[], { now, known, refused, budgets }: Answer): void {
  const others = new Map<number, Reserved | GatewayError>()
  for (const { ord, is_ours, admitted_at } of known)
    others.set(ord, is_ours ? { granted: true, admittedAt: admitted_at } : reservedBefore(batch[ord - 1]))
  for (const refusal of refused) {
    const columns = budgets[refusal.budget] as BudgetColumns
    others.set(refusal.ord, { granted: false, reason: refusal.reason, budget: stateOf(columns, refusal) })
  }
  const granted: Reserved = Object.freeze({ granted: true, admittedAt: now })
  batch.forEach((item, index) => {
    const other = others.get(index + 1) ?? granted
    if (other instanceof GatewayError) item.reject(other)
    else item.resolve(other)
  })
}

function stateOf(columns: BudgetColumns, { start, spent, reserved }: Refusal): BudgetState {
  const record = toBudgetRecord(columns)
  const { end } = budgetWindow(record.period, start)
  return Object.freeze({
    ...record,
    windowStart: start,
    windowEnd: end,
    spentNanoUsd: spent,
    reservedNanoUsd: reserved,
  })
}

function reservedBefore(item: Item | undefined): GatewayError {
  return new GatewayError('already_exists', `The request ${item?.requestId} is on the ledger already.`)
}

function cellsOf(reservation: Reservation): string {
  const cells = JSON.stringify({
    request_id: toText(reservation.requestId),
    key_id: toText(reservation.keyId),
    project_id: toOptionalText(reservation.projectId),
    verb: toText(reservation.verb),
    model: toText(reservation.model),
    tags: tagsText(reservation.tags),
    reserved_nano_usd: reservation.reservedNanoUsd,
    is_priced: reservation.isPriced === true,
    lease_ms: reservation.leaseMs,
    nonce: randomUUID(),
  })
  return cells.slice(1)
}
