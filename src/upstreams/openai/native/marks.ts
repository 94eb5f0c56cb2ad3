/** Looks for words in the events of a stream without parsing them. */

const NOTHING: Buffer = Buffer.alloc(0)

/**
 * A word with the quotes of JSON around it stands nowhere inside a string, because a quote there is escaped. Each read
 * of the network is searched once for it, however many events it holds.
 */
export class Mark {
  readonly #word: Buffer
  #buffer: Buffer = NOTHING
  #from = 0
  /** The first place at `#from` or behind it; the buffer's length when there is none. */
  #at = 0

  constructor(word: string) {
    this.#word = Buffer.from(word)
  }

  /** Whether it begins from `start` on and before `end`. */
  isIn(buffer: Buffer, start: number, end: number): boolean {
    if (buffer !== this.#buffer || start < this.#from || start > this.#at) {
      const found = buffer.indexOf(this.#word, start)
      this.#buffer = buffer
      this.#from = start
      this.#at = found < 0 ? buffer.length : found
    }
    return this.#at < end
  }
}

/** Whether one of them begins there. */
export function anyIn(marks: readonly Mark[], buffer: Buffer, start: number, end: number): boolean {
  for (let index = 0; index < marks.length; index++)
    if ((marks[index] as Mark).isIn(buffer, start, end)) return true
  return false
}

/** How a server prints its JSON; `odd` is everything that no known printer writes. */
export type Print = 'compact' | 'spaced' | 'odd'

/** By the space around its colons. Text that looks like JSON makes it odd, which costs time and nothing else. */
export function printOf(json: Buffer): Print {
  const text = json.toString('latin1')
  if (!/"\s+:|":\s/.test(text)) return 'compact'
  return /"\s+:|":(?! \S)/.test(text) ? 'odd' : 'spaced'
}
