/**
 * Group commit: what comes in one turn of the event loop travels as one call, hence as one transaction. While as many
 * batches are under way as may be, the next one gathers.
 */
import type { GatewayError } from '../../errors.ts'
import { storeUnavailable } from './failures.ts'
import type { Link } from './link.ts'

export interface Waiting {
  readonly requestId: string
  /** Monotonic; whoever has not begun to travel by then is refused. */
  readonly deadlineAtMs: number
  readonly reject: (error: GatewayError) => void
}

export interface BatchOptions<Item extends Waiting> {
  readonly rowsMax: number
  /** Says why an item did not get its turn. */
  readonly link: Pick<Link, 'trouble'>
  /** Resolves or rejects each item; never throws. */
  readonly commit: (batch: readonly Item[]) => Promise<void>
}

export interface Batches<Item extends Waiting> {
  add(item: Item): void
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>
}

/** While one batch waits for its commit the next one may ask. */
const IN_FLIGHT_MAX = 2
/** Rows that wait; beyond it they are refused, so that a slow server cannot eat the memory. */
export const WAITING_ROWS_MAX = 10_000
/** How often those who wait too long are looked for. */
const SWEEP_MS = 250

export function createBatches<Item extends Waiting>(options: BatchOptions<Item>): Batches<Item> {
  let waiting: Item[] = []
  let inFlight = 0
  let isScheduled = false
  let isWatched = false
  const idle: (() => void)[] = []

  function add(item: Item): void {
    if (waiting.length >= WAITING_ROWS_MAX) {
      item.reject(storeUnavailable(new Error(`${WAITING_ROWS_MAX} rows wait for it already`)))
      return
    }
    waiting.push(item)
    schedule()
  }

  function schedule(): void {
    if (isScheduled || inFlight >= IN_FLIGHT_MAX || waiting.length === 0) return
    isScheduled = true
    setImmediate(send)
  }

  function send(): void {
    isScheduled = false
    const batch = takeBatch()
    if (batch.length > 0) {
      inFlight++
      void options.commit(batch).finally(arrived)
    }
    watch()
    schedule()
  }

  function arrived(): void {
    inFlight--
    schedule()
    tellIdle()
  }

  /** The oldest ones, each request once: a second row of it waits until the first is done. */
  function takeBatch(): readonly Item[] {
    const batch: Item[] = []
    const left: Item[] = []
    const ids = new Set<string>()
    for (const item of waiting) {
      if (batch.length >= options.rowsMax || ids.has(item.requestId)) left.push(item)
      else batch.push(item)
      ids.add(item.requestId)
    }
    waiting = left
    return batch
  }

  function watch(): void {
    if (isWatched || waiting.length === 0) return
    isWatched = true
    setTimeout(sweep, SWEEP_MS)
  }

  function sweep(): void {
    isWatched = false
    const now = performance.now()
    const late = waiting.filter((item) => item.deadlineAtMs <= now)
    if (late.length > 0) waiting = waiting.filter((item) => item.deadlineAtMs > now)
    for (const item of late)
      item.reject(storeUnavailable(new Error(options.link.trouble() ?? 'it is too slow')))
    watch()
    tellIdle()
  }

  function tellIdle(): void {
    if (inFlight > 0 || waiting.length > 0) return
    for (const resolve of idle.splice(0)) resolve()
  }

  return {
    add,
    idle: () => {
      if (inFlight === 0 && waiting.length === 0) return Promise.resolve()
      return new Promise((resolve) => idle.push(resolve))
    },
  }
}
