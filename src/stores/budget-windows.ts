/** The windows of budgets, in UTC: pure functions of a period and an instant, both in milliseconds since the epoch. */
import type { BudgetPeriod } from '../nouns/directory.ts'

const DAY_MS = 86_400_000
/** 1970-01-01 was a Thursday; the Monday of its week lies three days before. */
const MONDAY_OFFSET_MS = 3 * DAY_MS

export interface BudgetWindow {
  readonly start: number
  /** The first instant after it; undefined for `ever`. */
  readonly end: number | undefined
}

export function budgetWindow(period: BudgetPeriod, at: number): BudgetWindow {
  switch (period) {
    case 'day': {
      const start = Math.floor(at / DAY_MS) * DAY_MS
      return { start, end: start + DAY_MS }
    }
    case 'week': {
      const start = Math.floor((at + MONDAY_OFFSET_MS) / (7 * DAY_MS)) * 7 * DAY_MS - MONDAY_OFFSET_MS
      return { start, end: start + 7 * DAY_MS }
    }
    case 'month': {
      const date = new Date(at)
      const year = date.getUTCFullYear()
      const month = date.getUTCMonth()
      return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) }
    }
    case 'ever':
      return { start: 0, end: undefined }
  }
}
