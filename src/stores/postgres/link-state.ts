/** Whether the server is there, since when, and who waits for it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, storeClosed, storeUnavailable } from './failures.ts'

export interface LinkState {
  readonly isUp: boolean
  /** The server is there. */
  rise(): void
  /** It is not, and why. */
  fall(error: unknown): void
  /** Resolves once it is there; see `Link.up`. */
  wait(deadlineAtMs: number): Promise<void>
  upForMs(): number
  /** Why it is not there. */
  reason(): string | undefined
  onUp(listener: () => void): void
  /** Whoever waits is sent away. */
  close(): void
}

/** `patienceMs`: how long after its fall somebody still waits for it. */
export function createLinkState(patienceMs: number): LinkState {
  const listeners: (() => void)[] = []
  let upSinceMs: number | undefined
  let downSinceMs = performance.now()
  let reason: string | undefined = 'the server was not reached yet'
  let isClosed = false
  let changed = Promise.withResolvers<void>()

  function tell(): void {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }

  async function wait(deadlineAtMs: number): Promise<void> {
    for (;;) {
      if (isClosed) throw storeClosed()
      if (upSinceMs !== undefined) return
      const now = performance.now()
      const isLost = now >= deadlineAtMs || now - downSinceMs > patienceMs
      if (isLost) throw storeUnavailable(new Error(reason))
      const timer = new AbortController()
      const late = sleep(Math.min(deadlineAtMs - now, patienceMs), undefined, { signal: timer.signal })
      await Promise.race([changed.promise, late.catch(() => undefined)])
      timer.abort()
    }
  }

  return {
    get isUp() {
      return upSinceMs !== undefined
    },
    rise: () => {
      reason = undefined
      upSinceMs = performance.now()
      tell()
      for (const listener of listeners) listener()
    },
    fall: (error) => {
      reason = messageOf(error)
      if (upSinceMs !== undefined) downSinceMs = performance.now()
      upSinceMs = undefined
    },
    wait,
    upForMs: () => (upSinceMs === undefined ? 0 : performance.now() - upSinceMs),
    reason: () => reason,
    onUp: (listener) => {
      listeners.push(listener)
    },
    close: () => {
      isClosed = true
      tell()
    },
  }
}
