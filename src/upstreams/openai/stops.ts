/** Stop sequences that the target does not take: the text is cut off here instead. */
import type { CandidateComposer } from '../translation/composer.ts'

/** Passes a candidate on up to the first stop sequence, which is not part of the text. Without any, the candidate itself. */
export function cutAt(stops: readonly string[], candidate: CandidateComposer): CandidateComposer {
  return stops.length === 0 ? candidate : new CutCandidate(stops, candidate)
}

class CutCandidate implements CandidateComposer {
  readonly #stops: readonly string[]
  readonly #candidate: CandidateComposer
  /** Characters at the end of the text that a stop sequence may begin in. */
  readonly #heldMax: number
  #held = ''
  #isCut = false

  constructor(stops: readonly string[], candidate: CandidateComposer) {
    this.#stops = stops
    this.#candidate = candidate
    this.#heldMax = Math.max(...stops.map((stop) => stop.length)) - 1
  }

  get textBytes(): number {
    return this.#candidate.textBytes + Buffer.byteLength(this.#held)
  }

  text(delta: string): void {
    if (this.#isCut) return
    const text = this.#held + delta
    const cut = this.#findCut(text)
    const end = cut ?? this.#startOfHeld(text)
    this.#isCut = cut !== undefined
    this.#held = this.#isCut ? '' : text.slice(end)
    if (end > 0) this.#candidate.text(text.slice(0, end))
  }

  thought(delta: string): void {
    if (!this.#isCut) this.#candidate.thought(delta)
  }

  state(state: unknown): void {
    if (this.#isCut) return
    this.#release()
    this.#candidate.state(state)
  }

  call(made: Parameters<CandidateComposer['call']>[0]): void {
    if (this.#isCut) return
    this.#release()
    this.#candidate.call(made)
  }

  medium(mimeType: string, base64: string): void {
    if (this.#isCut) return
    this.#release()
    this.#candidate.medium(mimeType, base64)
  }

  /** What is cited may have been cut off. */
  citation(citation: Parameters<CandidateComposer['citation']>[0]): void {
    if ((citation.endByte ?? 0) <= this.textBytes) this.#candidate.citation(citation)
  }

  searchQuery(query: string): void {
    this.#candidate.searchQuery(query)
  }

  logprobs(chosen: readonly object[], top: readonly object[]): void {
    if (!this.#isCut) this.#candidate.logprobs(chosen, top)
  }

  finish(reason: string, message?: string): void {
    this.#release()
    if (this.#isCut) this.#candidate.finish('STOP')
    else this.#candidate.finish(reason, message)
  }

  /** Start of the sequence that is whole first, as if the text had come letter by letter. */
  #findCut(text: string): number | undefined {
    let cut: number | undefined
    let firstEnd = Number.POSITIVE_INFINITY
    for (const stop of this.#stops) {
      const start = text.indexOf(stop)
      const end = start + stop.length
      if (start < 0 || end > firstEnd || (end === firstEnd && start > (cut ?? 0))) continue
      cut = start
      firstEnd = end
    }
    return cut
  }

  /** The first place from which on the text could become a stop sequence. */
  #startOfHeld(text: string): number {
    for (let at = Math.max(0, text.length - this.#heldMax); at < text.length; at++) {
      const tail = text.slice(at)
      if (this.#stops.some((stop) => stop.startsWith(tail))) return at
    }
    return text.length
  }

  #release(): void {
    const held = this.#held
    this.#held = ''
    if (held !== '') this.#candidate.text(held)
  }
}
