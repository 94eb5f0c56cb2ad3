/** One endpoint of OpenAI's API: how its request becomes Gemini's, and Gemini's answer its own. */
import type { Report } from '../../nouns/report.ts'
import type { Verb, WireFormat } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import type { Asked } from './asked.ts'
import type { Json } from './values.ts'

export interface Endpoint {
  readonly wire: Exclude<WireFormat, 'gemini'>
  /** Behind the API's version: `chat/completions`. */
  readonly path: string
  /** Of a call that does not stream. */
  readonly verb: Verb
  /** Whether a later request may go on from an answer by its id. */
  readonly keepsAnswers?: true
  /** For a model of that name. Throws `invalid_argument` or `untranslatable`. */
  toGemini(asked: Asked, model: string, report: Report): InGemini
  /** A whole answer. */
  whole(response: GenerateContentResponse, asked: Asked): Json | Promise<Json>
  /** Left out where nothing streams. */
  events?(asked: Asked): EventWriter
}

export interface InGemini {
  readonly verb: Verb
  readonly body: Json
}

/** The events of one stream, as text. Each of Gemini's chunks is shown to it once, in order. */
export interface EventWriter {
  chunk(response: GenerateContentResponse): string
  /** A promise, where something is done first that the last events tell of. */
  end(): string | Promise<string>
  /** Before the connection is cut. */
  fail(error: Json): string
  /** Of what was said, as much as waits for the end. Left out: nothing to speak of. */
  readonly heldBytes?: number
}
