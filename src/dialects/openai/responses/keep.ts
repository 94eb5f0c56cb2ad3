/** Keeps an answer with the conversation that it ends, before the client learns of its end: its id is of use at once. */
import type { Asked } from '../asked.ts'
import type { Json } from '../values.ts'
import { fullItems } from './items.ts'

/**
 * The response as it is given. It was paid for, so that it is given also when it could not be kept; then its `store` is
 * false, and its id leads nowhere.
 */
export async function keep(response: Json, output: readonly Json[], asked: Asked): Promise<Json> {
  if (response.store !== true || typeof response.id !== 'string') return response
  const earlier = asked.earlier.previous?.kept
  const own = fullItems(asked, response.id.replace('resp_', ''))
  const input = [...(earlier?.input ?? []), ...(earlier?.output ?? []), ...own]
  const isKept = await asked.keep({ id: response.id, response, input, output })
  return isKept ? response : { ...response, store: false }
}
