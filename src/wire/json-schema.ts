/** Gemini's `Schema`, a part of OpenAPI 3.0's, as JSON Schema of draft 2020-12. */
import type { GeminiMessage } from './gemini-schema.ts'

type GeminiSchema = GeminiMessage<'Schema'>

export interface JsonSchemaObject {
  [keyword: string]: unknown
}

/** Hears what JSON Schema has no word for. Paths are camelCase and begin with the schema's own. */
export interface SchemaListener {
  dropped(path: string, reason: string): void
  approximated(path: string, reason: string): void
}

const TYPES: ReadonlyMap<string | undefined, string> = new Map([
  ['STRING', 'string'],
  ['NUMBER', 'number'],
  ['INTEGER', 'integer'],
  ['BOOLEAN', 'boolean'],
  ['ARRAY', 'array'],
  ['OBJECT', 'object'],
  ['NULL', 'null'],
])

/** Both languages write them alike. */
const SHARED = ['title', 'description', 'minimum', 'maximum', 'pattern', 'default'] as const
/** 64-bit integers, which come as strings. */
const LIMITS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'] as const
/** A property with a longer name is named by the object that holds it. */
const PATH_NAME_CHARS_MAX = 128

/** `schema` is as deep as the reader of messages lets it be. */
export function toJsonSchema(schema: GeminiSchema, path: string, listener: SchemaListener): JsonSchemaObject {
  const result: JsonSchemaObject = {}
  const type = TYPES.get(schema.type)
  const isNullable = schema.nullable === true
  if (type !== undefined) result.type = isNullable && type !== 'null' ? [type, 'null'] : type
  for (const key of SHARED) if (schema[key] !== undefined) result[key] = schema[key]
  if (schema.format && !(schema.format === 'enum' && schema.enum)) result.format = schema.format
  if (schema.enum?.length) result.enum = readEnum(schema, isNullable, path, listener)
  if (schema.example !== undefined) result.examples = [schema.example]
  copyLimits(schema, result, path, listener)
  const properties = readProperties(schema, path, listener)
  if (schema.properties !== undefined) result.properties = properties
  if (schema.required?.length) result.required = schema.required
  if (schema.items !== undefined) result.items = toJsonSchema(schema.items, `${path}.items`, listener)
  if (schema.anyOf?.length) {
    const branches = schema.anyOf.map((branch, index) =>
      toJsonSchema(branch, `${path}.anyOf[${index}]`, listener),
    )
    result.anyOf = isNullable ? [...branches, { type: 'null' }] : branches
  }
  return result
}

/** Gemini writes the choices of a number as strings, too. */
function readEnum(
  { type, enum: values = [] }: GeminiSchema,
  isNullable: boolean,
  path: string,
  listener: SchemaListener,
): unknown[] {
  const isNumber = type === 'INTEGER' || type === 'NUMBER'
  const read = values.map((value, index) => {
    const number = Number(value)
    if (!isNumber || value.trim() === '' || !Number.isFinite(number)) return value
    listener.approximated(`${path}.enum[${index}]`, 'the choices of a number are written as numbers')
    return number
  })
  return isNullable ? [...read, null] : read
}

function copyLimits(
  schema: GeminiSchema,
  result: JsonSchemaObject,
  path: string,
  listener: SchemaListener,
): void {
  for (const key of LIMITS) {
    const text = schema[key]
    if (text === undefined) continue
    const limit = Number(text)
    result[key] = limit
    if (!Number.isSafeInteger(limit)) {
      listener.approximated(`${path}.${key}`, 'a number of JSON is exact up to 2^53 only')
    }
  }
}

/** In the order of `propertyOrdering`, which JSON Schema has no word for: models keep to the order that they read. */
function readProperties(
  { properties = {}, propertyOrdering = [] }: GeminiSchema,
  path: string,
  listener: SchemaListener,
): JsonSchemaObject {
  const names = Object.keys(properties)
  const known = new Set(names)
  const ordered = [...new Set([...propertyOrdering.filter((name) => known.has(name)), ...names])]
  const read = Object.fromEntries(
    ordered.map((name) => {
      const inner = `${path}.properties`
      if (name.length <= PATH_NAME_CHARS_MAX) {
        return [name, toJsonSchema(properties[name]!, `${inner}.${name}`, listener)]
      }
      return [name, toJsonSchema(properties[name]!, inner, withoutDetail(listener, inner))]
    }),
  )
  propertyOrdering.forEach((name, index) => {
    if (known.has(name)) return
    listener.dropped(`${path}.propertyOrdering[${index}]`, 'there is no property of that name')
  })
  // JavaScript's objects put names that are numbers first.
  if (propertyOrdering.length > 0 && Object.keys(read).some((name, index) => name !== ordered[index])) {
    listener.approximated(`${path}.propertyOrdering`, 'names that are numbers come first')
  }
  return read
}

/** Tells whatever is lost below under this one path. */
function withoutDetail(listener: SchemaListener, path: string): SchemaListener {
  return {
    dropped: (_path, reason) => listener.dropped(path, reason),
    approximated: (_path, reason) => listener.approximated(path, reason),
  }
}
