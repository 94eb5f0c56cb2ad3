/** Rows as SQLite has them: one cell for each column, in the order of the table. */
import { GatewayError } from '../../errors.ts'
import type { BudgetRecord } from '../../nouns/directory.ts'
import type {
  AdjustmentRow,
  AttemptRow,
  Reservation,
  ReservationRow,
  SettledRow,
  Tags,
  UsageRow,
} from '../../nouns/ledger.ts'
import type { QuantityDetails } from '../../nouns/money.ts'

export type Cell = string | number | null
export type Cells = Cell[]

export const RESERVATION_COLUMNS = `admission, request_id, key_id, project_id, admitted_at, verb, model, tags,
  reserved_nano_usd, is_priced, lease_until, origin`

export const REQUEST_COLUMNS = `admission, request_id, key_id, project_id, admitted_at, settled_at, verb, model, tags,
  outcome, status, upstream, upstream_model, model_version, attempts, usage_source, tier, prompt_tokens, cached_tokens,
  candidates_tokens, thoughts_tokens, tool_use_prompt_tokens, total_tokens, details, price_version, reserved_nano_usd,
  billed_nano_usd, upstream_cost_nano_usd, finish_reason, delivered_bytes, first_byte_ms, duration_ms`

/** Where `REQUEST_COLUMNS` has what a row must agree on with its reservation; the first column is 1. */
export const REQUEST_PLACE = Object.freeze({
  requestId: 2,
  keyId: 3,
  projectId: 4,
  admittedAt: 5,
  reserved: 26,
})
export const REQUEST_COLUMN_COUNT = 32

export const ATTEMPT_COLUMNS = `admission, number, upstream, upstream_model, status, reason, exposure_nano_usd,
  duration_ms`

export const ADJUSTMENT_COLUMNS = `admission, number, reason, billed_nano_usd, upstream_cost_nano_usd, price_version,
  created_at, document`

export const BUDGET_COLUMNS =
  'id, scope, scope_id, period, limit_nano_usd, hard_stop, alert_percent, created_at, updated_at'

export type Origin = 'reserved' | 'settled'

export function reservationCells(
  admission: number,
  reservation: Reservation,
  admittedAt: number,
  origin: Origin,
): Cells {
  return [
    admission,
    reservation.requestId,
    reservation.keyId,
    reservation.projectId ?? null,
    admittedAt,
    reservation.verb,
    reservation.model,
    tagsCell(reservation.tags),
    reservation.reservedNanoUsd,
    reservation.isPriced ? 1 : 0,
    admittedAt + reservation.leaseMs,
    origin,
  ]
}

export function requestCells(admission: number, row: UsageRow): Cells {
  return [
    admission,
    row.requestId,
    row.keyId,
    row.projectId ?? null,
    row.admittedAt,
    row.settledAt,
    row.verb,
    row.model,
    tagsCell(row.tags),
    row.outcome,
    row.status,
    row.upstream ?? null,
    row.upstreamModel ?? null,
    row.modelVersion ?? null,
    row.attempts,
    row.usageSource,
    row.tier,
    row.promptTokens,
    row.cachedTokens,
    row.candidatesTokens,
    row.thoughtsTokens,
    row.toolUsePromptTokens,
    row.totalTokens,
    row.details === undefined ? null : JSON.stringify(row.details),
    row.price === undefined ? null : row.price.version,
    row.reservedNanoUsd,
    row.billedNanoUsd,
    row.upstreamCostNanoUsd,
    row.finishReason ?? null,
    row.deliveredBytes,
    row.firstByteMs ?? null,
    row.durationMs,
  ]
}

export function attemptCells(admission: number, attempt: AttemptRow): Cells {
  return [
    admission,
    attempt.number,
    attempt.upstream,
    attempt.upstreamModel,
    attempt.status ?? null,
    attempt.reason,
    attempt.exposureNanoUsd,
    attempt.durationMs,
  ]
}

export function budgetCells(budget: BudgetRecord): Cells {
  return [
    budget.id,
    budget.scope,
    budget.scopeId,
    budget.period,
    budget.limitNanoUsd,
    budget.hardStop ? 1 : 0,
    budget.alertPercent ?? null,
    budget.createdAt,
    budget.updatedAt,
  ]
}

/** JSON with the names in order, so that equal tags are equal text. */
export function tagsText(tags: Tags): string {
  const names = Object.keys(tags).sort()
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, tags[name]])))
}

const tagsCell = (tags: Tags | undefined): string | null => (tags === undefined ? null : tagsText(tags))

/** Whether a row says what the one on the books says, which has no half surrogate pairs. */
export function isSame(standing: Cells, cells: Cells): boolean {
  return standing.every((cell, index) => {
    const other = cells[index]
    return cell === (typeof other === 'string' ? other.toWellFormed() : other)
  })
}

// ---------------------------------------------------------------------------------------------
// Back.

/** Cells from `start` on, in the order of `RESERVATION_COLUMNS`. */
export function toReservationRow(cells: readonly Cell[]): ReservationRow {
  const text = (index: number): string => cells[index] as string
  const number = (index: number): number => cells[index] as number
  return Object.freeze({
    requestId: text(1),
    keyId: text(2),
    projectId: optional<string>(cells[3]),
    admittedAt: number(4),
    verb: text(5),
    model: text(6),
    tags: toJson<Tags>(cells[7]),
    reservedNanoUsd: number(8),
    isPriced: number(9) === 1,
    leaseUntil: number(10),
  })
}

/** Cells in the order of `REQUEST_COLUMNS`. */
export function toSettledRow(cells: readonly Cell[], adjustedNanoUsd: number): SettledRow {
  const text = (index: number): string => cells[index] as string
  const number = (index: number): number => cells[index] as number
  return Object.freeze({
    requestId: text(1),
    keyId: text(2),
    projectId: optional<string>(cells[3]),
    admittedAt: number(4),
    settledAt: number(5),
    verb: text(6),
    model: text(7),
    tags: toJson<Tags>(cells[8]),
    outcome: text(9) as SettledRow['outcome'],
    status: number(10),
    upstream: optional<string>(cells[11]),
    upstreamModel: optional<string>(cells[12]),
    modelVersion: optional<string>(cells[13]),
    attempts: number(14),
    usageSource: text(15) as SettledRow['usageSource'],
    tier: text(16) as SettledRow['tier'],
    promptTokens: number(17),
    cachedTokens: number(18),
    candidatesTokens: number(19),
    thoughtsTokens: number(20),
    toolUsePromptTokens: number(21),
    totalTokens: number(22),
    details: toJson<QuantityDetails>(cells[23]),
    priceVersion: optional<string>(cells[24]),
    reservedNanoUsd: number(25),
    billedNanoUsd: number(26),
    upstreamCostNanoUsd: number(27),
    finishReason: optional<string>(cells[28]),
    deliveredBytes: number(29),
    firstByteMs: optional<number>(cells[30]),
    durationMs: number(31),
    adjustedNanoUsd,
  })
}

export function toAttemptRow(cells: readonly Cell[]): AttemptRow {
  return Object.freeze({
    number: cells[1] as number,
    upstream: cells[2] as string,
    upstreamModel: cells[3] as string,
    status: optional<number>(cells[4]),
    reason: cells[5] as string,
    exposureNanoUsd: cells[6] as number,
    durationMs: cells[7] as number,
  })
}

/** What a late settlement knew, as `document` of its adjustment has it. */
export type LateDocument = Omit<UsageRow, 'price'>

export function toAdjustmentRow(requestId: string, cells: readonly Cell[]): AdjustmentRow {
  const late = toJson<LateDocument>(cells[7])
  return Object.freeze({
    requestId,
    number: cells[1] as number,
    reason: cells[2] as AdjustmentRow['reason'],
    billedNanoUsd: cells[3] as number,
    upstreamCostNanoUsd: cells[4] as number,
    priceVersion: optional<string>(cells[5]),
    quantities: late === undefined ? undefined : Object.freeze(quantitiesOf(late)),
    createdAt: cells[6] as number,
  })
}

export function toBudgetRecord(cells: readonly Cell[]): BudgetRecord {
  return Object.freeze({
    id: cells[0] as string,
    scope: cells[1] as BudgetRecord['scope'],
    scopeId: cells[2] as string,
    period: cells[3] as BudgetRecord['period'],
    limitNanoUsd: cells[4] as number,
    hardStop: cells[5] === 1,
    alertPercent: optional<number>(cells[6]),
    createdAt: cells[7] as number,
    updatedAt: cells[8] as number,
  })
}

export function quantitiesOf(from: LateDocument | SettledRow | UsageRow) {
  return {
    promptTokens: from.promptTokens,
    cachedTokens: from.cachedTokens,
    candidatesTokens: from.candidatesTokens,
    thoughtsTokens: from.thoughtsTokens,
    toolUsePromptTokens: from.toolUsePromptTokens,
    totalTokens: from.totalTokens,
    details: from.details,
  }
}

function optional<Value>(cell: Cell | undefined): Value | undefined {
  return (cell ?? undefined) as Value | undefined
}

function toJson<Value>(cell: Cell | undefined): Value | undefined {
  if (cell === null || cell === undefined) return undefined
  try {
    return JSON.parse(cell as string) as Value
  } catch (cause) {
    throw new GatewayError('internal', 'Internal error encountered.', {
      hint: 'A column of the ledger that should be JSON is not: run `wasat doctor ledger`.',
      cause,
    })
  }
}
