/** One number for one request: the hash that every choice of the sandbox is drawn from. */
import { hash } from 'node:crypto'

/** Strings beyond this go into the canonical text as their own hash, so that an image is not copied around. */
const INLINE_CHARS_MAX = 4_096

/** SHA-256 of a value's canonical form: the order of keys does not matter, everything else does. */
export function digestOf(value: unknown): Buffer {
  return hash('sha256', canonical(value), 'buffer')
}

function canonical(value: unknown): string {
  if (typeof value === 'string') return canonicalString(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const object = value as Record<string, unknown>
  let text = '{'
  for (const key of Object.keys(object).sort()) {
    if (object[key] !== undefined) text += `${canonicalString(key)}=${canonical(object[key])};`
  }
  return `${text}}`
}

/** Its length before it makes a string unambiguous without escaping. */
function canonicalString(text: string): string {
  if (text.length <= INLINE_CHARS_MAX) return `${text.length}:${text}`
  return `#${hash('sha256', text, 'base64')}`
}

/** Draws that depend on nothing but the seed (mulberry32). */
export interface Random {
  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number
  pick<T>(choices: readonly T[]): T
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => next() % bound
  return { below, pick: (choices) => choices[below(choices.length)]! }
}
