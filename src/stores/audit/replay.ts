/**
 * Plays the books from their beginning in the order of the commits: L4, L5, L7 and, at the end, L3 once more.
 *
 * L4: a hard budget that stands when a reservation is granted has room for it at that very moment, whatever was spent
 * or reserved before: `spent + reserved ≤ limit` with the reservation in it. No overrun and no lowered limit excuses a
 * grant. Not asked, and so not judged, are reservations that their settlement brought along, and reservations of
 * nothing. A request without a price is never granted under a hard budget.
 *
 * L5: beyond its limit is a budget only by what was billed above a reservation, by adjustments, by rows that were not
 * asked, and by a limit that was set below what was already spent or reserved.
 */
import type { AdjustmentRow, Book, BookEvent, ReservationRow } from '../../nouns/ledger.ts'
import { formatUsd } from '../../wire/usd.ts'
import { exact } from './amounts.ts'
import { type ReplayBudget, type ReplayBudgets, replayBudgets } from './budgets.ts'
import { type Lookahead, openLookahead, TooFarAhead } from './cursor.ts'
import type { Findings } from './invariants.ts'
import type { BookRow } from './join.ts'
import { indexScopes, type Scoped, type ScopeIndex } from './scopes.ts'
import { placeOf, type WindowCheck } from './windows.ts'

/** An adjustment with what its event does not say of its request. */
export interface PlacedAdjustment extends Scoped {
  readonly admittedAt: number
  readonly billedNanoUsd: number
}

export interface ReplayInput {
  readonly book: Book
  readonly findings: Findings
  readonly windows: WindowCheck
  /** By `adjustmentKey`; undefined when there were too many to keep. */
  readonly adjustments: ReadonlyMap<string, PlacedAdjustment> | undefined
  /** The reservations without a row. */
  readonly open: ReadonlyMap<string, ReservationRow>
  readonly rowsAheadMax: number
  readonly onRow: () => void
}

export const adjustmentKey = ({ requestId, number }: Pick<AdjustmentRow, 'requestId' | 'number'>): string =>
  `${number} ${requestId}`

export async function replay(input: ReplayInput): Promise<void> {
  const { book, findings, onRow, rowsAheadMax } = input
  const budgets = await replayBudgets(book, findings)
  const rows = settledRows(book)
  const reservations = await openLookahead(book.reservations(), onRow, rowsAheadMax)
  const requests = await openLookahead(rows, onRow, rowsAheadMax)
  const player = createPlayer(input, budgets, reservations, requests)
  try {
    for await (const event of book.events()) {
      onRow()
      await player.play(event)
    }
    player.end()
  } catch (error) {
    if (!(error instanceof TooFarAhead)) throw error
    const why = `commits and clocks differ by more than ${rowsAheadMax} requests: it cannot be replayed`
    findings.skip('L4', why)
    findings.skip('L5', why)
  } finally {
    await Promise.all([reservations.close(), requests.close()])
  }
}

/** Rows of the first release took part in no event. */
async function* settledRows(book: Book): AsyncGenerator<BookRow> {
  for await (const row of book.requests()) if (row.hasReservation) yield row
}

function createPlayer(
  { book, findings, windows, adjustments, open: openAtEnd }: ReplayInput,
  budgets: ReplayBudgets,
  reservations: Lookahead<ReservationRow>,
  requests: Lookahead<BookRow>,
) {
  const index: ScopeIndex<ReplayBudget> = indexScopes(budgets.all, ({ first }) => first)
  const open = new Map<string, ReservationRow>()
  const overruns = { requests: 0, nanoUsd: 0n }

  function move(request: Scoped, at: number, change: (budget: ReplayBudget, start: number) => void): void {
    for (const budget of index.over(request)) {
      const { start } = budget.clock(at)
      if (!budget.isOver && start >= budget.trackedFrom && start >= book.prunedBefore) change(budget, start)
    }
  }

  async function reserve(id: string): Promise<void> {
    findings.check('L7', !open.has(id), id, 'a request is reserved again while it is open')
    const row = await reservations.find(id)
    findings.check('L32', row !== undefined, id, 'a budget was moved for a request that was never granted')
    if (row === undefined) return
    open.set(id, row)
    const amount = exact(row.reservedNanoUsd)
    // Its settlement brought it along: it was a fact before any budget could be asked.
    const wasAsked = row.leaseUntil !== row.admittedAt
    move(row, row.admittedAt, (budget, start) => {
      const window = budget.windowOf(start)
      window.reserved += amount
      if (!wasAsked) window.excused += amount
      if (!wasAsked || !budget.stands) return
      window.isDue = true
      if (budget.isHard) judge(budget, row, window.spent + window.reserved)
    })
  }

  function judge(budget: ReplayBudget, row: ReservationRow, total: bigint): void {
    const isRight = row.reservedNanoUsd === 0 || total <= budget.limit
    const tell = () =>
      `a ${budget.first.scope} budget of ${formatUsd(budget.limit)} USD had ${formatUsd(total)} USD on it`
    findings.check('L4', isRight, row.requestId, isRight ? '' : tell())
    findings.check('L4', row.isPriced, row.requestId, 'a request without a price began under a hard budget')
  }

  async function settle(id: string): Promise<void> {
    const reservation = open.get(id)
    findings.check('L7', reservation !== undefined, id, 'a request is settled that is not open')
    if (reservation === undefined) return
    open.delete(id)
    const row = await requests.find(id, reservation.admittedAt)
    findings.check('L7', row !== undefined, id, 'a settlement has no row')
    if (row === undefined) return
    const [billed, reserved] = [exact(row.billedNanoUsd), exact(reservation.reservedNanoUsd)]
    const overrun = billed > reserved ? billed - reserved : 0n
    if (overrun > 0n && reservation.isPriced) {
      overruns.requests++
      overruns.nanoUsd += overrun
    }
    move(reservation, reservation.admittedAt, (budget, start) => {
      const window = budget.windowOf(start)
      window.reserved -= reserved
      window.spent += billed
      window.excused += overrun
    })
  }

  function adjust(event: Extract<BookEvent, { kind: 'adjust' }>): void {
    if (adjustments === undefined) return
    const adjustment = adjustments.get(adjustmentKey(event))
    findings.check('L7', adjustment !== undefined, event.requestId, 'an adjustment was made that has no row')
    if (adjustment === undefined) return
    const amount = exact(adjustment.billedNanoUsd)
    move(adjustment, adjustment.admittedAt, (budget, start) => {
      const window = budget.windowOf(start)
      window.spent += amount
      if (amount > 0n) window.excused += amount
    })
  }

  function end(): void {
    for (const id of openAtEnd.keys())
      findings.check('L7', open.has(id), id, 'a reservation took part in no commit')
    for (const id of open.keys()) findings.check('L7', openAtEnd.has(id), id, 'a row took part in no commit')
    for (const [budgetId, budget] of budgets.standing())
      for (const start of budget.starts()) endWindow(budgetId, budget, start)
    if (overruns.requests === 0) return
    const cost = `${overruns.requests} requests cost ${formatUsd(overruns.nanoUsd)} USD more than they had reserved`
    findings.note('L5', cost)
  }

  function endWindow(budgetId: string, budget: ReplayBudget, windowStart: number): void {
    const window = budget.windowOf(windowStart)
    const stored = windows.storedOf(budgetId, windowStart)
    const at = placeOf({ budgetId, windowStart, spentNanoUsd: 0, reservedNanoUsd: 0 })
    if (stored === undefined) {
      findings.check('L3', !window.isDue, at, 'a window that was asked is not stored')
      return
    }
    const [spent, reserved] = [exact(stored.spentNanoUsd), exact(stored.reservedNanoUsd)]
    const isSame = spent === window.spent && reserved === window.reserved
    findings.check('L3', isSame, at, 'a window is not what its commits come to')
    if (!budget.isHard) return
    const isExplained = spent + reserved <= budget.limit + window.excused
    findings.check('L5', isExplained, at, 'a budget is beyond its limit, and nothing explains it')
  }

  return {
    play: async (event: BookEvent): Promise<void> => {
      if (event.kind === 'reserve') await reserve(event.requestId)
      else if (event.kind === 'settle') await settle(event.requestId)
      else if (event.kind === 'adjust') adjust(event)
      else budgets.become(event.budget, event.isDeleted)
    },
    end,
  }
}
