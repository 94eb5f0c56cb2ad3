/** How much a model wrote, told from the length of events that are not parsed. */

/** These events are parsed: a short answer is counted as it is. */
const PARSED_FIRST = 16
/** Of those behind them one in so many is, because what stands around the text may change. */
const PARSED_EACH = 32
/** An event of text is no longer than this; a longer one may hold something else. */
const TEXT_EVENT_BYTES_MAX = 4 * 1024

/**
 * Parsing each event would cost more than moving it. So some are, and of all others the text is what is left of them
 * without the mean of what stood around it in those.
 */
export class TextMeter {
  #events = 0
  #bytes = 0
  #samples = 0
  #aroundBytes = 0

  /** Whether the next event is to be parsed for its text. */
  wants(eventBytes: number): boolean {
    const event = this.#events++
    return event < PARSED_FIRST || event % PARSED_EACH === 0 || eventBytes > TEXT_EVENT_BYTES_MAX
  }

  know(eventBytes: number, textBytes: number): void {
    this.#bytes += textBytes
    if (textBytes === 0 || eventBytes > TEXT_EVENT_BYTES_MAX) return
    this.#samples++
    this.#aroundBytes += eventBytes - textBytes
  }

  guess(eventBytes: number): void {
    if (this.#samples > 0) this.#bytes += Math.max(0, eventBytes - this.#aroundBytes / this.#samples)
  }

  add(textBytes: number): void {
    this.#bytes += Math.max(0, textBytes)
  }

  get bytes(): number {
    return Math.round(this.#bytes)
  }
}
