import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { BudgetRecord, BudgetScope } from '../../nouns/directory.ts'
import type { Books, Draft } from './books.ts'
import { type Budgets, standingOf } from './budgets.ts'
import { BUDGET_COLUMNS, budgetCells, type Cells, toBudgetRecord } from './cells.ts'
import { isTaken } from './failures.ts'
import type { Windows } from './windows.ts'

/** Changes of budgets: each is a row of their history and an event of the books. */
export interface BudgetTable {
  create(draft: Draft, budget: BudgetRecord): void
  /** False when there is none. */
  update(draft: Draft, budget: BudgetRecord): boolean
  delete(draft: Draft, id: string): boolean
  /** With its key or project. */
  deleteOf(draft: Draft, scope: BudgetScope, scopeId: string): void
}

export function createBudgetTable(
  database: DatabaseSync,
  books: Books,
  budgets: Budgets,
  windows: Windows,
): BudgetTable {
  const insert = database.prepare(
    `INSERT INTO budgets (${BUDGET_COLUMNS}, created_admission) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const change = database.prepare(
    'UPDATE budgets SET limit_nano_usd = ?, hard_stop = ?, alert_percent = ?, updated_at = ? WHERE id = ?',
  )
  const remove = database.prepare('DELETE FROM budgets WHERE id = ?')
  const history = createHistory(database, books)

  function create(draft: Draft, budget: BudgetRecord): void {
    const createdAdmission = draft.admission + 1
    try {
      insert.run(...budgetCells(budget), createdAdmission)
    } catch (cause) {
      if (!isTaken(cause)) throw cause
      throw taken(budget, cause)
    }
    windows.make(standingOf(budget, createdAdmission), draft.at)
    history.note(draft, budget, false)
    draft.after.push(() => budgets.put(budget, createdAdmission))
  }

  function update(draft: Draft, budget: BudgetRecord): boolean {
    const standing = budgets.find(budget.id)
    if (standing === undefined) return false
    const { limitNanoUsd, hardStop, alertPercent, updatedAt } = budget
    change.run(limitNanoUsd, hardStop ? 1 : 0, alertPercent ?? null, updatedAt, budget.id)
    const next = Object.freeze({ ...standing.record, limitNanoUsd, hardStop, alertPercent, updatedAt })
    history.note(draft, next, false)
    draft.after.push(() => budgets.put(next, standing.createdAdmission))
    return true
  }

  function remover(draft: Draft, id: string): boolean {
    const standing = budgets.find(id)
    if (standing === undefined) return false
    remove.run(id)
    windows.forget(id)
    history.note(draft, standing.record, true)
    draft.after.push(() => budgets.remove(id))
    return true
  }

  return {
    create,
    update,
    delete: remover,
    deleteOf(draft, scope, scopeId) {
      for (const { record } of budgets.ofScope(scope, scopeId)) remover(draft, record.id)
    },
  }
}

function createHistory(database: DatabaseSync, books: Books) {
  const insert = database.prepare(
    `INSERT INTO budget_history (number, sequence, ${BUDGET_COLUMNS}, is_deleted)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const last = database.prepare('SELECT coalesce(max(number), 0) AS number FROM budget_history')

  return {
    note(draft: Draft, budget: BudgetRecord, isDeleted: boolean): void {
      const number = (last.get() as { number: number }).number + 1
      const cells: Cells = [number, draft.sequence, ...budgetCells(budget), isDeleted ? 1 : 0]
      insert.run(...cells)
      books.note(draft, `b${number}`, cells)
    },
  }
}

/** Puts the budgets that the database has in force. */
export function loadBudgets(database: DatabaseSync, budgets: Budgets): void {
  const all = database.prepare(`SELECT ${BUDGET_COLUMNS}, created_admission FROM budgets`)
  all.setReturnArrays(true)
  for (const row of all.all()) {
    const cells = row as unknown as Cells
    budgets.put(toBudgetRecord(cells), cells.at(-1) as number)
  }
}

function taken({ scope, scopeId, period }: BudgetRecord, cause: unknown): GatewayError {
  const whose = scope === 'gateway' ? 'The gateway' : `The ${scope} ${scopeId}`
  return new GatewayError('already_exists', `${whose} has a budget for this period (${period}) already.`, {
    hint: 'Change that budget instead.',
    cause,
  })
}
