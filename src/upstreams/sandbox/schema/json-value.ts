/** JSON values: what kind they are, and whether two are the same. */
import type { Kind } from './shape.ts'

export function kindOf(value: unknown): Kind | undefined {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  const type = typeof value
  if (type === 'number') return Number.isFinite(value) ? 'number' : undefined
  return type === 'boolean' || type === 'string' || type === 'object' ? type : undefined
}

/** The same text for the same value, whatever the order of its keys. Values of a request are not deep. */
export function keyOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${keyOf(inner)}`).join()}}`
}

/** Code points of a text. */
export function lengthOf(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
