/**
 * The part of JSON Schema that the model holds itself to, by the page on structured outputs: closed objects, no limits
 * on numbers and lengths, no recursion, and not too many choices.
 */
import type { JsonSchema } from '../translation/conversation.ts'

const KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'title',
  'description',
  'default',
  'enum',
  'const',
  'anyOf',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'minItems',
  'format',
])
const FORMATS: ReadonlySet<string> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
])
/** In one request; more are refused. */
const OPTIONAL_MAX = 24
const CHOICES_MAX = 16
const DEPTH_MAX = 50

type SchemaObject = Readonly<Record<string, unknown>>

/** Of all schemas of one request together. */
export interface SchemaCounts {
  optional: number
  choices: number
}

/**
 * The same schema with its objects closed: whatever fits it fits the original too. Undefined when the model would not
 * keep to all of it. `counts` grows by what the schema takes.
 */
export function closedSchema(
  schema: JsonSchema,
  counts: SchemaCounts = { optional: 0, choices: 0 },
): JsonSchema | undefined {
  if (!isObject(schema) || schema.type !== 'object') return undefined
  const after = { ...counts }
  const closed = close(schema, after, 0)
  if (closed === undefined || after.optional > OPTIONAL_MAX || after.choices > CHOICES_MAX) return undefined
  Object.assign(counts, after)
  return closed
}

function close(schema: unknown, counts: SchemaCounts, depth: number): SchemaObject | undefined {
  if (!isObject(schema) || depth > DEPTH_MAX || !isPlain(schema)) return undefined
  if (schema.anyOf !== undefined || Array.isArray(schema.type)) counts.choices++
  const closed: Record<string, unknown> = { ...schema }
  if (schema.anyOf !== undefined) {
    const variants = closeAll(schema.anyOf, counts, depth)
    if (variants === undefined) return undefined
    closed.anyOf = variants
  }
  if (schema.items !== undefined) {
    closed.items = close(schema.items, counts, depth + 1)
    if (closed.items === undefined) return undefined
  }
  return isOfObjects(schema) ? closeObject(schema, closed, counts, depth) : closed
}

function closeObject(
  schema: SchemaObject,
  closed: Record<string, unknown>,
  counts: SchemaCounts,
  depth: number,
): SchemaObject | undefined {
  // An object of whatever members cannot be closed.
  if (!isObject(schema.properties) || (schema.additionalProperties ?? false) !== false) return undefined
  const names = Object.keys(schema.properties)
  if (names.length === 0 && schema.additionalProperties !== false) return undefined
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  if (required.some((name) => !names.includes(name as string))) return undefined
  counts.optional += names.length - required.length
  const properties: Record<string, unknown> = {}
  for (const name of names) {
    const property = close(schema.properties[name], counts, depth + 1)
    if (property === undefined) return undefined
    Object.defineProperty(properties, name, { value: property, enumerable: true })
  }
  closed.properties = properties
  closed.additionalProperties = false
  return closed
}

function closeAll(
  variants: unknown,
  counts: SchemaCounts,
  depth: number,
): readonly SchemaObject[] | undefined {
  if (!Array.isArray(variants) || variants.length === 0) return undefined
  const closed = variants.map((variant) => close(variant, counts, depth + 1))
  return closed.every((variant) => variant !== undefined) ? closed : undefined
}

function isPlain(schema: SchemaObject): boolean {
  if (Object.keys(schema).some((keyword) => !KEYWORDS.has(keyword))) return false
  if (schema.type === undefined && schema.anyOf === undefined && !hasLiterals(schema)) return false
  if (schema.format !== undefined && !FORMATS.has(schema.format as string)) return false
  if (schema.minItems !== undefined && schema.minItems !== 0 && schema.minItems !== 1) return false
  return schema.enum === undefined || (Array.isArray(schema.enum) && schema.enum.every(isPrimitive))
}

function hasLiterals(schema: SchemaObject): boolean {
  return schema.enum !== undefined || (schema.const !== undefined && isPrimitive(schema.const))
}

function isOfObjects({ type, properties }: SchemaObject): boolean {
  return type === 'object' || properties !== undefined || (Array.isArray(type) && type.includes('object'))
}

function isPrimitive(value: unknown): boolean {
  return value === null || typeof value !== 'object'
}

function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
