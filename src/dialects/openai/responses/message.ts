/** A message of the answer while it is written. */
import type { Citation } from '../grounding.ts'
import type { Json } from '../values.ts'
import type { Emit, Place } from './emit.ts'

export type ItemStatus = 'completed' | 'incomplete'

export interface OpenMessage {
  readonly kind: 'message'
  /** `tokens`: of this piece, when their likelihood was asked for. */
  say(text: string, tokens: readonly Json[]): void
  /** What passages of it rest on. */
  cite(citations: readonly Citation[]): void
  close(status: ItemStatus): Json
}

const CONTENT_INDEX = 0

export function openMessage({ id, index }: Place, emit: Emit): OpenMessage {
  const at = { item_id: id, output_index: index, content_index: CONTENT_INDEX }
  const item = { id, type: 'message', role: 'assistant' }
  const logprobs: Json[] = []
  const annotations: Json[] = []
  let text = ''
  emit('response.output_item.added', {
    output_index: index,
    item: { ...item, status: 'in_progress', content: [] },
  })
  emit('response.content_part.added', {
    ...at,
    part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
  })
  return {
    kind: 'message',
    say: (piece, tokens) => {
      text += piece
      logprobs.push(...tokens)
      emit('response.output_text.delta', { ...at, delta: piece, logprobs: tokens })
    },
    cite: (citations) => {
      for (const citation of citations) {
        const annotation = { type: 'url_citation', ...citation }
        const position = annotations.push(annotation) - 1
        emit('response.output_text.annotation.added', { ...at, annotation_index: position, annotation })
      }
    },
    close: (status) => {
      const part = { type: 'output_text', text, annotations, logprobs }
      const done = { ...item, status, content: [part] }
      emit('response.output_text.done', { ...at, text, logprobs })
      emit('response.content_part.done', { ...at, part })
      emit('response.output_item.done', { output_index: index, item: done })
      return done
    },
  }
}

/** A message that says only why there is none. */
export function refusalMessage({ id, index }: Place, refusal: string, emit: Emit): Json {
  const at = { item_id: id, output_index: index, content_index: CONTENT_INDEX }
  const item = { id, type: 'message', role: 'assistant' }
  const part = { type: 'refusal', refusal }
  const done = { ...item, status: 'completed', content: [part] }
  emit('response.output_item.added', {
    output_index: index,
    item: { ...item, status: 'in_progress', content: [] },
  })
  emit('response.content_part.added', { ...at, part: { ...part, refusal: '' } })
  emit('response.refusal.delta', { ...at, delta: refusal })
  emit('response.refusal.done', { ...at, refusal })
  emit('response.content_part.done', { ...at, part })
  emit('response.output_item.done', { output_index: index, item: done })
  return done
}
