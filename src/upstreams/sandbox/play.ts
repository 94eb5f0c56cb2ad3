/**
 * How a candidate gets its content: the players are asked in order, and the first one that has something to say plays.
 * What is the same for all of them (stop sequences, limits, thoughts, token counts, chunks) happens afterwards, once.
 */
import type { Candidate, Part } from '../../wire/gemini.ts'
import type { Random } from './digest.ts'
import type { Medium } from './media/medium.ts'
import type { Generation } from './request.ts'
import type { Conversation } from './text/write.ts'
import type { Tally } from './usage.ts'

/** What one candidate is made from. Everything in it is a function of the request. */
export interface Scene {
  readonly generation: Generation
  readonly conversation: Conversation
  /** The candidate's number, from 0. */
  readonly index: number
  /** Draws of this candidate. */
  readonly random: Random
  /** What `random` began with; for draws that must not depend on how many came before. */
  readonly seed: number
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** What one candidate wants to say, before limits. */
export interface Play {
  /** In order. Text parts may be cut by a limit and over chunks, every other part is whole or not there. */
  readonly parts: readonly Part[]
  /** `STOP` when left out. A limit that cuts the content makes it `MAX_TOKENS`. */
  readonly finishReason?: string
  readonly finishMessage?: string
  /** Tokens of parts that are not text; left out, a part costs what its JSON costs as text. By the part's identity. */
  readonly media?: ReadonlyMap<Part, Medium>
  /** What tools put before the model beside the prompt. */
  readonly toolUsePrompt?: Tally
  /** Members of the candidate that come with its first chunk, such as `urlContextMetadata`. */
  readonly opening?: Partial<Candidate>
  /** Members that come with the last chunk, made for the candidate's parts: a thought summary, then what limits left of the play. */
  closing?(parts: readonly Part[]): Partial<Candidate>
}

/** Undefined: this is not mine to play. Throws `GatewayError` when the request asks for what it cannot have. */
export type Player = (scene: Scene) => Play | undefined | Promise<Play | undefined>
