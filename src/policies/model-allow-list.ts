/** A key that names models may use only those; the others look as if they did not exist. */
import { modelNotFound } from '../errors.ts'
import type { Policy } from '../nouns.ts'
import { matchesAny } from '../wire/glob.ts'

export const modelAllowList: Policy = (call, caller) => {
  if (caller.models.length === 0 || matchesAny(caller.models, call.model)) return undefined
  throw modelNotFound(call.model, call.apiVersion, call.verb)
}
