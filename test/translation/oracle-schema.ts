/** What a Schema of Google's is in JSON Schema: written for the tests alone, from the two specifications. */
import type { Loose } from './schema-requests.ts'

const COUNTS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']
const KEPT = ['title', 'description', 'minimum', 'maximum', 'pattern', 'default']

export function asJsonSchema(schema: Loose): Loose {
  const made: Loose = {}
  const { type, nullable, format, enum: values, items, anyOf, example } = schema
  const word = typeof type === 'string' && type !== 'TYPE_UNSPECIFIED' ? type.toLowerCase() : undefined
  const isNullable = nullable === true
  if (word !== undefined) made.type = isNullable && word !== 'null' ? [word, 'null'] : word
  if (Array.isArray(values)) made.enum = isNullable ? [...values, null] : values
  if (typeof format === 'string' && format !== 'enum') made.format = format
  for (const key of KEPT) if (schema[key] !== undefined) made[key] = schema[key]
  // An empty list of what is required says nothing.
  if (Array.isArray(schema.required) && schema.required.length > 0) made.required = schema.required
  for (const key of COUNTS) if (schema[key] !== undefined) made[key] = Number(schema[key])
  if (example !== undefined) made.examples = [example]
  if (items !== undefined) made.items = asJsonSchema(items as Loose)
  if (Array.isArray(anyOf)) made.anyOf = anyOf.map((one) => asJsonSchema(one as Loose))
  if (schema.properties !== undefined) made.properties = properties(schema.properties as Loose)
  return made
}

/** Their order is no part of equality. */
function properties(map: Loose): Loose {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, asJsonSchema(value as Loose)]))
}
