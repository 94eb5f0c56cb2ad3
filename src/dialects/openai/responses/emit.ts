/** How the parts of an answer tell what happens to them, in the order in which it happens. */
import type { Json } from '../values.ts'

/** One event; `type` and sequence number are the stream's to add. A whole answer listens to none. */
export type Emit = (type: string, payload: Json) => void

/** Where an item stands, and what it is called. */
export interface Place {
  readonly id: string
  readonly index: number
}

/** The item appears, goes through its own events, and is done. */
export function tellOnce(
  emit: Emit,
  index: number,
  item: Json,
  first: Json,
  between: readonly (readonly [type: string, payload: Json])[] = [],
): Json {
  emit('response.output_item.added', { output_index: index, item: { ...item, ...first } })
  for (const [type, payload] of between) emit(type, { item_id: item.id, output_index: index, ...payload })
  emit('response.output_item.done', { output_index: index, item })
  return item
}
