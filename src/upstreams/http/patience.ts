/** How long an answer is waited for: until it begins, between two of its events, and in all. */

/** In milliseconds. One timer for each exchange, because the client library would make three. */
export interface ExchangeTimeouts {
  /** Until the answer has begun. */
  readonly begin: number
  /** Between two events of a stream. */
  readonly idle: number
  /** Until the last byte. */
  readonly total: number
}

export class Patience {
  readonly #timeouts: ExchangeTimeouts
  readonly #sentAtMs = performance.now()
  readonly #onExpired: () => void
  #timer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #isSilent = false
  #isOver = false

  constructor(timeouts: ExchangeTimeouts, onExpired: () => void) {
    this.#timeouts = timeouts
    this.#onExpired = onExpired
  }

  awaitBegin(): void {
    const timer = setTimeout(() => {
      afterReading(() => this.#timer === timer && this.#expire())
    }, this.#timeouts.begin)
    this.#timer = timer
  }

  /** The answer has begun, or lives: the next event is waited for from now on. */
  awaitEvents(): void {
    if (this.#isOver) return
    if (this.#idleTimer !== undefined) {
      this.#isSilent = false
      this.#idleTimer.refresh()
      return
    }
    clearTimeout(this.#timer)
    const { idle, total } = this.#timeouts
    const leftMs = Math.max(1, total - (performance.now() - this.#sentAtMs))
    this.#timer = setTimeout(() => this.#expire(), leftMs)
    this.#idleTimer = setTimeout(() => {
      this.#isSilent = true
      afterReading(() => this.#isSilent && this.#expire())
    }, idle)
  }

  stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    clearTimeout(this.#idleTimer)
  }

  #expire(): void {
    if (!this.#isOver) this.#onExpired()
  }
}

/**
 * After a block of the event loop its timers run first: what came in meanwhile is still to be read, and must not be
 * taken for silence.
 */
function afterReading(act: () => void): void {
  setImmediate(act)
}
