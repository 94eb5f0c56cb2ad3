/** The part of JSON Schema that Anthropic holds a model to. */
import { AnthropicRefusal } from './anthropic-server-errors.ts'
import { isJson, type Json } from './provider-shape.ts'

const NEVER: Readonly<Record<string, readonly string[]>> = {
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  string: ['minLength', 'maxLength'],
  array: ['maxItems', 'uniqueItems', 'contains'],
  object: ['minProperties', 'maxProperties', 'patternProperties', 'propertyNames'],
}
const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']
const DEPTH_MAX = 50

/** `where` is what the error names: `output_config.format.schema`. */
export function checkSchema(schema: unknown, where: string, depth = 0): void {
  if (!isJson(schema) || depth > DEPTH_MAX) return
  const fail = (why: string) => new AnthropicRefusal(`${where}: ${why}`)
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]) as readonly string[]
  for (const type of types) {
    const found = (NEVER[type] ?? []).filter((keyword) => schema[keyword] !== undefined)
    if (found.length > 0)
      throw fail(
        `For '${type}' type, ${found.length > 1 ? 'properties' : 'property'} ${found.map((one) => `'${one}'`).join(', ')} ${found.length > 1 ? 'are' : 'is'} not supported`,
      )
  }
  checkRest(schema, types, fail)
  for (const inner of innerOf(schema)) checkSchema(inner, where, depth + 1)
}

function checkRest(schema: Json, types: readonly string[], fail: (why: string) => Error): void {
  if (types.includes('object') && schema.additionalProperties !== false)
    throw fail("For 'object' type, 'additionalProperties' must be explicitly set to false")
  if (types.includes('array') && Number(schema.minItems ?? 0) > 1)
    throw fail("For 'array' type, 'minItems' values other than 0 or 1 are not supported")
  if (schema.format !== undefined && !FORMATS.includes(String(schema.format)))
    throw fail(`String format '${String(schema.format)}' is not supported`)
  for (const keyword of ['not', 'if', 'oneOf', 'dependentSchemas']) {
    if (schema[keyword] !== undefined) throw fail(`Schema keyword '${keyword}' is not supported`)
  }
  if (typeof schema.$ref === 'string' && !schema.$ref.startsWith('#'))
    throw fail('External $ref is not supported')
}

function innerOf(schema: Json): readonly unknown[] {
  const maps = [schema.properties, schema.$defs, schema.definitions].filter(isJson)
  const lists = [schema.anyOf, schema.allOf, schema.prefixItems].filter(Array.isArray)
  return [...maps.flatMap((one) => Object.values(one)), ...lists.flat(), schema.items]
}
