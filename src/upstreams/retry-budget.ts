/** Keeps retries from making it worse for an upstream that is in trouble: they are a small share of its requests. */
import type { Upstream } from '../nouns.ts'

const WINDOW_SECONDS = 10
const SLOT_MS = 1_000

export interface RetryBudgetSettings {
  /** Retries among 100 requests. */
  readonly budgetPercent: number
  /** Retries in ten seconds that are always allowed. */
  readonly budgetMin: number
}

export interface RetryBudget {
  /** A request is about to be sent there for the first time. */
  request(upstream: Upstream): void
  /** Takes one retry there; false when they are used up. */
  take(upstream: Upstream): boolean
}

/** `now` never goes back, in milliseconds. */
export function createRetryBudget(
  { budgetPercent, budgetMin }: RetryBudgetSettings,
  now: () => number,
): RetryBudget {
  const windows = new WeakMap<Upstream, Window>()

  function windowOf(upstream: Upstream): Window {
    const window = windows.get(upstream) ?? new Window()
    windows.set(upstream, window)
    return window
  }

  return {
    request: (upstream) => windowOf(upstream).addRequest(now()),
    take(upstream) {
      const window = windowOf(upstream)
      const { requests, retries } = window.sums(now())
      if (retries >= Math.max(budgetMin, Math.floor((requests * budgetPercent) / 100))) return false
      window.addRetry(now())
      return true
    },
  }
}

/** The last ten seconds, second by second. */
class Window {
  readonly #requests = new Float64Array(WINDOW_SECONDS)
  readonly #retries = new Float64Array(WINDOW_SECONDS)
  /** The second that was written last, counted from the clock's beginning. */
  #second = 0

  addRequest(at: number): void {
    const slot = this.#slotOf(at)
    this.#requests[slot] = (this.#requests[slot] as number) + 1
  }

  addRetry(at: number): void {
    const slot = this.#slotOf(at)
    this.#retries[slot] = (this.#retries[slot] as number) + 1
  }

  sums(at: number): { readonly requests: number; readonly retries: number } {
    this.#slotOf(at)
    const sum = (total: number, value: number) => total + value
    return { requests: this.#requests.reduce(sum, 0), retries: this.#retries.reduce(sum, 0) }
  }

  /** Clears the seconds that have gone by since the last look. */
  #slotOf(at: number): number {
    const second = Math.floor(at / SLOT_MS)
    const gone = Math.min(WINDOW_SECONDS, second - this.#second)
    for (let step = 0; step < gone; step++) {
      const slot = (second - step) % WINDOW_SECONDS
      this.#requests[slot] = 0
      this.#retries[slot] = 0
    }
    if (gone > 0) this.#second = second
    return this.#second % WINDOW_SECONDS
  }
}
