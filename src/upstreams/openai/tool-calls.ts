/** Calls that come in pieces, put together. Servers differ in how they say which piece belongs to which call. */
import type { FunctionCallMade } from '../translation/composer.ts'
import { isObject, type Json, numberOf, objectOf, textOf } from './responses/json.ts'

interface Slot {
  readonly index: number | undefined
  id: string | undefined
  name: string
  argumentsText: string
}

export class ToolCalls {
  #slots: Slot[] = []

  add(pieces: readonly Json[]): void {
    for (const piece of pieces) {
      const { name, arguments: given } = objectOf(piece.function)
      const slot = this.#slotOf(piece, textOf(name) ?? '')
      slot.id ??= textOf(piece.id) || undefined
      if (slot.name === '') slot.name = textOf(name) ?? ''
      if (isObject(given)) slot.argumentsText = JSON.stringify(given)
      else slot.argumentsText += textOf(given) ?? ''
    }
  }

  /** All of them, in the order in which they began, and whole as far as they came. */
  take(): readonly FunctionCallMade[] {
    const slots = this.#slots
    this.#slots = []
    return slots.map(({ id, name, argumentsText }) => ({
      id,
      name,
      // A function without parameters is often called with nothing at all.
      argumentsText: argumentsText.trim() === '' ? '{}' : argumentsText,
    }))
  }

  #slotOf(piece: Json, name: string): Slot {
    const index = numberOf(piece.index)
    const id = textOf(piece.id) || undefined
    const known = this.#find(index, id, name)
    if (known !== undefined) return known
    const slot = { index, id, name: '', argumentsText: '' }
    this.#slots.push(slot)
    return slot
  }

  /**
   * By index, else by id, else the last one. With a name and another id it is a new call under an old index; another id
   * alone is none, because some servers make one up for each piece.
   */
  #find(index: number | undefined, id: string | undefined, name: string): Slot | undefined {
    const isNamed = (slot: Slot) => name !== '' && slot.name !== ''
    if (index !== undefined) {
      const slot = this.#slots.findLast((known) => known.index === index)
      const isAnother = slot !== undefined && isNamed(slot) && id !== undefined && slot.id !== id
      return isAnother ? undefined : slot
    }
    if (id !== undefined) {
      const slot = this.#slots.find((known) => known.id === id)
      if (slot !== undefined || name !== '') return slot
    }
    const last = this.#slots.at(-1)
    return last !== undefined && isNamed(last) ? undefined : last
  }
}
