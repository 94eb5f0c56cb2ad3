/** Leaves what fails again and again alone for a while, and then lets one attempt at a time find out. */

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number
  /** Milliseconds that it stays open the first time; twice that the second time, and so on. */
  readonly openFor: number
  readonly openForMax: number
}

export type BreakerState =
  | { readonly kind: 'closed' | 'half-open' }
  | { readonly kind: 'open'; readonly until: number }

/** What an attempt began under; what came of it counts only while that still holds. */
export interface Pass {
  readonly round: number
  readonly isProbe: boolean
}

/** Before anything is known of a target. */
export const FIRST_PASS: Pass = Object.freeze({ round: 0, isProbe: false })

/** Several processes must not come back at the same moment: a tenth more or less. */
const JITTER = 0.1
/** A probe of which nothing was heard for so long bars the way no more. Longer than any wait for a first byte by default. */
const PROBE_MS_MAX = 15 * 60_000

const CLOSED: BreakerState = Object.freeze({ kind: 'closed' })
const HALF_OPEN: BreakerState = Object.freeze({ kind: 'half-open' })

export class Breaker {
  readonly #settings: BreakerSettings
  readonly #random: () => number
  #failures = 0
  /** How often it opened since the last success; 0 is closed. */
  #openings = 0
  #openUntil = 0
  #probeUntil = 0
  /** Grows with each change: hundreds may be under way when it opens, and theirs is old news then. */
  #round = 0

  constructor(settings: BreakerSettings, random: () => number) {
    this.#settings = settings
    this.#random = random
  }

  get failures(): number {
    return this.#failures
  }

  stateAt(now: number): BreakerState {
    if (this.#openings === 0) return CLOSED
    return now < this.#openUntil ? { kind: 'open', until: this.#openUntil } : HALF_OPEN
  }

  /** Undefined while it is open, and while another probe is under way; with `isForced` never. */
  begin(now: number, isForced: boolean): Pass | undefined {
    if (this.#openings === 0) return { round: this.#round, isProbe: false }
    if (now >= this.#openUntil && now >= this.#probeUntil) {
      this.#probeUntil = now + PROBE_MS_MAX
      return { round: ++this.#round, isProbe: true }
    }
    return isForced ? { round: this.#round, isProbe: false } : undefined
  }

  /** True when that closed it. */
  succeeded({ round }: Pass): boolean {
    if (round !== this.#round) return false
    this.#failures = 0
    if (this.#openings === 0) return false
    this.#openings = 0
    this.#endProbe()
    return true
  }

  /** True when that opened it, for the first time or again. */
  failed({ round, isProbe }: Pass, now: number): boolean {
    if (round !== this.#round) return false
    // While it is open, only the probe decides: one that was forced says what is known.
    if (this.#openings > 0 && !isProbe) return false
    this.#failures++
    if (!isProbe && this.#failures < this.#settings.failures) return false
    this.#openings++
    this.#endProbe()
    this.#openUntil = now + this.#openMs()
    return true
  }

  /** Nothing was learnt: the next one may try. */
  passed({ round, isProbe }: Pass): void {
    if (isProbe && round === this.#round) this.#endProbe()
  }

  #endProbe(): void {
    this.#probeUntil = 0
    this.#round++
  }

  #openMs(): number {
    const { openFor, openForMax } = this.#settings
    return Math.min(openFor * this.#openings, openForMax) * (1 + JITTER * (2 * this.#random() - 1))
  }
}
