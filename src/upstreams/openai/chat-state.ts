/** What a model thought before a piece of its answer, kept so that it can go back with the model's message. */
import { isObject, type Json, objectsOf, textOf } from './responses/json.ts'
import type { VendorFlags } from './vendor.ts'

export interface ChatState {
  readonly reasoning: string
  /** `reasoning_details`, in order. */
  readonly details: readonly Json[]
}

export const NO_STATE: ChatState = { reasoning: '', details: [] }

/** What is sealed. It names the API, because the same upstream may speak another one some day. */
export function sealedState({ reasoning, details }: ChatState): object {
  return { chat: { ...(reasoning !== '' && { reasoning }), ...(details.length > 0 && { details }) } }
}

/** The states of one message's pieces, in order, as one; those of another API count for nothing. */
export function openStates(states: readonly unknown[]): ChatState {
  const chats = states.flatMap((state) => (isObject(state) && isObject(state.chat) ? [state.chat] : []))
  return {
    reasoning: chats.map((chat) => textOf(chat.reasoning) ?? '').join(''),
    details: chats.flatMap((chat) => objectsOf(chat.details)),
  }
}

/** The members of an assistant's message that hold its thoughts. */
export function thoughtsBack(state: ChatState, flags: VendorFlags, hasCalls: boolean): Json {
  switch (flags.thoughtsBack) {
    case 'reasoning_content':
      // Asked for with every call, also when nothing was thought or when another model made the call.
      return state.reasoning !== '' || hasCalls ? { reasoning_content: state.reasoning } : {}
    case 'reasoning':
      return state.reasoning === '' ? {} : { reasoning: state.reasoning }
    case 'reasoning_details':
      return state.details.length === 0 ? {} : { reasoning_details: state.details }
    default:
      return {}
  }
}

/** Adds fragments of a stream to the details so far: what has the same kind and place is one detail. */
export function addDetails(details: Record<string, unknown>[], fragments: readonly Json[]): void {
  for (const fragment of fragments) {
    const last = details.at(-1)
    const isSame = last !== undefined && last.type === fragment.type && last.index === fragment.index
    if (!isSame || fragment.type === 'reasoning.encrypted') details.push({ ...fragment })
    else mergeInto(last, fragment)
  }
}

function mergeInto(detail: Record<string, unknown>, fragment: Json): void {
  for (const [key, value] of Object.entries(fragment)) {
    const isText = (key === 'text' || key === 'summary') && typeof value === 'string'
    if (isText) detail[key] = `${textOf(detail[key]) ?? ''}${value}`
    else if (value !== null && value !== undefined) detail[key] = value
  }
}
