/** What the model thought, while it thinks. */
import type { Json } from '../values.ts'
import type { Emit, Place } from './emit.ts'
import { reasoningItem } from './signatures.ts'

export interface OpenReasoning {
  readonly kind: 'reasoning'
  say(text: string): void
  /** `content`: the signature, sealed. */
  close(content: string | undefined): Json
}

export function openReasoning({ id, index }: Place, emit: Emit): OpenReasoning {
  const at = { item_id: id, output_index: index, summary_index: 0 }
  let text = ''
  emit('response.output_item.added', { output_index: index, item: reasoningItem(id, [], undefined) })
  emit('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text } })
  return {
    kind: 'reasoning',
    say: (piece) => {
      text += piece
      emit('response.reasoning_summary_text.delta', { ...at, delta: piece })
    },
    close: (content) => {
      const part = { type: 'summary_text', text }
      const item = reasoningItem(id, [part], content)
      emit('response.reasoning_summary_text.done', { ...at, text })
      emit('response.reasoning_summary_part.done', { ...at, part })
      emit('response.output_item.done', { output_index: index, item })
      return item
    },
  }
}
