/** A map that keeps to a size by dropping what was not used for longest. */

/** Entries that are looked at for one to drop, before the very oldest goes whatever it says. */
const LOOKED_AT_MAX = 32

export interface RecentOptions<Value> {
  /** Entries. */
  readonly max: number
  /** Whether nothing is lost with it; those go first. */
  readonly isIdle?: (value: Value) => boolean
}

export class Recent<Value> {
  readonly #values = new Map<string, Value>()
  readonly #max: number
  readonly #isIdle: (value: Value) => boolean

  constructor({ max, isIdle = () => true }: RecentOptions<Value>) {
    this.#max = max
    this.#isIdle = isIdle
  }

  get size(): number {
    return this.#values.size
  }

  /** Without counting as a use. */
  peek(key: string): Value | undefined {
    return this.#values.get(key)
  }

  /** The value, made when it is not there; the last to be dropped from now on. */
  use(key: string, make: () => Value): Value {
    const known = this.#values.get(key)
    if (known !== undefined) this.#values.delete(key)
    else if (this.#values.size >= this.#max) this.#drop()
    const value = known ?? make()
    this.#values.set(key, value)
    return value
  }

  deleteAll(isGone: (key: string) => boolean): void {
    for (const key of this.#values.keys()) if (isGone(key)) this.#values.delete(key)
  }

  /** The one that was not used for longest first. */
  entries(): Iterable<[string, Value]> {
    return this.#values
  }

  #drop(): void {
    let looked = 0
    for (const [key, value] of this.#values) {
      if (this.#isIdle(value)) return void this.#values.delete(key)
      if (++looked === LOOKED_AT_MAX) break
    }
    for (const key of this.#values.keys()) return void this.#values.delete(key)
  }
}
