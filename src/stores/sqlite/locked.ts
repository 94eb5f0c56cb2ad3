import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../../errors.ts'
import { isBusy, storeUnavailable } from './failures.ts'
import { LOCKED_MS_MAX, LOCKED_RETRY_MS } from './writer.ts'

/** Does some work that is over at once, or waits for a lock until it may; rejects with `GatewayError` only. */
export type Guarded = <Result>(work: () => Result) => Promise<Result>

/**
 * Another connection may hold the database for seconds. Waiting inside SQLite would hold the event loop for as long,
 * so the work is done again and again until it goes; it must leave nothing half done when it finds the lock.
 * `check` throws when nothing may be done at all.
 */
export function createGuarded(check: () => void, lockedMaxMs = LOCKED_MS_MAX): Guarded {
  return async (work) => {
    const startedAtMs = performance.now()
    for (;;) {
      check()
      try {
        return work()
      } catch (error) {
        if (error instanceof GatewayError) throw error
        if (!isBusy(error) || performance.now() - startedAtMs >= lockedMaxMs) throw storeUnavailable(error)
      }
      await delay(LOCKED_RETRY_MS)
    }
  }
}
