/** The pieces of one answer on their way to the composer: unwrapped, cut at a stop sequence, each with its state. */
import type { CandidateComposer, Composer, FunctionCallMade } from '../../translation/composer.ts'
import type { Asking } from '../../translation/translator.ts'
import { cutAt } from '../stops.ts'
import type { Json } from './json.ts'
import { NO_STATE, type PieceState, returnable, sealedState } from './state.ts'
import { stopsOf } from './stop.ts'
import { Unwrapper } from './wrapped.ts'

export class Pieces {
  readonly #composer: Composer
  readonly #stops: readonly string[]
  #begun: CandidateComposer | undefined
  #unwrapper = new Unwrapper()
  #state: PieceState = NO_STATE
  #isRefused = false

  constructor(composer: Composer, asking: Asking) {
    this.#composer = composer
    this.#stops = stopsOf(asking.call)
  }

  /** Bytes of UTF-8 so far. */
  get textBytes(): number {
    return this.#candidate.textBytes
  }

  thought(delta: string): void {
    if (delta !== '') this.#candidate.thought(delta)
  }

  /** An item that belongs before the next piece. */
  keep(item: Json): void {
    const kept = returnable(item)
    if (kept !== undefined) this.#state = { ...this.#state, items: [...this.#state.items, kept] }
  }

  beginMessage(phase: string | undefined): void {
    if (phase !== undefined) this.#state = { ...this.#state, phase }
  }

  text(delta: string): void {
    this.#pass(this.#unwrapper.push(delta))
  }

  /** What was held back is text after all. */
  endText(): void {
    this.#pass(this.#unwrapper.flush())
    this.#unwrapper = new Unwrapper()
  }

  refusal(delta: string): void {
    this.#isRefused = true
    this.#pass(delta)
  }

  call(made: FunctionCallMade): void {
    if (this.#state.phase !== undefined) this.#state = { ...this.#state, phase: undefined }
    this.#passState()
    this.#candidate.call(made)
  }

  citation(citation: Parameters<CandidateComposer['citation']>[0]): void {
    this.#candidate.citation(citation)
  }

  searchQuery(query: string): void {
    this.#candidate.searchQuery(query)
  }

  logprobs(chosen: readonly object[], top: readonly object[]): void {
    this.#candidate.logprobs(chosen, top)
  }

  /** What was thought last and led to nothing is not passed on: it would be refused when it comes back. */
  finish(reason: string, message?: string): void {
    if (this.#isRefused) this.#candidate.finish('SAFETY')
    else this.#candidate.finish(reason, message)
  }

  #pass(text: string): void {
    if (text === '') return
    this.#passState()
    this.#candidate.text(text)
  }

  #passState(): void {
    if (this.#state === NO_STATE) return
    const state = sealedState(this.#state)
    this.#state = NO_STATE
    if (state !== undefined) this.#candidate.state(state)
  }

  /** Not before there is something: with its first candidate an answer has begun. */
  get #candidate(): CandidateComposer {
    const begun = this.#begun ?? cutAt(this.#stops, this.#composer.candidate(0))
    this.#begun = begun
    return begun
  }
}
