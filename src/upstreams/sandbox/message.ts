/** Reads a request's message, and refuses a wrong one as Google does. */
import { GatewayError } from '../../errors.ts'
import {
  type GeminiMessage,
  type GeminiMessageName,
  readMessage as readProtojson,
} from '../../wire/gemini-schema.ts'
import { ProtojsonError } from '../../wire/protojson-problems.ts'

/** Throws `invalid_argument` with one line and one `BadRequest` violation for each thing that is wrong. */
export function readMessage<Name extends GeminiMessageName>(name: Name, json: unknown): GeminiMessage<Name> {
  try {
    return readProtojson(name, json)
  } catch (error) {
    if (!(error instanceof ProtojsonError)) throw error
    const fieldViolations = error.violations.map(({ field, description }) => ({
      ...(field && { field }),
      description,
    }))
    const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }]
    throw new GatewayError('invalid_argument', error.message, { details })
  }
}
