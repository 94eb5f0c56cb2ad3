/** Items as they are kept: each in its full form, and with an id. */
import type { Asked } from '../asked.ts'
import { isReference } from '../earlier.ts'
import { isObject, type Json } from '../values.ts'

/** A text is one message of the user's, and a reference the item that it is to; what there is none of stays as it is. */
export function itemsOf({ document, earlier }: Pick<Asked, 'document' | 'earlier'>): readonly unknown[] {
  const { input } = document()
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  if (!Array.isArray(input)) return []
  return input.map((item) => (isReference(item) ? (earlier.items.get(item.id) ?? item) : item))
}

const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
}

/** `unique`: part of each new id. The request was read before: whatever is no object is not there. */
export function fullItems(asked: Pick<Asked, 'document' | 'earlier'>, unique: string): readonly Json[] {
  return itemsOf(asked)
    .filter(isObject)
    .map((item, index) => {
      const type = typeof item.type === 'string' ? item.type : 'message'
      const id = `${PREFIXES[type] ?? 'item'}_${unique}i${index}`
      if (type !== 'message') return { id, ...item }
      return { id, type, status: 'completed', ...item, content: contentOf(item) }
    })
}

function contentOf({ role, content }: Json): unknown {
  if (typeof content !== 'string') return content
  return role === 'assistant'
    ? [{ type: 'output_text', text: content, annotations: [] }]
    : [{ type: 'input_text', text: content }]
}
