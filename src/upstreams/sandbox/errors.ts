/** What the sandbox says when it refuses, in Google's words where those are known. */

import { type GatewayError, invalidField, modelNotFound as noSuchModel } from '../../errors.ts'
import type { Call } from '../../nouns.ts'

/** Google's answer to a model that there is not, and to a verb that the model does not have. */
export function modelNotFound(call: Call, model: string): GatewayError {
  return noSuchModel(model, call.apiVersion, call.verb)
}

/** A well-formed request for something that the sandbox cannot do: refused, because ignoring it would be a lie. */
export function notYet(field: string, what: string): GatewayError {
  return invalidField(field, `${what} is not supported by the sandbox yet.`)
}
