/** The output of an answer: its items, in their order. */
import { answerError } from '../../http/errors.ts'
import { beginItem, type ItemReading } from './item.ts'
import { type Json, objectOf, objectsOf } from './json.ts'
import type { Pieces } from './pieces.ts'

/** Events that wait for an earlier item to end. Servers send item after item, so there are hardly ever any. */
const HELD_EVENTS_MAX = 65_536

/** The items of a whole answer. */
export function readOutput(output: unknown, pieces: Pieces): void {
  for (const item of objectsOf(output)) beginItem(item, pieces).end(item)
}

interface OpenItem {
  readonly key: unknown
  readonly begun: Json
  reading: ItemReading | undefined
  readonly held: { readonly type: string; readonly data: Json }[]
}

/** The items of a stream: what belongs to a later one waits until the earlier ones have ended. */
export class OutputStream {
  readonly #pieces: Pieces
  readonly #name: string
  /** In their order; the first one is being read. */
  #open: OpenItem[] = []
  #heldEvents = 0
  #hasItems = false

  /** `name` is the upstream's, for an error. */
  constructor(pieces: Pieces, name: string) {
    this.#pieces = pieces
    this.#name = name
  }

  get hasItems(): boolean {
    return this.#hasItems
  }

  /** Takes an event that belongs to an item. */
  event(type: string, data: Json): void {
    const first = this.#open[0]
    const key = keyOf(data)
    const item = first !== undefined && first.key === key ? first : this.#itemOf(key, type, data)
    if (item === this.#open[0]) this.#read(item, type, data)
    else this.#hold(item, type, data)
  }

  /** No item comes any more: those that never ended end now. `isCut`: what they hold may not be all of it. */
  end(isCut: boolean): void {
    for (let item = this.#open[0]; item !== undefined; item = this.#open[0]) {
      this.#reading(item).end(isCut ? { status: 'incomplete' } : {})
      this.#advance()
    }
  }

  #itemOf(key: unknown, type: string, data: Json): OpenItem {
    const known = this.#open.find((item) => item.key === key)
    if (known !== undefined) return known
    const begun = { type: TYPES[type], ...objectOf(data.item) }
    const item = { key, begun, reading: undefined, held: [] }
    this.#open.push(item)
    this.#hasItems = true
    return item
  }

  #read(item: OpenItem, type: string, data: Json): void {
    const reading = this.#reading(item)
    if (type === 'response.output_item.added') return
    if (type !== 'response.output_item.done') return reading.event(type, data)
    reading.end(objectOf(data.item))
    this.#advance()
  }

  /** Begins the next item with what came for it, and those after it that are there to their end. */
  #advance(): void {
    this.#open.shift()
    const next = this.#open[0]
    if (next === undefined) return
    const held = next.held.splice(0)
    this.#heldEvents -= held.length
    for (const { type, data } of held) if (next === this.#open[0]) this.#read(next, type, data)
  }

  #hold(item: OpenItem, type: string, data: Json): void {
    this.#heldEvents += 1
    if (this.#heldEvents > HELD_EVENTS_MAX)
      throw answerError(this.#name, 'sent its output out of order', true)
    item.held.push({ type, data })
  }

  #reading(item: OpenItem): ItemReading {
    item.reading ??= beginItem(item.begun, this.#pieces)
    return item.reading
  }
}

/** llama.cpp's server numbers no items: there they go by their ids. */
function keyOf({ output_index, item_id, item }: Json): unknown {
  return output_index ?? item_id ?? objectOf(item).id
}

/** What an item is whose beginning was not told. */
const TYPES: Readonly<Record<string, string>> = {
  'response.output_text.delta': 'message',
  'response.output_text.annotation.added': 'message',
  'response.refusal.delta': 'message',
  'response.function_call_arguments.delta': 'function_call',
  'response.function_call_arguments.done': 'function_call',
  'response.reasoning_summary_text.delta': 'reasoning',
  'response.reasoning_text.delta': 'reasoning',
}

export const ITEM_EVENTS: ReadonlySet<string> = new Set([
  'response.output_item.added',
  'response.output_item.done',
  ...Object.keys(TYPES),
])
