/** Looks into JSON that a provider sent: whatever is not what it should be is not there. */

export type Json = Readonly<Record<string, unknown>>

const NOTHING: Json = Object.freeze({})

export function objectOf(value: unknown): Json {
  return isObject(value) ? value : NOTHING
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
