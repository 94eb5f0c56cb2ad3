/**
 * The windows of budgets, in UTC. The stores have arithmetic of their own: a fault that both shared could not be seen.
 */
import type { BudgetPeriod } from '../../nouns/directory.ts'

export interface Span {
  readonly start: number
  /** The first moment that is not in it; Infinity for `ever`. */
  readonly end: number
}

export const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS
/** The Monday before the epoch's Thursday. */
const FIRST_MONDAY = -3 * DAY_MS

/** The window that holds `at`, milliseconds since the epoch. */
export function windowAt(period: BudgetPeriod, at: number): Span {
  if (period === 'ever') return { start: 0, end: Number.POSITIVE_INFINITY }
  if (period === 'month') return monthAt(new Date(at))
  const [length, first] = period === 'day' ? [DAY_MS, 0] : [WEEK_MS, FIRST_MONDAY]
  const start = first + Math.floor((at - first) / length) * length
  return { start, end: start + length }
}

function monthAt(date: Date): Span {
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) }
}

export function hourAt(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS
}
