/** Reads a request's message, and refuses a wrong one as Google does. */
import { refusing } from '../../../errors.ts'
import {
  type GeminiMessage,
  type GeminiMessageName,
  readMessage as readProtojson,
} from '../../../wire/gemini-schema.ts'

/** Throws `invalid_argument` with one line and one `BadRequest` violation for each thing that is wrong. */
export function readMessage<Name extends GeminiMessageName>(name: Name, json: unknown): GeminiMessage<Name> {
  return refusing(() => readProtojson(name, json))
}
