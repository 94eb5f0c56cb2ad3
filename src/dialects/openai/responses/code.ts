/** Code that the model runs, until it is known what came out. */
import type { Json } from '../values.ts'
import type { Emit, Place } from './emit.ts'

export interface OpenCode {
  readonly kind: 'code'
  /** `logs`: what it printed; undefined when nobody said. */
  close(logs: string | undefined): Json
}

const TYPE = 'response.code_interpreter_call'

export function openCode({ id, index }: Place, code: string, container: string, emit: Emit): OpenCode {
  const at = { item_id: id, output_index: index }
  const item = { id, type: 'code_interpreter_call', container_id: container, outputs: null }
  emit('response.output_item.added', {
    output_index: index,
    item: { ...item, status: 'in_progress', code: '' },
  })
  emit(`${TYPE}.in_progress`, at)
  emit(`${TYPE}_code.delta`, { ...at, delta: code })
  emit(`${TYPE}_code.done`, { ...at, code })
  emit(`${TYPE}.interpreting`, at)
  return {
    kind: 'code',
    close: (logs) => {
      const outputs = logs === undefined ? null : [{ type: 'logs', logs }]
      const done = { ...item, status: 'completed', code, outputs }
      emit(`${TYPE}.completed`, at)
      emit('response.output_item.done', { output_index: index, item: done })
      return done
    },
  }
}
