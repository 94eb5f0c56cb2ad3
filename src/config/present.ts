/** The configuration in the form of the file again, with its secrets masked. */

import type { Shape } from './fields.ts'
import type { LoadedConfig } from './load.ts'
import { pathText } from './problems.ts'
import { configShape } from './schema.ts'
import { formatUnit } from './units.ts'

const MASK = '••••'
/** A shorter secret would be half told by its last four characters. */
const SHOWN_SECRET_CHARACTERS_MIN = 9

export function maskSecret(secret: string): string {
  return secret.length >= SHOWN_SECRET_CHARACTERS_MIN ? MASK + secret.slice(-4) : MASK
}

/** Plain data: durations and sizes as text with a unit, each secret as `••••` and at most its last four characters. */
export function maskedConfig(loaded: Pick<LoadedConfig, 'config'>): Record<string, unknown> {
  return present(configShape, loaded.config) as Record<string, unknown>
}

/** Calls `visit` for each leaf in the order of the schema, with the path that `origins` uses. */
export function visitLeaves(
  masked: Record<string, unknown>,
  visit: (path: readonly string[], text: string) => void,
): void {
  const walk = (value: unknown, path: readonly string[]): void => {
    const members = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value ?? {}) : []
    // An empty map, such as `models` without a file, is a leaf too.
    if (members.length === 0) visit(path, pathText(path))
    for (const [key, child] of members) walk(child, [...path, key])
  }
  walk(masked, [])
}

function present(shape: Shape, value: unknown): unknown {
  if (shape.properties) return presentMembers((key) => shape.properties![key]!, value as object)
  if (shape.patternProperties) {
    const [child] = Object.values(shape.patternProperties)
    return presentMembers(() => child!, value as object)
  }
  if (shape.items) return (value as readonly unknown[]).map((item) => present(shape.items!, item))
  if (shape.anyOf) return present(variantOf(shape.anyOf, value), value)
  if (shape['x-unit']) return formatUnit(shape['x-unit'], value as number)
  return shape.writeOnly && value !== shape.default ? maskSecret(String(value)) : value
}

function presentMembers(shapeOf: (key: string) => Shape, value: object): Record<string, unknown> {
  const members = Object.entries(value).map(([key, child]) => [key, present(shapeOf(key), child)])
  return Object.fromEntries(members)
}

function variantOf(variants: readonly Shape[], value: unknown): Shape {
  if (typeof value === 'string') return variants.find((variant) => variant.type === 'string')!
  if (Array.isArray(value)) return variants.find((variant) => variant.items)!
  const kind = (value as { kind?: unknown }).kind
  return variants.find((variant) => variant.properties && variant.properties.kind?.const === kind)!
}
