/** How deep a schema nests. */

/** Schemas inside one another that Gemini takes. */
const SCHEMA_DEPTH_MAX = 32

/**
 * Whether a `Schema` or a JSON Schema nests deeper than allowed. Levels are counted where one schema holds another:
 * by name (`items`, `anyOf`, `not`, …) or in a map of names (`properties`, `$defs`, …).
 */
export function exceedsDepth(schema: unknown, depth = 1): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  if (depth > SCHEMA_DEPTH_MAX) return true
  for (const [key, value] of Object.entries(schema)) {
    if (MAPS.has(key) && isObject(value)) {
      for (const inner of Object.values(value)) if (exceedsDepth(inner, depth + 1)) return true
    } else if (SCHEMAS.has(key)) {
      for (const inner of Array.isArray(value) ? value : [value])
        if (exceedsDepth(inner, depth + 1)) return true
    }
  }
  return false
}

const MAPS = new Set(['properties', '$defs', 'definitions', 'patternProperties', 'dependentSchemas'])
const SCHEMAS = new Set([
  ...['items', 'prefixItems', 'anyOf', 'oneOf', 'allOf', 'not', 'if', 'then', 'else'],
  ...['additionalProperties', 'contains', 'propertyNames', 'unevaluatedItems', 'unevaluatedProperties'],
])

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
