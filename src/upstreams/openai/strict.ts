/** Whether a schema is of the subset that `strict` holds a model to; platform.openai.com/docs/guides/structured-outputs */
import { isObject } from './responses/json.ts'

const DEPTH_MAX = 10
const PROPERTIES_MAX = 5_000
const ENUM_VALUES_MAX = 1_000

const KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  '$ref',
  '$defs',
  'definitions',
  'title',
  'description',
  'pattern',
  'format',
  'multipleOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
])

const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
])

interface Seen {
  properties: number
  enumValues: number
}

/** As it is: nothing is added to make it fit. */
export function fitsStrict(schema: unknown): boolean {
  const seen: Seen = { properties: 0, enumValues: 0 }
  if (!isObject(schema) || schema.type !== 'object' || schema.anyOf !== undefined) return false
  return fits(schema, 1, seen) && seen.properties <= PROPERTIES_MAX && seen.enumValues <= ENUM_VALUES_MAX
}

function fits(schema: unknown, depth: number, seen: Seen): boolean {
  if (!isObject(schema) || depth > DEPTH_MAX) return false
  if (Object.keys(schema).some((keyword) => !KEYWORDS.has(keyword))) return false
  if (schema.format !== undefined && !FORMATS.has(schema.format)) return false
  if (Array.isArray(schema.enum)) seen.enumValues += schema.enum.length
  const members = [schema.properties, schema.$defs, schema.definitions].filter(isObject)
  const below = [
    ...members.flatMap((member) => Object.values(member)),
    ...(Array.isArray(schema.anyOf) ? schema.anyOf : []),
    ...(schema.items === undefined ? [] : [schema.items]),
  ]
  return fitsAsObject(schema, seen) && below.every((part) => fits(part, depth + 1, seen))
}

/** An object names all of its members, needs them all, and takes no others. */
function fitsAsObject(schema: Readonly<Record<string, unknown>>, seen: Seen): boolean {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  if (!types.includes('object') && schema.properties === undefined) return true
  const names = isObject(schema.properties) ? Object.keys(schema.properties) : []
  const required = Array.isArray(schema.required) ? schema.required : []
  seen.properties += names.length
  return schema.additionalProperties === false && names.every((name) => required.includes(name))
}
