/** The ledger of the reference: the writing side. */
import { isDeepStrictEqual } from 'node:util'
import { GatewayError } from '../../../src/errors.ts'
import type {
  BudgetAlert,
  FindPrice,
  Ledger,
  Repriced,
  Reservation,
  ReservationRow,
  Reserved,
  UsageRow,
} from '../../../src/nouns/ledger.ts'
import type { Price, Quantities } from '../../../src/nouns/money.ts'
import { memoryBook } from './book.ts'
import { bookFacts, countsOf, hourSums, reportOf, rowsOf } from './reading.ts'
import { budgetState, isOpen, type State, standsOver, taken, touch } from './state.ts'

const HOUR_MS = 3_600_000

export function createReferenceLedger(state: State): Ledger {
  return {
    reserve: async (reservation) => reserve(state, reservation),
    settle: async (row) => settle(state, row),
    recover: async () => recover(state),
    replicas: () => 1,
    countsSince: async (scope, since, unit) => countsOf(state, scope, since, unit),
    report: async (query) => reportOf(state, query),
    rows: (query) => rowsOf(state, query),
    reprice: async (find) => reprice(state, find),
    prune: async (before) => prune(state, before),
    openBook: async () => memoryBook(structuredClone(bookFacts(state))),
    backup: async () => {
      throw new GatewayError('unimplemented', 'there is nothing to copy')
    },
    trouble: () => undefined,
  }
}

function reserve(state: State, reservation: Reservation): Reserved {
  const { requestId, reservedNanoUsd, isPriced } = reservation
  if (!Number.isSafeInteger(reservedNanoUsd) || reservedNanoUsd < 0) throw badRow()
  if (state.reservations.has(requestId) || state.requests.has(requestId)) throw taken('the request')
  const admittedAt = state.now()
  for (const budget of state.budgets.values()) {
    if (!budget.hardStop || !standsOver(budget, reservation)) continue
    const standing = budgetState(state, budget, admittedAt)
    if (!isPriced) return { granted: false, reason: 'unpriced', budget: standing }
    const total = standing.spentNanoUsd + standing.reservedNanoUsd + reservedNanoUsd
    if (total > budget.limitNanoUsd) return { granted: false, reason: 'exhausted', budget: standing }
  }
  const { leaseMs, isBudgeted: _, ...rest } = reservation
  writeReservation(state, { ...rest, admittedAt, leaseUntil: admittedAt + leaseMs })
  state.live.add(requestId)
  return { granted: true, admittedAt }
}

function writeReservation(state: State, row: ReservationRow): void {
  state.reservations.set(row.requestId, row)
  state.events.push({ kind: 'reserve', requestId: row.requestId })
  touch(state, row, row.admittedAt)
}

function settle(state: State, row: UsageRow): readonly BudgetAlert[] {
  checkRow(row)
  const known = state.requests.get(row.requestId)
  if (known === undefined) return settleFirst(state, row)
  if (known.outcome === 'crash_recovered' && row.outcome !== 'crash_recovered') return settleLate(state, row)
  if (!isDeepStrictEqual(known, { ...row, admittedAt: known.admittedAt })) throw taken('the request')
  return []
}

function settleFirst(state: State, row: UsageRow): readonly BudgetAlert[] {
  const { requestId, keyId, projectId, verb, model, tags, reservedNanoUsd, admittedAt } = row
  if (!state.reservations.has(requestId)) {
    const common = { requestId, keyId, projectId, verb, model, tags, reservedNanoUsd, admittedAt }
    writeReservation(state, { ...common, isPriced: row.price !== undefined, leaseUntil: admittedAt })
  }
  const admitted = state.reservations.get(requestId)?.admittedAt ?? admittedAt
  state.requests.set(requestId, { ...row, admittedAt: admitted })
  state.live.delete(requestId)
  state.events.push({ kind: 'settle', requestId })
  pin(state, row.price)
  return alertsOf(state, row, admitted)
}

function settleLate(state: State, row: UsageRow): readonly BudgetAlert[] {
  const known = state.late.get(row.requestId)
  if (known !== undefined) {
    if (isDeepStrictEqual(known, row)) return []
    throw taken('the request')
  }
  state.late.set(row.requestId, row)
  const { requestId, billedNanoUsd, upstreamCostNanoUsd, price } = row
  pin(state, price)
  adjust(state, { requestId, reason: 'late', billedNanoUsd, upstreamCostNanoUsd, price, quantities: row })
  return alertsOf(state, row, state.requests.get(requestId)?.admittedAt ?? row.admittedAt)
}

interface Change {
  readonly requestId: string
  readonly reason: 'late' | 'repriced'
  readonly billedNanoUsd: number
  readonly upstreamCostNanoUsd: number
  readonly price: Price | undefined
  readonly quantities: Quantities | undefined
}

function adjust(state: State, { price, quantities, ...change }: Change): void {
  const { requestId } = change
  const number = state.adjustments.filter((other) => other.requestId === requestId).length + 1
  state.adjustments.push({
    ...change,
    number,
    priceVersion: price?.version,
    quantities: quantities && quantitiesOf(quantities),
    createdAt: state.now(),
  })
  state.events.push({ kind: 'adjust', requestId, number })
}

export function quantitiesOf(quantities: Quantities): Quantities {
  const { promptTokens, cachedTokens, candidatesTokens } = quantities
  const { thoughtsTokens, toolUsePromptTokens, totalTokens, details } = quantities
  return {
    ...{ promptTokens, cachedTokens, candidatesTokens },
    ...{ thoughtsTokens, toolUsePromptTokens, totalTokens, details },
  }
}

function pin({ prices }: State, price: Price | undefined): void {
  if (price !== undefined) prices.set(price.version, price.document)
}

function alertsOf(state: State, row: UsageRow, admittedAt: number): BudgetAlert[] {
  const alerts: BudgetAlert[] = []
  if (row.billedNanoUsd === 0) return alerts
  for (const budget of state.budgets.values()) {
    if (budget.alertPercent === undefined || !standsOver(budget, row)) continue
    const { windowStart, spentNanoUsd } = budgetState(state, budget, admittedAt)
    const window = `${budget.id}@${windowStart}`
    if (state.alerted.has(window) || spentNanoUsd * 100 < budget.limitNanoUsd * budget.alertPercent) continue
    state.alerted.add(window)
    alerts.push({ budget, windowStart, spentNanoUsd })
  }
  return alerts
}

function recover(state: State): number {
  const now = state.now()
  const dead = [...state.reservations.values()].filter(
    ({ requestId, leaseUntil }) =>
      isOpen(state, requestId) && (!state.live.has(requestId) || leaseUntil <= now),
  )
  for (const row of dead) settleFirst(state, recovered(row, now))
  return dead.length
}

function recovered(row: ReservationRow, settledAt: number): UsageRow {
  const { requestId, keyId, projectId, admittedAt, verb, model, tags, reservedNanoUsd } = row
  return {
    ...{ requestId, keyId, projectId, admittedAt, settledAt, verb, model, tags, reservedNanoUsd },
    ...{ outcome: 'crash_recovered', status: 0, usageSource: 'none', tier: 'standard' },
    ...{ promptTokens: 0, cachedTokens: 0, candidatesTokens: 0, thoughtsTokens: 0 },
    ...{ toolUsePromptTokens: 0, totalTokens: 0, details: undefined },
    ...{ upstream: undefined, upstreamModel: undefined, modelVersion: undefined, price: undefined },
    ...{ attempts: 0, otherAttempts: [], billedNanoUsd: 0, upstreamCostNanoUsd: 0, deliveredBytes: 0 },
    ...{ finishReason: undefined, firstByteMs: undefined, durationMs: 0 },
  }
}

function reprice(state: State, find: FindPrice): Repriced {
  let requests = 0
  let billedNanoUsd = 0n
  for (const { requestId, admittedAt } of state.requests.values()) {
    const row = state.late.get(requestId) ?? state.requests.get(requestId)
    if (row === undefined || row.price !== undefined || isRepriced(state, requestId)) continue
    const { upstream, upstreamModel } = row
    if (upstream === undefined || upstreamModel === undefined || row.usageSource === 'none') continue
    if (row.totalTokens === 0) continue
    const found = find(upstream, upstreamModel, admittedAt)
    if (found === undefined) continue
    const cost = found.cost(row, row.tier)
    pin(state, found.price)
    const amounts = { billedNanoUsd: cost, upstreamCostNanoUsd: cost }
    adjust(state, { requestId, reason: 'repriced', ...amounts, price: found.price, quantities: undefined })
    requests++
    billedNanoUsd += BigInt(cost)
  }
  return { requests, billedNanoUsd }
}

function isRepriced({ adjustments }: State, id: string): boolean {
  return adjustments.some(({ requestId, reason }) => requestId === id && reason === 'repriced')
}

function prune(state: State, before: number): number {
  const hour = Math.floor(before / HOUR_MS) * HOUR_MS
  if (hour <= state.prunedBefore) return 0
  const gone = [...state.requests.values()].filter(({ admittedAt }) => admittedAt < hour)
  const ids = new Set(gone.map(({ requestId }) => requestId))
  const hours = hourSums(state).filter((sum) => sum.hour < hour)
  for (const id of ids) {
    state.requests.delete(id)
    state.reservations.delete(id)
  }
  remove(state.adjustments, ({ requestId }) => ids.has(requestId))
  remove(state.events, (event) => event.kind !== 'budget' && ids.has(event.requestId))
  state.prunedHours = hours
  state.prunedBefore = hour
  return gone.length
}

function remove<Row>(rows: Row[], isGone: (row: Row) => boolean): void {
  const kept = rows.filter((row) => !isGone(row))
  rows.splice(0, rows.length, ...kept)
}

const AMOUNTS = [
  'promptTokens',
  'cachedTokens',
  'candidatesTokens',
  'thoughtsTokens',
  'toolUsePromptTokens',
  'totalTokens',
  'reservedNanoUsd',
  'billedNanoUsd',
  'upstreamCostNanoUsd',
  'admittedAt',
  'settledAt',
  'attempts',
  'status',
  'deliveredBytes',
] as const
const OUTCOMES = [
  'complete',
  'refused',
  'upstream_error',
  'upstream_broken',
  'client_gone',
  'crash_recovered',
]
const SOURCES = ['final', 'partial', 'estimated', 'none']

function checkRow(row: UsageRow): void {
  const isRight =
    AMOUNTS.every((name) => Number.isSafeInteger(row[name]) && row[name] >= 0) &&
    OUTCOMES.includes(row.outcome) &&
    SOURCES.includes(row.usageSource) &&
    typeof row.keyId === 'string' &&
    typeof row.model === 'string'
  if (!isRight) throw badRow()
}

function badRow(): GatewayError {
  return new GatewayError('internal', 'Internal error encountered.')
}
