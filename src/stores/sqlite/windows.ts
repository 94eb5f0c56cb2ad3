/**
 * Where budgets stand: a row for each budget and window, moved by guarded updates in the transaction of the request.
 * A window that has no row yet gets one from the sums by hour and the open requests.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { BudgetState } from '../../nouns/directory.ts'
import type { BudgetAlert, Reservation, Reserved } from '../../nouns/ledger.ts'
import type { BudgetWindow } from '../budget-windows.ts'
import type { Books, Draft } from './books.ts'
import type { Standing } from './budgets.ts'

type Refused = Extract<Reserved, { granted: false }>

interface Sums {
  readonly spent: number
  readonly reserved: number
}

/** What a request moves in the windows of its admission. */
export interface Movement {
  readonly admittedAt: number
  readonly givenBack: number
  readonly spent: number
  /** Whether somebody will hear of the alerts that it sets off; otherwise they wait for the next one. */
  readonly canAlert: boolean
}

export interface Windows {
  /** Takes the amount from every hard budget or from none, and counts it in the soft ones. */
  take(over: readonly Standing[], reservation: Reservation, at: number): Refused | undefined
  /** Undoes `take`. */
  giveBack(over: readonly Standing[], amount: number, at: number): void
  /** Call it before the sums by hour know of it. Returns the alerts that it set off. */
  move(draft: Draft, over: readonly Standing[], movement: Movement): readonly BudgetAlert[]
  stateOf(standing: Standing, at: number): BudgetState
  /** Makes the row of the window that holds `at`. */
  make(standing: Standing, at: number): void
  /** Removes all that is known of a budget. */
  forget(budgetId: string): void
}

const NO_ALERTS: readonly BudgetAlert[] = Object.freeze([])

/** The driver binds a number as a double, and sums of doubles are not exact: hence each CAST. */
export function createWindows(database: DatabaseSync, books: Books): Windows {
  const reserveGuarded = database.prepare(`
    UPDATE budget_windows SET reserved_nano_usd = reserved_nano_usd + CAST(?1 AS INTEGER)
    WHERE budget_id = ?2 AND window_start = ?3
      AND spent_nano_usd + reserved_nano_usd + CAST(?1 AS INTEGER) <= ?4`)
  const update = database.prepare(`
    UPDATE budget_windows
    SET spent_nano_usd = spent_nano_usd + CAST(?1 AS INTEGER),
      reserved_nano_usd = reserved_nano_usd + CAST(?2 AS INTEGER)
    WHERE budget_id = ?3 AND window_start = ?4`)
  const insert = database.prepare(`
    INSERT INTO budget_windows (budget_id, window_start, spent_nano_usd, reserved_nano_usd) VALUES (?, ?, ?, ?)`)
  const insertAlert = database.prepare(`
    INSERT INTO budget_alerts (budget_id, window_start, spent_nano_usd, created_at) VALUES (?, ?, ?, ?)
    ON CONFLICT DO NOTHING`)
  const deleteWindows = database.prepare('DELETE FROM budget_windows WHERE budget_id = ?')
  const deleteAlerts = database.prepare('DELETE FROM budget_alerts WHERE budget_id = ?')
  const sums = createSums(database, books)

  function make(standing: Standing, at: number): Sums {
    const window = standing.windowAt(at)
    const { spent, reserved } = sums.compute(standing, window)
    insert.run(standing.record.id, window.start, spent, reserved)
    standing.spentAtMost = undefined
    return { spent, reserved }
  }

  /** Adds to a window, which is made when it is not there. */
  function add(standing: Standing, at: number, spent: number, reserved: number): void {
    const { id } = standing.record
    const { start } = standing.windowAt(at)
    if (update.run(spent, reserved, id, start).changes === 1) return
    make(standing, at)
    update.run(spent, reserved, id, start)
  }

  function takeHard(standing: Standing, amount: number, at: number): boolean {
    const { id, limitNanoUsd } = standing.record
    const { start } = standing.windowAt(at)
    if (reserveGuarded.run(amount, id, start, limitNanoUsd).changes === 1) return true
    if (sums.stored(id, start) !== undefined) return false
    const { spent, reserved } = sums.compute(standing, standing.windowAt(at))
    // A refusal leaves nothing behind, not even an empty window.
    if (spent + reserved + amount > limitNanoUsd) return false
    insert.run(id, start, spent, reserved + amount)
    standing.spentAtMost = undefined
    return true
  }

  function stateOf(standing: Standing, at: number): BudgetState {
    const { start, end } = standing.windowAt(at)
    const { spent, reserved } =
      sums.stored(standing.record.id, start) ?? sums.compute(standing, standing.windowAt(at))
    return Object.freeze({
      ...standing.record,
      windowStart: start,
      windowEnd: end,
      spentNanoUsd: spent,
      reservedNanoUsd: reserved,
    })
  }

  const refuse = (reason: Refused['reason'], standing: Standing, at: number): Refused =>
    Object.freeze({ granted: false, reason, budget: stateOf(standing, at) })

  function giveBackHard(over: readonly Standing[], count: number, amount: number, at: number): void {
    for (let index = 0; index < count; index++) {
      const standing = over[index] as Standing
      if (standing.record.hardStop) add(standing, at, 0, -amount)
    }
  }

  function take(over: readonly Standing[], reservation: Reservation, at: number): Refused | undefined {
    const amount = reservation.reservedNanoUsd
    for (const standing of over) {
      if (standing.record.hardStop && !reservation.isPriced) return refuse('unpriced', standing, at)
    }
    for (let index = 0; index < over.length; index++) {
      const standing = over[index] as Standing
      if (!standing.record.hardStop || takeHard(standing, amount, at)) continue
      giveBackHard(over, index, amount, at)
      return refuse('exhausted', standing, at)
    }
    for (const standing of over) if (!standing.record.hardStop) add(standing, at, 0, amount)
    return undefined
  }

  function giveBack(over: readonly Standing[], amount: number, at: number): void {
    if (amount === 0) return
    for (const standing of over) add(standing, at, 0, -amount)
  }

  function moveOne(standing: Standing, { admittedAt, givenBack, spent }: Movement): void {
    if (givenBack === 0 && spent === 0) return
    const { start } = standing.windowAt(admittedAt)
    const known = standing.spentAtMost
    if (known?.window === start && spent > 0) known.amount += spent
    if (update.run(spent, -givenBack, standing.record.id, start).changes === 1) return
    // The request is closed already, so a window that is made now does not have its reservation.
    make(standing, admittedAt)
    update.run(spent, 0, standing.record.id, start)
  }

  function move(draft: Draft, over: readonly Standing[], movement: Movement): readonly BudgetAlert[] {
    const { admittedAt, spent, canAlert } = movement
    let alerts: BudgetAlert[] | undefined
    for (const standing of over) {
      moveOne(standing, movement)
      const alert = spent > 0 && canAlert ? alertOf(draft, standing, admittedAt) : undefined
      if (alert !== undefined) {
        alerts ??= []
        alerts.push(alert)
      }
    }
    return alerts ?? NO_ALERTS
  }

  function alertOf(draft: Draft, standing: Standing, at: number): BudgetAlert | undefined {
    const { alertAt, record } = standing
    const { start } = standing.windowAt(at)
    if (alertAt === undefined || standing.alertedWindow === start) return undefined
    const known = standing.spentAtMost
    if (known?.window === start && known.amount < alertAt) return undefined
    const spent = sums.stored(record.id, start)?.spent ?? 0
    standing.spentAtMost = { window: start, amount: spent }
    if (spent < alertAt) return undefined
    const isFirst = insertAlert.run(record.id, start, spent, draft.at).changes === 1
    draft.after.push(() => {
      standing.alertedWindow = start
    })
    return isFirst ? Object.freeze({ budget: record, windowStart: start, spentNanoUsd: spent }) : undefined
  }

  return {
    take,
    giveBack,
    move,
    stateOf,
    make: (standing, at) => {
      make(standing, at)
    },
    forget(budgetId) {
      deleteWindows.run(budgetId)
      deleteAlerts.run(budgetId)
    },
  }
}

/** What a window holds: as it is stored, and as the books say. */
function createSums(database: DatabaseSync, books: Books) {
  const stored = database.prepare(
    'SELECT spent_nano_usd, reserved_nano_usd FROM budget_windows WHERE budget_id = ? AND window_start = ?',
  )
  stored.setReturnArrays(true)
  stored.setReadBigInts(true)
  const spentOf = scopedSums(
    database,
    'SELECT coalesce(sum(billed_nano_usd), 0) FROM usage_hours WHERE hour >= ? AND hour < ?',
  )
  const reservedOf = scopedSums(
    database,
    `SELECT coalesce(sum(reserved_nano_usd), 0) FROM reservations
     WHERE admission >= ? AND admission < ? AND +admitted_at >= ? AND +admitted_at < ?
       AND NOT EXISTS (SELECT 1 FROM requests WHERE requests.admission = reservations.admission)`,
  )

  return {
    stored(budgetId: string, start: number): Sums | undefined {
      const found = stored.get(budgetId, start) as unknown as [bigint, bigint] | undefined
      return found && { spent: safe(found[0]), reserved: safe(found[1]) }
    },
    compute({ record, createdAdmission }: Standing, { start, end }: BudgetWindow): Sums {
      const until = end ?? Number.MAX_SAFE_INTEGER
      const scope = record.scope === 'gateway' ? [] : [record.scopeId]
      const spent = spentOf[record.scope].get(start, until, ...scope) as unknown as [bigint]
      // Later reservations were counted as they came, and made the row.
      const from = books.openFrom()
      if (from >= createdAdmission) return { spent: safe(spent[0]), reserved: 0 }
      const span = [from, createdAdmission, start, until]
      const reserved = reservedOf[record.scope].get(...span, ...scope) as unknown as [bigint]
      return { spent: safe(spent[0]), reserved: safe(reserved[0]) }
    },
  }
}

function scopedSums(
  database: DatabaseSync,
  sql: string,
): Record<'key' | 'project' | 'gateway', StatementSync> {
  const prepared = (condition: string): StatementSync => {
    const statement = database.prepare(`${sql} ${condition}`)
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    return statement
  }
  return {
    key: prepared('AND key_id = ?'),
    project: prepared('AND project_id = ?'),
    gateway: prepared(''),
  }
}

/** A soft budget may be overspent beyond what a double holds; then it is said to be as far as one goes. */
function safe(sum: bigint): number {
  return sum > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(sum)
}
