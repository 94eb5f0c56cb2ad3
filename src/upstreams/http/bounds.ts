/** How much of answers is taken from upstreams, one by one and together. */
import { createHeld, type Held } from '../../nouns/held.ts'

const MIB = 1024 * 1024

export interface AnswerBounds {
  /** One answer, decoded; a stream from its first event to its last. */
  readonly answerBytesMax: number
  /** One event, such as one that carries a 4K image. */
  readonly eventBytesMax: number
  /** What all answers together hold, of what is not passed on yet. */
  readonly held: Held
}

/** What holds for an upstream that was told of no others. */
export const ANSWER_BOUNDS: AnswerBounds = Object.freeze({
  answerBytesMax: 256 * MIB,
  eventBytesMax: 32 * MIB,
  held: createHeld(),
})
