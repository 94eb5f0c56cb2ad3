/** Budgets as the replay sees them: each with its history, and its windows from the one on in which it was made. */
import type { BudgetRecord } from '../../nouns/directory.ts'
import type { Book } from '../../nouns/ledger.ts'
import { exact } from './amounts.ts'
import type { Findings } from './invariants.ts'
import { HOUR_MS, type Span, windowAt } from './periods.ts'
import { createClock } from './scopes.ts'

/** `createdAt` is another clock's than the ledger's; they may differ by this. */
const CLOCK_SKEW_MAX_MS = HOUR_MS

export interface ReplayWindow {
  spent: bigint
  reserved: bigint
  /** How far beyond the limit it may be, because something other than a grant put it there. */
  excused: bigint
  /** A request was granted in it while the budget stood: then it has to be stored. */
  isDue: boolean
}

export interface ReplayBudget {
  /** As it was made. */
  readonly first: BudgetRecord
  /** The first window whose sums are known: what was used before the budget was made counts in it. */
  readonly trackedFrom: number
  readonly clock: (at: number) => Span
  /** Made, and not deleted, at this point of the replay. */
  readonly stands: boolean
  /** Deleted: nothing more is known of it. */
  readonly isOver: boolean
  readonly isHard: boolean
  readonly limit: bigint
  windowOf(start: number): ReplayWindow
  starts(): Iterable<number>
  become(record: BudgetRecord, isDeleted: boolean): void
}

/** Every budget that ever was; one that was deleted and made again under its id is two. */
export interface ReplayBudgets {
  readonly all: readonly ReplayBudget[]
  /** Those that stand now, by id. */
  standing(): ReadonlyMap<string, ReplayBudget>
  /** The next event of a budget in the order of the commits. */
  become(record: BudgetRecord, isDeleted: boolean): void
}

/** Windows fill from the beginning of the books; a budget refuses once it stands. */
export async function replayBudgets(book: Book, findings: Findings): Promise<ReplayBudgets> {
  const lives = new Map<string, ReplayBudget[]>()
  const last = new Map<string, BudgetRecord>()
  for await (const event of book.events()) {
    if (event.kind !== 'budget') continue
    const { budget, isDeleted } = event
    const known = lives.get(budget.id) ?? []
    if (!last.has(budget.id)) known.push(createReplayBudget(budget))
    lives.set(budget.id, known)
    if (isDeleted) last.delete(budget.id)
    else last.set(budget.id, budget)
  }
  await compareRecords(book, last, findings)
  const standing = new Map<string, ReplayBudget>()
  return {
    all: [...lives.values()].flat(),
    standing: () => standing,
    become: (record, isDeleted) => {
      const life = standing.get(record.id) ?? lives.get(record.id)?.shift()
      life?.become(record, isDeleted)
      if (isDeleted) standing.delete(record.id)
      else if (life !== undefined) standing.set(record.id, life)
    },
  }
}

/** Each budget is what the last change made it. */
async function compareRecords(
  book: Book,
  last: Map<string, BudgetRecord>,
  findings: Findings,
): Promise<void> {
  for await (const budget of book.budgets()) {
    const known = last.get(budget.id)
    last.delete(budget.id)
    const isSame =
      known !== undefined &&
      known.scope === budget.scope &&
      known.scopeId === budget.scopeId &&
      known.period === budget.period &&
      known.limitNanoUsd === budget.limitNanoUsd &&
      known.hardStop === budget.hardStop
    findings.check('L3', isSame, budget.id, 'a budget is not what its last change made it')
  }
  for (const id of last.keys()) findings.check('L3', false, id, 'a budget is gone, and nobody deleted it')
}

function createReplayBudget(first: BudgetRecord): ReplayBudget {
  const windows = new Map<number, ReplayWindow>()
  let stands = false
  let isOver = false
  let isHard = false
  let limit = 0n

  function windowOf(start: number): ReplayWindow {
    const known = windows.get(start)
    if (known !== undefined) return known
    const window: ReplayWindow = { spent: 0n, reserved: 0n, excused: 0n, isDue: false }
    windows.set(start, window)
    return window
  }

  /** From here on the limit is another one: what stands above it now was no grant's fault. */
  function excuse(): void {
    for (const window of windows.values()) {
      const beyond = window.spent + window.reserved - limit
      if (beyond > window.excused) window.excused = beyond
    }
  }

  return {
    first,
    trackedFrom: windowAt(first.period, first.createdAt - CLOCK_SKEW_MAX_MS).start,
    clock: createClock(first.period),
    get stands() {
      return stands
    },
    get isOver() {
      return isOver
    },
    get isHard() {
      return isHard
    },
    get limit() {
      return limit
    },
    windowOf,
    starts: () => windows.keys(),
    become: (record, isDeleted) => {
      stands = !isDeleted
      isOver = isDeleted
      isHard = record.hardStop
      limit = exact(record.limitNanoUsd)
      if (isDeleted) windows.clear()
      else excuse()
    },
  }
}
