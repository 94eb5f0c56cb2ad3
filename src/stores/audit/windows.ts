/** What each window of a budget holds, beside what the rows say: L2, L3, L18, L19. */
import type { BudgetRecord } from '../../nouns/directory.ts'
import type { BudgetWindowRow, HourRow, ReservationRow } from '../../nouns/ledger.ts'
import { formatUsd } from '../../wire/usd.ts'
import { exact, isAmount } from './amounts.ts'
import type { Findings } from './invariants.ts'
import type { Entry } from './join.ts'
import { type Span, windowAt } from './periods.ts'
import { createClock, indexScopes, type Scoped } from './scopes.ts'

/** A window as it is stored, and the sums of the rows that belong to it. */
interface Sums {
  readonly stored: BudgetWindowRow
  spent: bigint
  taken: bigint
  givenBack: bigint
  open: bigint
}

interface Tracked {
  readonly budget: BudgetRecord
  readonly windows: Map<number, Sums>
  readonly clock: (at: number) => Span
}

export interface WindowCheck {
  reservation(reservation: ReservationRow): void
  entry(entry: Entry): void
  /** An hour whose rows were removed. */
  prunedHour(hour: HourRow): void
  end(open: Iterable<ReservationRow>): void
  /** What is stored for the window; undefined when nothing is. */
  storedOf(budgetId: string, windowStart: number): BudgetWindowRow | undefined
}

export function createWindowCheck(
  budgets: readonly BudgetRecord[],
  windows: readonly BudgetWindowRow[],
  prunedBefore: number,
  findings: Findings,
): WindowCheck {
  const tracked = new Map<string, Tracked>()
  for (const budget of budgets)
    tracked.set(budget.id, { budget, windows: new Map(), clock: createClock(budget.period) })
  for (const row of windows) place(row, tracked.get(row.budgetId), findings)
  const index = indexScopes(tracked.values(), ({ budget }) => budget)

  function move(request: Scoped, at: number, change: (sums: Sums) => void): void {
    for (const { windows: own, clock } of index.over(request)) {
      const sums = own.get(clock(at).start)
      if (sums !== undefined) change(sums)
    }
  }

  return {
    reservation: (reservation) =>
      move(reservation, reservation.admittedAt, (sums) => {
        sums.taken += exact(reservation.reservedNanoUsd)
      }),
    entry: ({ row, reservation }) => {
      const billed = exact(row.billedNanoUsd) + exact(row.adjustedNanoUsd)
      move(row, row.admittedAt, (sums) => {
        if (reservation !== undefined) sums.givenBack += exact(row.reservedNanoUsd)
        if (row.admittedAt >= prunedBefore) sums.spent += billed
      })
    },
    prunedHour: (hour) => {
      const scoped = { keyId: hour.keyId, projectId: hour.projectId }
      move(scoped, hour.hour, (sums) => {
        sums.spent += hour.billedNanoUsd
      })
    },
    end: (open) => {
      for (const reservation of open)
        move(reservation, reservation.admittedAt, (sums) => {
          sums.open += exact(reservation.reservedNanoUsd)
        })
      for (const { budget, windows: own } of tracked.values())
        for (const sums of own.values()) compare(budget, sums, findings)
      compareScopes([...tracked.values()], findings)
    },
    storedOf: (budgetId, windowStart) => tracked.get(budgetId)?.windows.get(windowStart)?.stored,
  }
}

export function placeOf({ budgetId, windowStart }: BudgetWindowRow): string {
  return `${budgetId}@${new Date(windowStart).toISOString()}`
}

/** A window belongs to a budget that is there, and begins where its period says. */
function place(row: BudgetWindowRow, tracked: Tracked | undefined, findings: Findings): void {
  const at = placeOf(row)
  findings.check('L6', isAmount(row.spentNanoUsd), at, 'what a window has spent is negative or too large')
  findings.check('L6', isAmount(row.reservedNanoUsd), at, 'what a window reserves is negative or too large')
  findings.check('L19', tracked !== undefined, at, 'a window belongs to no budget')
  if (tracked === undefined) return
  const { start } = windowAt(tracked.budget.period, row.windowStart)
  findings.check('L19', start === row.windowStart, at, 'a window begins where no window begins')
  findings.check('L9', !tracked.windows.has(row.windowStart), at, 'a window is stored twice')
  tracked.windows.set(row.windowStart, { stored: row, spent: 0n, taken: 0n, givenBack: 0n, open: 0n })
}

function compare(budget: BudgetRecord, sums: Sums, findings: Findings): void {
  const { stored, spent, taken, givenBack, open } = sums
  const at = placeOf(stored)
  const [storedSpent, storedReserved] = [exact(stored.spentNanoUsd), exact(stored.reservedNanoUsd)]
  const tell = (what: string, has: bigint, should: bigint) =>
    `a ${budget.scope} budget ${what} ${formatUsd(has)} USD, and its requests say ${formatUsd(should)}`
  findings.check('L3', storedSpent === spent, at, tell('has spent', storedSpent, spent))
  findings.check('L3', storedReserved === open, at, tell('reserves', storedReserved, open))
  const kept = taken - givenBack
  findings.check('L2', storedReserved === kept, at, tell('keeps of what was taken', storedReserved, kept))
}

/** What all keys spent in a window is no more than what the gateway did, if both are counted; likewise projects. */
function compareScopes(tracked: readonly Tracked[], findings: Findings): void {
  for (const { budget, windows } of tracked) {
    if (budget.scope !== 'gateway') continue
    for (const { stored } of windows.values()) {
      for (const scope of ['key', 'project'] as const) {
        let sum = 0n
        for (const other of tracked) {
          if (other.budget.scope !== scope || other.budget.period !== budget.period) continue
          sum += exact(other.windows.get(stored.windowStart)?.stored.spentNanoUsd ?? 0)
        }
        const isRight = sum <= exact(stored.spentNanoUsd)
        findings.check('L18', isRight, placeOf(stored), `the ${scope}s spent more than the whole gateway`)
      }
    }
  }
}
