/** What a `JsonScanner` has read of a text. */

/** How many objects, and how many bytes they hold together. */
export interface Measured {
  readonly count: number
  readonly bytes: number
}

const NOTHING_MEASURED: Measured = Object.freeze({ count: 0, bytes: 0 })
const NO_TEXTS: ReadonlySet<string> = new Set()

/** Made for every request: what few of them need is made when they do. */
export class JsonFindings {
  /** Text of each captured value by path, such as `generationConfig.maxOutputTokens`. */
  readonly captured = new Map<string, string>()
  /** Elements of each counted array by path. */
  readonly counted = new Map<string, number>()
  #collected: Map<string, Set<string>> | undefined
  #measured: Map<string, Measured> | undefined
  #notes: Set<string> | undefined

  /** Texts of the values that were collected at a path, each once. */
  collected(path: string): ReadonlySet<string> {
    return this.#collected?.get(path) ?? NO_TEXTS
  }

  /** What was measured, by the names that it was summed under. */
  measured(name: string): Measured {
    return this.#measured?.get(name) ?? NOTHING_MEASURED
  }

  /** Whether a value was seen that is noted under this name. */
  hasNote(name: string): boolean {
    return this.#notes?.has(name) ?? false
  }

  collect(path: string, text: string, max: number): void {
    this.#collected ??= new Map()
    const texts = this.#collected.get(path) ?? new Set()
    if (texts.size < max) texts.add(text)
    this.#collected.set(path, texts)
  }

  measure(name: string, bytes: number): void {
    this.#measured ??= new Map()
    const sum = this.#measured.get(name) ?? NOTHING_MEASURED
    this.#measured.set(name, { count: sum.count + 1, bytes: sum.bytes + bytes })
  }

  note(name: string): void {
    this.#notes ??= new Set()
    this.#notes.add(name)
  }
}
