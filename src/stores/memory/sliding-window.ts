import { HOLDER_RETRY_MS, type WindowShape } from '../counter-windows.ts'

/** Something that is counted against a limit. Times are milliseconds of one clock that never goes back. */
export interface Gauge {
  /** 0 when `amount` fits below `max`, else how long until it will. */
  waitMs(max: number, amount: number, nowMs: number): number
  /** Returns the slot in which it counts from now on. */
  take(amount: number, nowMs: number): number
  /** Changes what was taken in this slot, if it still counts. */
  correct(slot: number, by: number): void
  /** May be more than the limit: tokens that were used beyond it are a debt. */
  readonly count: number
  resetMs(nowMs: number): number
}

/** Counts in slots of time: an amount counts until its slot has left the window. */
export class SlidingWindow implements Gauge {
  /** Resolves when what was counted before is known; undefined once it is. */
  seeding: Promise<void> | undefined
  readonly #slotMs: number
  /** A ring: slot `n` is at `n % length`. */
  readonly #counts: Float64Array
  #newest: number
  #sum = 0

  constructor({ slotMs, slots }: WindowShape, nowMs: number) {
    this.#slotMs = slotMs
    this.#counts = new Float64Array(slots + 1)
    this.#newest = Math.floor(nowMs / slotMs)
  }

  get count(): number {
    return this.#sum
  }

  waitMs(max: number, amount: number, nowMs: number): number {
    this.#advance(nowMs)
    const surplus = this.#sum + amount - max
    return surplus <= 0 ? 0 : this.#leavesInMs(this.#slotThatFrees(surplus), nowMs)
  }

  take(amount: number, nowMs: number): number {
    this.#advance(nowMs)
    this.#add(this.#newest, amount)
    return this.#newest
  }

  correct(slot: number, by: number): void {
    if (slot <= this.#newest - this.#counts.length) return
    this.#add(slot, Math.max(by, -(this.#counts[slot % this.#counts.length] as number)))
  }

  /** Counts what happened before this window was made; what seems to come from the future happened now. */
  seed(atMs: number, amount: number): void {
    const slot = Math.min(Math.floor(atMs / this.#slotMs), this.#newest)
    if (amount > 0) this.correct(slot, amount)
  }

  resetMs(nowMs: number): number {
    this.#advance(nowMs)
    for (let slot = this.#newest; slot > this.#newest - this.#counts.length; slot--) {
      if (this.#counts[slot % this.#counts.length] !== 0) return this.#leavesInMs(slot, nowMs)
    }
    return 0
  }

  #add(slot: number, amount: number): void {
    ;(this.#counts[slot % this.#counts.length] as number) += amount
    this.#sum += amount
  }

  #advance(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs)
    const { length } = this.#counts
    if (slot - this.#newest >= length) {
      this.#counts.fill(0)
      this.#sum = 0
      this.#newest = slot
    }
    while (this.#newest < slot) {
      this.#newest++
      this.#sum -= this.#counts[this.#newest % length] as number
      this.#counts[this.#newest % length] = 0
    }
  }

  #slotThatFrees(surplus: number): number {
    let slot = this.#newest - this.#counts.length
    for (let freed = 0; freed < surplus && slot < this.#newest; ) {
      slot++
      freed += this.#counts[slot % this.#counts.length] as number
    }
    return slot
  }

  #leavesInMs(slot: number, nowMs: number): number {
    return Math.ceil((slot + this.#counts.length) * this.#slotMs - nowMs)
  }
}

/** Requests under way. They count until they are given back, for ever: this process knows when they are over. */
export class Holders implements Gauge {
  count = 0

  waitMs(max: number, amount: number): number {
    return this.count + amount <= max ? 0 : HOLDER_RETRY_MS
  }

  take(amount: number): number {
    this.count += amount
    return 0
  }

  correct(_slot: number, by: number): void {
    this.count = Math.max(0, this.count + by)
  }

  resetMs(): number {
    return this.count === 0 ? 0 : HOLDER_RETRY_MS
  }
}
