/**
 * What this API thought and searched before a piece of its answer. Nothing is stored there, so it is given back with
 * the history, each item at its place: a reasoning item must stand right before what it led to.
 */
import { isObject, type Json, objectsOf, textOf } from './json.ts'

/** Sealed into the signature of the piece that follows. */
export interface PieceState {
  /** Output items, as they go back into the input. */
  readonly items: readonly Json[]
  /** Of the message that follows: newer models tell a comment on the way from the answer, and want it back. */
  readonly phase: string | undefined
}

export const NO_STATE: PieceState = { items: [], phase: undefined }

/**
 * What is sealed; undefined when there is nothing to be. It names the API, because the same upstream may speak another
 * one some day. A search is a link between thoughts: without any, it has nothing to hold together.
 */
export function sealedState({ items, phase }: PieceState): object | undefined {
  const hasThoughts = items.some((item) => item.type === 'reasoning')
  if (!hasThoughts && phase === undefined) return undefined
  return { responses: hasThoughts ? items : [], ...(phase !== undefined && { phase }) }
}

/** Undefined when it is not ours. */
export function openState(state: unknown): PieceState | undefined {
  if (!isObject(state) || !Array.isArray(state.responses)) return undefined
  return { items: objectsOf(state.responses), phase: textOf(state.phase) }
}

/** How an item of an answer goes back; undefined when it would be refused there. */
export function returnable(item: Json): Json | undefined {
  if (item.type === 'reasoning') return returnableReasoning(item)
  return item.type === 'web_search_call' ? item : undefined
}

/** A bare id names something that was not stored; `status` and empty members are refused as unknown parameters. */
function returnableReasoning(item: Json): Json | undefined {
  const encrypted = textOf(item.encrypted_content)
  const content = objectsOf(item.content)
  if (encrypted === undefined && content.length === 0) return undefined
  return {
    type: 'reasoning',
    ...(typeof item.id === 'string' && { id: item.id }),
    summary: objectsOf(item.summary),
    ...(content.length > 0 && { content }),
    ...(encrypted !== undefined && { encrypted_content: encrypted }),
  }
}
