/** What the books want from time to time, while nobody waits for it. */
import { GatewayError } from '../errors.ts'
import type { Ledger } from '../nouns/ledger.ts'
import type { Log } from '../observe/log.ts'

const WATCH_INTERVAL_MS = 1_000
const RECOVERY_INTERVAL_MS = 10_000
const PRUNE_INTERVAL_MS = 3_600_000
const DAY_MS = 86_400_000

export interface HousekeepingOptions {
  readonly ledger: Pick<Ledger, 'recover' | 'prune' | 'trouble'>
  /** Whether other processes may die while this one lives; then theirs is taken up as well. */
  readonly isShared: boolean
  /** 0: single rows are kept for ever. */
  readonly keepRowsDays: number
  readonly log: Log
}

export interface Housekeeping {
  /** What a process that died left open. Throws for books of one process when they cannot be asked. */
  begin(): Promise<void>
  close(): void
}

export function createHousekeeping({
  ledger,
  isShared,
  keepRowsDays,
  log,
}: HousekeepingOptions): Housekeeping {
  const timers: NodeJS.Timeout[] = []
  let lastTrouble: string | undefined

  async function recover(): Promise<void> {
    const closed = await ledger.recover()
    if (closed > 0) log.warn({ requests: closed }, 'requests were closed that a process had left open')
  }

  async function prune(): Promise<void> {
    const removed = await ledger.prune(Date.now() - keepRowsDays * DAY_MS)
    if (removed > 0) log.info({ rows: removed }, 'old rows were removed; their sums stay')
  }

  /** One line for each change of state. */
  function watchTrouble(): void {
    const trouble = ledger.trouble()
    if ((trouble === undefined) === (lastTrouble === undefined)) return
    lastTrouble = trouble
    if (trouble === undefined) log.info({}, 'the store is well again')
    else log.error({ trouble }, 'the store is in trouble')
  }

  function every(ms: number, work: () => Promise<void> | void): void {
    const once = async () => {
      try {
        await work()
      } catch (error) {
        const failure = GatewayError.from(error)
        // That the store is away is told once, by `watchTrouble`.
        if (failure.code !== 'store_unavailable') log.error(log.describe(failure), 'housekeeping failed')
      }
    }
    timers.push(setInterval(once, ms).unref())
  }

  return {
    begin: async () => {
      every(WATCH_INTERVAL_MS, watchTrouble)
      if (keepRowsDays > 0) every(PRUNE_INTERVAL_MS, prune)
      if (!isShared) return recover()
      every(RECOVERY_INTERVAL_MS, recover)
      await recover().catch((error: unknown) => {
        if (GatewayError.from(error).code !== 'store_unavailable') throw error
      })
    },
    close: () => {
      for (const timer of timers) clearInterval(timer)
    },
  }
}
