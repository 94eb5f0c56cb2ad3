/** Budgets as PostgreSQL has them, and back. */
import type { BudgetPeriod, BudgetRecord, BudgetScope, BudgetState } from '../../nouns/directory.ts'
import { budgetWindow } from '../budget-windows.ts'
import { fromText, toText } from './text.ts'

export interface BudgetColumns {
  readonly id: string
  readonly scope: BudgetScope
  readonly scope_id: string
  readonly period: BudgetPeriod
  readonly limit_nano_usd: number
  readonly hard_stop: boolean
  readonly alert_percent: number | null
  readonly created_at: number
  readonly updated_at: number
}

/** With the window that holds the database's time, if anything happened in it. */
export interface BudgetStateColumns extends BudgetColumns {
  readonly window_start: number
  readonly spent: number | null
  readonly reserved: number | null
}

export function toBudgetRecord(columns: BudgetColumns): BudgetRecord {
  return Object.freeze({
    id: fromText(columns.id),
    scope: columns.scope,
    scopeId: fromText(columns.scope_id),
    period: columns.period,
    limitNanoUsd: columns.limit_nano_usd,
    hardStop: columns.hard_stop,
    alertPercent: columns.alert_percent ?? undefined,
    createdAt: columns.created_at,
    updatedAt: columns.updated_at,
  })
}

export function toBudgetState(columns: BudgetStateColumns): BudgetState {
  const record = toBudgetRecord(columns)
  return Object.freeze({
    ...record,
    windowStart: columns.window_start,
    windowEnd: budgetWindow(record.period, columns.window_start).end,
    spentNanoUsd: columns.spent ?? 0,
    reservedNanoUsd: columns.reserved ?? 0,
  })
}

export function budgetCells(budget: BudgetRecord): BudgetColumns {
  return {
    id: toText(budget.id),
    scope: budget.scope,
    scope_id: toText(budget.scopeId),
    period: budget.period,
    limit_nano_usd: budget.limitNanoUsd,
    hard_stop: budget.hardStop,
    alert_percent: budget.alertPercent ?? null,
    created_at: budget.createdAt,
    updated_at: budget.updatedAt,
  }
}
