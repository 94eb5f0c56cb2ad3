/** Reads Gemini's own `Schema`, a part of OpenAPI 3.0's. */
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import {
  boundsOfFormat,
  checkPair,
  defined,
  enter,
  propertyPath,
  type Reading,
  readPatternAt,
  tighter,
  withNull,
} from './reading.ts'
import { type ArrayBounds, type Kind, NEVER, type ObjectBounds, type Shape } from './shape.ts'

type Schema = GeminiMessage<'Schema'>

const KINDS: ReadonlyMap<string | undefined, Kind> = new Map([
  ['STRING', 'string'],
  ['NUMBER', 'number'],
  ['INTEGER', 'number'],
  ['BOOLEAN', 'boolean'],
  ['ARRAY', 'array'],
  ['OBJECT', 'object'],
  ['NULL', 'null'],
])

export function readGemini(reading: Reading, schema: Schema, path: string, depth: number): Shape {
  enter(reading, depth)
  const kind = KINDS.get(schema.type)
  checkMembers(reading, schema, kind, path)
  const own: ReadonlySet<Kind> | undefined = kind && new Set([kind])
  const nullable = schema.nullable === true
  return defined({
    kinds: own && nullable ? withNull(own) : own,
    ...(schema.type === 'INTEGER' && { whole: true }),
    values: readEnum(schema),
    number: kind === 'number' ? readNumber(reading, schema, path) : undefined,
    string: kind === 'string' ? readString(reading, schema, path) : undefined,
    array: kind === 'array' ? readArray(reading, schema, path, depth) : undefined,
    object: kind === 'object' ? readObject(reading, schema, path, depth) : undefined,
    any: readAnyOf(reading, schema, path, depth),
    title: schema.title,
    description: schema.description,
  })
}

/** What belongs to another type than the schema's. */
function checkMembers({ complaints }: Reading, schema: Schema, kind: Kind | undefined, path: string): void {
  if (kind === undefined && !schema.anyOf?.length) {
    complaints.add(`${path}.type`, 'must be specified when not using one_of, any_of or all_of fields')
  }
  if (schema.enum?.length && kind !== 'string') {
    complaints.add(`${path}.enum`, 'only allowed for STRING type')
  }
  schema.enum?.forEach((value, index) => {
    if (value === '') complaints.add(`${path}.enum[${index}]`, 'cannot be empty')
  })
  if (schema.items && kind !== undefined && kind !== 'array') {
    complaints.add(`${path}.items`, 'only allowed for ARRAY type')
  }
  if (kind === undefined || kind === 'object') return
  if (Object.keys(schema.properties ?? {}).length > 0) {
    complaints.add(`${path}.properties`, 'only allowed for OBJECT type')
  }
  if (schema.required?.length) complaints.add(`${path}.required`, 'only allowed for OBJECT type')
}

function readEnum(schema: Schema): readonly (string | null)[] | undefined {
  if (!schema.enum?.length) return undefined
  return schema.nullable ? [...schema.enum, null] : schema.enum
}

function readNumber(reading: Reading, schema: Schema, path: string): NonNullable<Shape['number']> {
  const { min, max } = boundsOfFormat(schema.format)
  checkPair(reading, path, ['minimum', schema.minimum], ['maximum', schema.maximum])
  return defined({
    minimum: tighter(Math.max, schema.minimum, min),
    maximum: tighter(Math.min, schema.maximum, max),
  })
}

function readString(reading: Reading, schema: Schema, path: string): NonNullable<Shape['string']> {
  const [minLength, maxLength] = readSizes(reading, schema, path, 'Length', 'length')
  const { pattern, format } = schema
  return defined({
    minLength,
    maxLength,
    pattern: pattern ? readPatternAt(reading, `${path}.pattern`, pattern) : undefined,
    format: format === '' ? undefined : format,
  })
}

/** 64-bit integers come as strings. */
function readSizes(
  reading: Reading,
  schema: Schema,
  path: string,
  suffix: 'Length' | 'Items' | 'Properties',
  protoSuffix: string,
): readonly [number | undefined, number | undefined] {
  const read = (prefix: 'min' | 'max'): number | undefined => {
    const text = schema[`${prefix}${suffix}`]
    if (text?.startsWith('-')) {
      reading.complaints.add(`${path}.${prefix}_${protoSuffix}`, 'must not be negative')
    }
    return text === undefined ? undefined : Number(text)
  }
  const [min, max] = [read('min'), read('max')]
  checkPair(reading, path, [`min_${protoSuffix}`, min], [`max_${protoSuffix}`, max])
  return [min, max]
}

function readArray(reading: Reading, schema: Schema, path: string, depth: number): ArrayBounds {
  const [minItems, maxItems] = readSizes(reading, schema, path, 'Items', 'items')
  if (schema.items === undefined) reading.complaints.add(`${path}.items`, 'missing field.')
  const items = schema.items && readGemini(reading, schema.items, `${path}.items`, depth + 1)
  return defined({ minItems, maxItems, items })
}

function readObject(reading: Reading, schema: Schema, path: string, depth: number): ObjectBounds {
  const [minProperties, maxProperties] = readSizes(reading, schema, path, 'Properties', 'properties')
  const read = new Map<string, Shape>()
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    read.set(name, readGemini(reading, inner, propertyPath(path, name), depth + 1))
  }
  checkNames(reading, `${path}.required`, schema.required ?? [], read)
  checkNames(reading, `${path}.property_ordering`, schema.propertyOrdering ?? [], read)
  return defined({
    properties: ordered(read, schema.propertyOrdering ?? []),
    required: schema.required,
    // An object of which nothing is said may hold anything.
    additional: read.size > 0 ? NEVER : undefined,
    minProperties,
    maxProperties,
  })
}

function checkNames(
  { complaints }: Reading,
  path: string,
  names: readonly string[],
  properties: ReadonlyMap<string, Shape>,
): void {
  names.forEach((name, index) => {
    if (!properties.has(name)) complaints.add(`${path}[${index}]`, 'property is not defined')
  })
}

/** Named ones first; the others follow as they came. */
export function ordered(
  properties: ReadonlyMap<string, Shape>,
  order: readonly string[],
): ReadonlyMap<string, Shape> {
  const result = new Map<string, Shape>()
  for (const name of [...order, ...properties.keys()]) {
    const shape = properties.get(name)
    if (shape !== undefined) result.set(name, shape)
  }
  return result
}

function readAnyOf(
  reading: Reading,
  schema: Schema,
  path: string,
  depth: number,
): readonly Shape[] | undefined {
  if (!schema.anyOf?.length) return undefined
  const branches = schema.anyOf.map((branch, index) =>
    readGemini(reading, branch, `${path}.any_of[${index}]`, depth + 1),
  )
  return schema.nullable ? [...branches, { kinds: new Set<Kind>(['null']) }] : branches
}
