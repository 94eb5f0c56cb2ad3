/** What the books cost: reservations and settlements in the real store, and its commits. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BudgetRecord, Directory } from '../../src/nouns/directory.ts'
import type { Ledger, Reservation, UsageRow } from '../../src/nouns/ledger.ts'
import { openJournal } from '../../src/stores/journal/journal.ts'
import { journaled } from '../../src/stores/journal/journaled-ledger.ts'
import { openSqliteStore } from '../../src/stores/sqlite/store.ts'
import { ALERT_PERCENT, BUDGET_PERIOD, BUDGET_USD } from '../money.ts'
import { median, quantile } from '../statistics.ts'
import { timeCommits } from './commits.ts'
import { cpuMicros } from './cpu.ts'
import { type PartFigures, TURN_SIZES, type TurnSize } from './names.ts'
import { CALLER, newReservation, rowOf } from './request.ts'

/** Requests of one repetition: a lone one waits for a disk each time, so there are fewer of those. */
const REQUESTS: Readonly<Record<TurnSize, number>> = { 1: 128, 8: 512, 32: 2_048 }
/** Turns whose commits are timed, for each size. */
const COMMITS = 200
const WARM_UPS = 1
const NANO_USD_PER_USD = 1_000_000_000

export interface TestBooks {
  readonly ledger: Pick<Ledger, 'reserve' | 'settle'>
  readonly directory: Pick<Directory, 'listBudgets'>
  close(): Promise<void>
}

export async function measureLedger(folder: string, repetitions: number): Promise<PartFigures> {
  const plain = await openTestBooks(join(folder, 'plain'), [])
  const budgeted = await openTestBooks(join(folder, 'budgets'), ['key', 'gateway'])
  try {
    const figures: Record<string, number> = {}
    for (const turn of TURN_SIZES) {
      Object.assign(figures, await rowFigures({ plain, budgeted }, turn, repetitions))
      Object.assign(figures, await commitFigures(budgeted, turn))
    }
    return figures as PartFigures
  } finally {
    await plain.close()
    await budgeted.close()
  }
}

/** As the gateway has them: before the ledger stands the journal that takes settlements while it is away. */
export async function openTestBooks(
  folder: string,
  scopes: readonly ('key' | 'gateway')[],
): Promise<TestBooks> {
  mkdirSync(folder)
  const store = await openSqliteStore(folder)
  for (const scope of scopes) await store.directory.createBudget(budgetOf(scope))
  const ledger = journaled(store.ledger, await openJournal(folder))
  return {
    ledger,
    directory: store.directory,
    close: async () => {
      await ledger.close()
      await store.close()
    },
  }
}

function budgetOf(scope: 'key' | 'gateway'): BudgetRecord {
  const now = Date.now()
  return {
    ...{ id: scope, scope, scopeId: scope === 'key' ? CALLER.keyId : '', period: BUDGET_PERIOD },
    ...{ limitNanoUsd: BUDGET_USD * NANO_USD_PER_USD, hardStop: true, alertPercent: ALERT_PERCENT },
    ...{ createdAt: now, updatedAt: now },
  }
}

/** Repetitions of the two take turns: what slows the machine slows both. */
async function rowFigures(
  { plain, budgeted }: { readonly plain: TestBooks; readonly budgeted: TestBooks },
  turn: TurnSize,
  repetitions: number,
): Promise<PartFigures> {
  const [without, within]: [RowMicros[], RowMicros[]] = [[], []]
  for (let done = 0; done < WARM_UPS + repetitions; done += 1) {
    without.push(await runRequests(plain, turn, REQUESTS[turn]))
    within.push(await runRequests(budgeted, turn, REQUESTS[turn]))
  }
  const middle = (all: readonly RowMicros[], name: keyof RowMicros) =>
    median(all.slice(WARM_UPS).map((micros) => micros[name]))
  return {
    [`reserveMicrosAt${turn}`]: middle(without, 'reserve'),
    [`settleMicrosAt${turn}`]: middle(without, 'settle'),
    [`reserveBudgetsMicrosAt${turn}`]: middle(within, 'reserve'),
    [`settleBudgetsMicrosAt${turn}`]: middle(within, 'settle'),
  }
}

async function commitFigures(books: TestBooks, turn: TurnSize): Promise<PartFigures> {
  const commits = await timeCommits(() => runRequests(books, turn, (COMMITS / 2) * turn))
  const wall = commits.map(({ wallMicros }) => wallMicros)
  return {
    [`commitCpuMicrosAt${turn}`]: median(commits.map((commit) => commit.cpuMicros)),
    [`commitP50MicrosAt${turn}`]: median(wall),
    [`commitP99MicrosAt${turn}`]: quantile(wall, 0.99),
  }
}

/** Processor time of one request, its share of the commit included. */
interface RowMicros {
  readonly reserve: number
  readonly settle: number
}

/** Reserves and settles that many, so many in a turn. */
export async function runRequests({ ledger }: TestBooks, turn: number, count: number): Promise<RowMicros> {
  const reservations = Array.from({ length: count }, newReservation)
  const beforeReserve = cpuMicros()
  const reserved = await inTurns(reservations, turn, (reservation) => ledger.reserve(reservation))
  const reserve = cpuMicros() - beforeReserve
  const rows: UsageRow[] = reserved.map((answer, index) => {
    if (!answer.granted) throw new Error('A budget that cannot be reached was reached')
    return rowOf(reservations[index] as Reservation, answer.admittedAt)
  })
  const beforeSettle = cpuMicros()
  await inTurns(rows, turn, (row) => ledger.settle(row))
  return { reserve: reserve / count, settle: (cpuMicros() - beforeSettle) / count }
}

/** So many ask at once; the next ones when all of them have their answer. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  turn: number,
  ask: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += turn) {
    results.push(...(await Promise.all(items.slice(start, start + turn).map(ask))))
  }
  return results
}
