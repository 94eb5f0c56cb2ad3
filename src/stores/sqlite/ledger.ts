import type { DatabaseSync } from 'node:sqlite'
import type { Ledger } from '../../nouns/ledger.ts'
import { createAdjust } from './adjust.ts'
import { backUp } from './backup.ts'
import { openBook } from './book.ts'
import { createBooks } from './books.ts'
import { type BudgetTable, createBudgetTable, loadBudgets } from './budget-table.ts'
import { type Budgets, createBudgets } from './budgets.ts'
import type { Health } from './health.ts'
import type { Guarded } from './locked.ts'
import { createPrune } from './prune.ts'
import { createRecover } from './recover.ts'
import { reportUsage } from './report.ts'
import { createReprice } from './reprice.ts'
import { createReserve } from './reserve.ts'
import { countUsage, readRows } from './rows.ts'
import { createSettle } from './settle.ts'
import { createWindows, type Windows } from './windows.ts'
import { createWriter, type Run } from './writer.ts'

export interface LedgerParts {
  /** Of the database's file. */
  readonly path: string
  readonly now: () => number
  readonly read: Guarded
  /** Throws when nothing may be written. */
  readonly check: () => void
  readonly health: Health
  /** How long a write waits for another connection. */
  readonly lockedMaxMs?: number
}

/** The ledger, and what the directory shares with it. */
export interface LedgerAndParts {
  readonly ledger: Ledger
  readonly budgets: Budgets
  readonly budgetTable: BudgetTable
  readonly windows: Windows
  readonly run: Run
  /** Writes something that changes nothing, to see whether the disk takes it. */
  probe(): Promise<void>
  /** Resolves when everything that waits is durable or refused. */
  drain(): Promise<void>
}

export function createBooksAndLedger(database: DatabaseSync, parts: LedgerParts): LedgerAndParts {
  const { path, now, read, check, health, lockedMaxMs } = parts
  const books = createBooks(database)
  const budgets = createBudgets()
  loadBudgets(database, budgets)
  const windows = createWindows(database, books)
  const reserve = createReserve(database, books, budgets, windows)
  const adjust = createAdjust(database, books, budgets, windows)
  const settle = createSettle(database, { books, budgets, windows, reserve, adjust })
  const { onCommit } = health
  const writer = createWriter(database, {
    ...{ books, reserve: reserve.reserve, settle, now, onCommit, lockedMaxMs },
  })
  const probed = database.prepare('UPDATE ledger_state SET probed_at = ?')

  const run: Run = async (work) => {
    check()
    return writer.run(work)
  }
  const recover = createRecover(database, books, settle, run)
  const reprice = createReprice(database, adjust, run)
  const prune = createPrune(database, books, run)

  /** Without a promise more than the writer's own: this is the hot path. */
  function checked<Result>(write: () => Promise<Result>): Promise<Result> {
    try {
      check()
    } catch (error) {
      return Promise.reject(error)
    }
    return write()
  }

  const ledger: Ledger = Object.freeze({
    reserve: (reservation) => checked(() => writer.reserve(reservation)),
    settle: (row) => checked(() => writer.settle(row)),
    recover,
    // One process has the data folder.
    replicas: () => 1,
    countsSince: (scope, since, unit) => read(() => countUsage(database, scope, since, unit)),
    report: (query) => reportUsage({ database, read }, query),
    rows: (query) => readRows({ database, read }, query),
    reprice,
    prune,
    openBook: async () => {
      check()
      return openBook(path, now)
    },
    backup: async (to) => {
      check()
      await backUp(path, to)
    },
    trouble: health.trouble,
  } satisfies Ledger)

  const probe = () => writer.run((draft) => void probed.run(draft.at))
  return {
    ledger,
    budgets,
    budgetTable: createBudgetTable(database, books, budgets, windows),
    windows,
    run,
    probe,
    drain: writer.drain,
  }
}
