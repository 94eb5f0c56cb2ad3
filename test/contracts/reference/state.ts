/**
 * The reference: the books as simply as they can be written down. It keeps facts only, and works out every sum anew from
 * all of them; so it is slow, and has no cache that could be wrong.
 */
import { GatewayError } from '../../../src/errors.ts'
import type {
  BudgetPeriod,
  BudgetRecord,
  BudgetState,
  KeyRecord,
  ProjectRecord,
} from '../../../src/nouns/directory.ts'
import type {
  AdjustmentRow,
  BookEvent,
  HourRow,
  ReservationRow,
  UsageRow,
} from '../../../src/nouns/ledger.ts'

export interface State {
  readonly now: () => number
  readonly keys: Map<string, KeyRecord>
  readonly projects: Map<string, ProjectRecord>
  readonly budgets: Map<string, BudgetRecord>
  readonly settings: Map<string, string>
  /** In the order of their commits, which is also that of `reservations`. */
  readonly events: BookEvent[]
  readonly reservations: Map<string, ReservationRow>
  readonly requests: Map<string, UsageRow>
  /** What a request was really settled with, that recovery had closed. */
  readonly late: Map<string, UsageRow>
  readonly adjustments: AdjustmentRow[]
  readonly prices: Map<string, string>
  /** `<budget>@<start of the window>` */
  readonly alerted: Set<string>
  readonly windows: Set<string>
  /** Requests of this process that are under way. */
  readonly live: Set<string>
  prunedBefore: number
  prunedHours: HourRow[]
}

export function createState(now: () => number): State {
  return {
    now,
    keys: new Map(),
    projects: new Map(),
    budgets: new Map(),
    settings: new Map(),
    events: [],
    reservations: new Map(),
    requests: new Map(),
    late: new Map(),
    adjustments: [],
    prices: new Map(),
    alerted: new Set(),
    windows: new Set(),
    live: new Set(),
    prunedBefore: 0,
    prunedHours: [],
  }
}

const DAY_MS = 86_400_000

/** Day by day from `at` back to the first of its kind: slow and plain. */
export function windowOf(period: BudgetPeriod, at: number): { start: number; end: number | undefined } {
  if (period === 'ever') return { start: 0, end: undefined }
  const isFirst = (day: number): boolean => {
    const date = new Date(day)
    return period === 'day' || (period === 'week' ? date.getUTCDay() === 1 : date.getUTCDate() === 1)
  }
  let start = new Date(at).setUTCHours(0, 0, 0, 0)
  while (!isFirst(start)) start -= DAY_MS
  let end = start + DAY_MS
  while (!isFirst(end)) end += DAY_MS
  return { start, end }
}

interface Counted {
  readonly keyId: string
  readonly projectId: string | undefined
}

export function standsOver({ scope, scopeId }: BudgetRecord, { keyId, projectId }: Counted): boolean {
  return scope === 'gateway' || scopeId === (scope === 'key' ? keyId : projectId)
}

export function isOpen(state: State, id: string): boolean {
  return state.reservations.has(id) && !state.requests.has(id)
}

export function billedOf(state: State, row: UsageRow): bigint {
  return state.adjustments
    .filter(({ requestId }) => requestId === row.requestId)
    .reduce((sum, { billedNanoUsd }) => sum + BigInt(billedNanoUsd), BigInt(row.billedNanoUsd))
}

/** Where a budget stands in the window that holds `at`. */
export function budgetState(state: State, budget: BudgetRecord, at: number): BudgetState {
  const { start, end } = windowOf(budget.period, at)
  const isIn = (request: Counted, time: number) =>
    standsOver(budget, request) && time >= start && (end === undefined || time < end)
  let spent = 0n
  let reserved = 0n
  for (const row of state.requests.values()) if (isIn(row, row.admittedAt)) spent += billedOf(state, row)
  for (const hour of state.prunedHours) if (isIn(hour, hour.hour)) spent += hour.billedNanoUsd
  for (const row of state.reservations.values())
    if (isOpen(state, row.requestId) && isIn(row, row.admittedAt)) reserved += BigInt(row.reservedNanoUsd)
  return {
    ...budget,
    windowStart: start,
    windowEnd: end,
    spentNanoUsd: Number(spent),
    reservedNanoUsd: Number(reserved),
  }
}

/** A window of a budget has been used. */
export function touch(state: State, request: Counted, at: number): void {
  for (const budget of state.budgets.values())
    if (standsOver(budget, request)) state.windows.add(`${budget.id}@${windowOf(budget.period, at).start}`)
}

export function taken(what: string): GatewayError {
  return new GatewayError('already_exists', `${what} is there already`)
}
