/** A ledger whose settlements are never lost while it is away: they wait in the journal until it takes them. */
import { GatewayError } from '../../errors.ts'
import type { BudgetAlert, Ledger, Reservation, Reserved, UsageRow } from '../../nouns/ledger.ts'
import type { Journal } from './journal.ts'

/** How often the ledger is asked again while something waits for it. */
export const DRAIN_INTERVAL_MS = 500
/** Rows that are offered to the ledger at once; it commits what comes in one turn together. */
const DRAIN_ROWS = 256

export interface JournaledOptions {
  /**
   * Whether a request may begin although the ledger is away, as long as the journal can take it. Without it: when no hard
   * budget may stand over it.
   */
  readonly mayGoUnreserved?: (reservation: Reservation) => boolean
  /** Budgets that reached their alert by a row that had waited. */
  readonly onAlerts?: (alerts: readonly BudgetAlert[]) => void
  /** A row that waited and that the ledger will never take; it is given up, and this is the last of it. */
  readonly onRefused?: (row: UsageRow, error: GatewayError) => void
  /** Milliseconds since the epoch: when requests were admitted that the ledger knows nothing of. */
  readonly now?: () => number
}

export interface JournaledLedger extends Ledger {
  /** Offers what waits to the ledger. Throws `store_unavailable` when something is left. */
  drain(): Promise<void>
  /** Offers it a last time and closes the journal, not the ledger. What is left waits for the next start. */
  close(): Promise<void>
}

/**
 * `settle` resolves, without alerts, once its row is durable in the ledger or in the journal; it throws
 * `store_unavailable` when neither takes it. `recover` first brings in what waits: those requests did not crash.
 */
export function journaled(ledger: Ledger, journal: Journal, options: JournaledOptions = {}): JournaledLedger {
  const { mayGoUnreserved = isUnbudgeted, now = Date.now } = options
  let timer: NodeJS.Timeout | undefined
  let draining: Promise<void> | undefined
  let isClosed = false

  /** While something waits, the ledger is known to be away: nobody else need wait to find that out. */
  const isAway = (): boolean => journal.pending().length > 0

  function mayGo(reservation: Reservation): boolean {
    return mayGoUnreserved(reservation) && journal.isReady()
  }

  function reserve(reservation: Reservation): Promise<Reserved> {
    if (isAway() && mayGo(reservation)) return Promise.resolve({ granted: true, admittedAt: now() })
    return ledger.reserve(reservation).catch((error: unknown) => {
      if (!isUnavailable(error) || !mayGo(reservation)) throw error
      return { granted: true, admittedAt: now() }
    })
  }

  function settle(row: UsageRow): Promise<readonly BudgetAlert[]> {
    if (isAway()) return journalOr(row, () => ledger.settle(row))
    return ledger.settle(row).catch((error: unknown) => {
      if (!isUnavailable(error)) throw error
      return journalOr(row, () => Promise.reject(error))
    })
  }

  async function journalOr(
    row: UsageRow,
    otherwise: () => Promise<readonly BudgetAlert[]>,
  ): Promise<readonly BudgetAlert[]> {
    try {
      await journal.append(row)
    } catch {
      return otherwise()
    }
    schedule()
    return []
  }

  function schedule(): void {
    if (timer !== undefined || isClosed || !isAway()) return
    timer = setTimeout(() => {
      timer = undefined
      drain()
        .catch(() => undefined)
        .finally(schedule)
    }, DRAIN_INTERVAL_MS).unref()
  }

  function drain(): Promise<void> {
    draining ??= drainAll().finally(() => {
      draining = undefined
    })
    return draining
  }

  async function drainAll(): Promise<void> {
    while (isAway()) {
      const rows = journal.pending().slice(0, DRAIN_ROWS)
      const results = await Promise.allSettled(rows.map((row) => ledger.settle(row)))
      const stopped = results.findIndex(
        (result) => result.status === 'rejected' && isUnavailable(result.reason),
      )
      const taken = stopped === -1 ? rows.length : stopped
      for (let index = 0; index < taken; index++) tell(rows[index]!, results[index]!)
      await journal.drained(taken)
      if (stopped !== -1) throw (results[stopped] as PromiseRejectedResult).reason
    }
  }

  function tell(row: UsageRow, result: PromiseSettledResult<readonly BudgetAlert[]>): void {
    if (result.status === 'rejected') options.onRefused?.(row, GatewayError.from(result.reason))
    else if (result.value.length > 0) options.onAlerts?.(result.value)
  }

  async function recover(): Promise<number> {
    await drain()
    return ledger.recover()
  }

  function trouble(): string | undefined {
    const waiting = journal.pending().length
    const reason = ledger.trouble()
    if (waiting === 0) return reason
    return `${waiting} settled requests wait in the journal for the ledger${reason === undefined ? '' : `: ${reason}`}`
  }

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    clearTimeout(timer)
    await drain().catch(() => undefined)
    await journal.close()
  }

  schedule()
  return Object.freeze({
    reserve,
    settle,
    recover,
    trouble,
    drain,
    close,
    replicas: () => ledger.replicas(),
    countsSince: (scope, since, unit) => ledger.countsSince(scope, since, unit),
    report: (query) => ledger.report(query),
    rows: (query) => ledger.rows(query),
    reprice: (find) => ledger.reprice(find),
    prune: (before) => ledger.prune(before),
    openBook: () => ledger.openBook(),
    backup: (path) => ledger.backup(path),
  } satisfies JournaledLedger)
}

const isUnbudgeted = (reservation: Reservation): boolean => !reservation.isBudgeted

function isUnavailable(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'store_unavailable'
}
