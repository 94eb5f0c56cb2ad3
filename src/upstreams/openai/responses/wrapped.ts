/**
 * A schema must have an object at its root here. Another one becomes the single member of an object, and the answer is
 * taken out of it again: it shows by itself that it was wrapped, so nothing has to be remembered between the two.
 */
import type { JsonSchema } from '../../translation/conversation.ts'

/** No schema of a client's has it, and no answer begins with it by chance. */
const MEMBER = 'wasatValue'
const OPENING = new RegExp(`^\\s*\\{\\s*"${MEMBER}"\\s*:\\s*`)
/** Every beginning of an opening: a text that does not fit is known by its first letters. */
const OPENING_PART = beginningsOf(['\\s*', '\\{', '\\s*', ...`"${MEMBER}"`, '\\s*', ':', '\\s*'])
/** White space that an opening may hold; beyond it, it is a text like any other. */
const OPENING_CHARS_MAX = 200

export function hasObjectRoot(schema: JsonSchema): boolean {
  return typeof schema === 'object' && schema.type === 'object'
}

/** References keep their meaning: definitions move up, and what pointed at the root points at the member. */
export function wrapSchema(schema: JsonSchema): Record<string, unknown> {
  if (typeof schema === 'boolean') return wrapperOf(schema, {})
  const { $defs, definitions, ...rest } = schema
  const moved = {
    ...($defs !== undefined && { $defs: repoint($defs) }),
    ...(definitions !== undefined && { definitions: repoint(definitions) }),
  }
  return wrapperOf(repoint(rest), moved)
}

function wrapperOf(value: unknown, definitions: object): Record<string, unknown> {
  return {
    type: 'object',
    properties: { [MEMBER]: value },
    required: [MEMBER],
    additionalProperties: false,
    ...definitions,
  }
}

function repoint(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(repoint)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === '$ref' && typeof member === 'string' ? repointed(member) : repoint(member),
    ]),
  )
}

function repointed(reference: string): string {
  if (reference !== '#' && !reference.startsWith('#/')) return reference
  if (reference.startsWith('#/$defs/') || reference.startsWith('#/definitions/')) return reference
  return `#/properties/${MEMBER}${reference.slice(1)}`
}

/** Passes a text through; of one that was wrapped, only the value. */
export class Unwrapper {
  #state: 'undecided' | 'plain' | 'wrapped' = 'undecided'
  /** Undecided: all there is so far. Wrapped: what may be the closing brace. */
  #held = ''
  #isBegun = false

  push(delta: string): string {
    if (this.#state === 'plain') return delta
    if (this.#state === 'wrapped') return this.#unclosed(delta)
    const text = this.#held + delta
    const opening = OPENING.exec(text)
    if (opening !== null) {
      this.#state = 'wrapped'
      this.#held = ''
      return this.#unclosed(text.slice(opening[0].length))
    }
    if (text.length <= OPENING_CHARS_MAX && OPENING_PART.test(text)) {
      this.#held = text
      return ''
    }
    this.#state = 'plain'
    this.#held = ''
    return text
  }

  /** The rest, when the text is over. */
  flush(): string {
    const held = this.#held
    this.#held = ''
    if (this.#state !== 'wrapped') return held
    const close = held.lastIndexOf('}')
    return close === -1 ? held : held.slice(0, close).trimEnd()
  }

  #unclosed(delta: string): string {
    const text = this.#isBegun ? this.#held + delta : delta.trimStart()
    if (text !== '') this.#isBegun = true
    const trimmed = text.trimEnd()
    const safe = trimmed.endsWith('}') ? trimmed.slice(0, -1).trimEnd() : trimmed
    this.#held = text.slice(safe.length)
    return safe
  }
}

/** A pattern for every text that the parts, one after the other, could go on to make. */
function beginningsOf(parts: readonly string[]): RegExp {
  const nested = parts.reduceRight((rest, part) => `(?:${part}${rest})?`, '')
  return new RegExp(`^${nested}$`)
}
