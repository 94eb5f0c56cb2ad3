/** Leaves alone for a time what said that it wants to be, or that it does not know us. */

/** Longer is not believed: a quota that is gone for longer is not a matter of waiting. */
export const PARKED_MS_MAX = 24 * 3_600_000
/** Refusals in a row that are told apart. */
const TIMES_MAX = 30

export class Parking {
  #until = 0
  /** Refusals in a row, each of an attempt that began after the one before. */
  #times = 0
  #round = 0

  /** What an attempt begins under. */
  get round(): number {
    return this.#round
  }

  /** Undefined when it is free. */
  untilAt(now: number): number | undefined {
    return now < this.#until ? this.#until : undefined
  }

  /**
   * `msOf` says for how long, by how often in a row it was refused. Attempts that were under way together are refused
   * together, and that is one time. True when it was free before.
   */
  park(round: number, now: number, msOf: (times: number) => number): boolean {
    if (round === this.#round) {
      this.#round++
      this.#times = Math.min(this.#times + 1, TIMES_MAX)
    }
    const wasFree = now >= this.#until
    const until = now + Math.min(PARKED_MS_MAX, Math.max(0, msOf(Math.max(1, this.#times))))
    this.#until = Math.max(this.#until, until)
    return wasFree && until > now
  }

  /** It answered an attempt that began after the last refusal. */
  lift(round: number): void {
    if (round !== this.#round) return
    this.#until = 0
    this.#times = 0
  }
}

const HOUR_MS = 3_600_000
const PACIFIC = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hourCycle: 'h23',
  ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
})

/** Milliseconds until the next midnight in California, where some providers' days begin; at most 24 hours. */
export function untilPacificMidnight(now: number): number {
  const rough = now + 24 * HOUR_MS - sinceMidnight(now)
  // Twice a year a day has 23 or 25 hours.
  const late = sinceMidnight(rough)
  const exact = late > 12 * HOUR_MS ? rough + 24 * HOUR_MS - late : rough - late
  return Math.min(PARKED_MS_MAX, Math.max(1, exact - now))
}

function sinceMidnight(at: number): number {
  const parts = PACIFIC.formatToParts(at).filter(({ type }) => type !== 'literal')
  const [hour = 0, minute = 0, second = 0] = parts.map(({ value }) => Number(value))
  return hour * HOUR_MS + minute * 60_000 + second * 1_000 + (at % 1_000)
}
