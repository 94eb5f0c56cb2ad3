/**
 * Reads a JSON Schema: what Zod and Pydantic write, in the drafts from 4 to 2020-12. Keywords that are not known are
 * ignored, as Google does.
 */
import { shorten } from '../../../wire/protojson-scalars.ts'
import { tooManyStates } from './effort.ts'
import { keyOf, kindOf } from './json-value.ts'
import { ordered } from './read-gemini.ts'
import { type Node, readNumber, readString, sizesAt, unlessEmpty } from './read-json-bounds.ts'
import { defined, enter, propertyPath, type Reading, readPatternAt, withNull } from './reading.ts'
import {
  ANYTHING,
  type ArrayBounds,
  type Kind,
  NEVER,
  type ObjectBounds,
  type Ref,
  type Shape,
} from './shape.ts'

/** Different targets of references in one schema. */
const REFS_MAX = 500

export interface JsonReading extends Reading {
  readonly document: unknown
  readonly refs: Map<string, Ref>
  /** Each schema of the document is read once. */
  readonly read: Map<object, Shape>
}

/** The shape of one schema of the document. References are left open. */
export function readJson(reading: JsonReading, schema: unknown, path: string, depth: number): Shape {
  enter(reading, depth)
  if (schema === true) return ANYTHING
  if (schema === false) return NEVER
  if (!isNode(schema)) {
    reading.complaints.add(path, 'a schema must be an object or a boolean')
    return ANYTHING
  }
  const known = reading.read.get(schema)
  if (known !== undefined) return known
  const shape = readNode(reading, schema, path, depth)
  reading.read.set(schema, shape)
  return shape
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readNode(reading: JsonReading, node: Node, path: string, depth: number): Shape {
  const types = readTypes(reading, node, path)
  const nullable = node.nullable === true && types !== undefined
  const kinds = nullable ? withNull(types.kinds) : types?.kinds
  const branches = (name: string): readonly Shape[] | undefined =>
    readBranches(reading, node, name, path, depth)
  return defined({
    kinds,
    ...(types?.whole && { whole: true }),
    values: readValues(reading, node, kinds, nullable, path),
    number: readNumber(reading, node, types?.whole === true, path),
    string: readString(reading, node, path),
    array: readArray(reading, node, path, depth),
    object: readObject(reading, node, path, depth),
    all: branches('allOf'),
    any: branches('anyOf'),
    one: branches('oneOf'),
    not: node.not === undefined ? undefined : readJson(reading, node.not, `${path}.not`, depth + 1),
    ref: readRef(reading, node.$ref, path),
    title: typeof node.title === 'string' ? node.title : undefined,
    description: typeof node.description === 'string' ? node.description : undefined,
  })
}

const KINDS = new Set<unknown>(['null', 'boolean', 'number', 'string', 'array', 'object'])

function readTypes(
  { complaints }: Reading,
  node: Node,
  path: string,
): { readonly kinds: ReadonlySet<Kind>; readonly whole: boolean } | undefined {
  if (node.type === undefined) return undefined
  const list: readonly unknown[] = Array.isArray(node.type) ? node.type : [node.type]
  const kinds = new Set<Kind>()
  // Upper case comes from those who mix up the two dialects.
  const names = list.map((type) => (typeof type === 'string' ? type.toLowerCase() : type))
  for (const name of names) {
    if (name === 'integer') kinds.add('number')
    else if (KINDS.has(name)) kinds.add(name as Kind)
    else complaints.add(`${path}.type`, `unknown type ${shorten(JSON.stringify(name) ?? '')}`)
  }
  if (list.length === 0) complaints.add(`${path}.type`, 'must not be empty')
  return { kinds, whole: names.includes('integer') && !names.includes('number') }
}

function readValues(
  { complaints }: Reading,
  node: Node,
  kinds: ReadonlySet<Kind> | undefined,
  nullable: boolean,
  path: string,
): readonly unknown[] | undefined {
  const listed = node.enum
  if (listed !== undefined && !Array.isArray(listed)) complaints.add(`${path}.enum`, 'must be an array')
  let values: readonly unknown[] | undefined = Array.isArray(listed) ? listed : undefined
  if (values !== undefined && nullable) values = [...values, null]
  if (Object.hasOwn(node, 'const')) {
    const key = keyOf(node.const)
    if (values?.every((value) => keyOf(value) !== key)) complaints.add(`${path}.const`, 'is not in enum')
    values = [node.const]
  }
  if (values === undefined) return undefined
  const allowed = values.filter((value) => kinds === undefined || kinds.has(kindOf(value)!))
  if (allowed.length === 0) complaints.add(`${path}.enum`, 'no value is allowed')
  return allowed
}

function readArray(reading: JsonReading, node: Node, path: string, depth: number): ArrayBounds | undefined {
  const [minItems, maxItems] = sizesAt(reading, node, 'Items', path)
  // Before 2020-12, a list of schemas stood in `items`, and the rest in `additionalItems`.
  const isTuple = Array.isArray(node.items)
  const [list, rest] = isTuple ? [node.items, node.additionalItems] : [node.prefixItems, node.items]
  const prefix = Array.isArray(list)
    ? list.map((item, index) => readJson(reading, item, `${path}.prefixItems[${index}]`, depth + 1))
    : undefined
  const items = rest === undefined ? undefined : readJson(reading, rest, `${path}.items`, depth + 1)
  return unlessEmpty(
    defined({
      minItems,
      maxItems,
      prefix,
      items,
      unique: node.uniqueItems === true ? true : undefined,
      contains: readContains(reading, node, path, depth),
    }),
  )
}

function readContains(
  reading: JsonReading,
  node: Node,
  path: string,
  depth: number,
): ArrayBounds['contains'] {
  if (node.contains === undefined) return undefined
  const [min, max] = sizesAt(reading, node, 'Contains', path)
  const shape = readJson(reading, node.contains, `${path}.contains`, depth + 1)
  return { shape, min: min ?? 1, max: max ?? Number.POSITIVE_INFINITY }
}

function readObject(reading: JsonReading, node: Node, path: string, depth: number): ObjectBounds | undefined {
  const [minProperties, maxProperties] = sizesAt(reading, node, 'Properties', path)
  const required = Array.isArray(node.required)
    ? node.required.filter((name): name is string => typeof name === 'string')
    : undefined
  const inner = (name: string): Shape | undefined =>
    node[name] === undefined ? undefined : readJson(reading, node[name], `${path}.${name}`, depth + 1)
  return unlessEmpty(
    defined({
      properties: readProperties(reading, node, path, depth),
      required: required && [...new Set(required)],
      patterns: readPatternProperties(reading, node, path, depth),
      additional: inner('additionalProperties'),
      names: inner('propertyNames'),
      minProperties,
      maxProperties,
    }),
  )
}

function readProperties(
  reading: JsonReading,
  node: Node,
  path: string,
  depth: number,
): ObjectBounds['properties'] {
  if (node.properties === undefined) return undefined
  if (!isNode(node.properties)) {
    reading.complaints.add(`${path}.properties`, 'must be an object')
    return undefined
  }
  const properties = new Map<string, Shape>()
  for (const [name, schema] of Object.entries(node.properties)) {
    properties.set(name, readJson(reading, schema, propertyPath(path, name), depth + 1))
  }
  const order: readonly unknown[] = Array.isArray(node.propertyOrdering) ? node.propertyOrdering : []
  return ordered(
    properties,
    order.filter((name) => typeof name === 'string'),
  )
}

function readPatternProperties(
  reading: JsonReading,
  node: Node,
  path: string,
  depth: number,
): ObjectBounds['patterns'] {
  if (!isNode(node.patternProperties)) return undefined
  return Object.entries(node.patternProperties).flatMap(([source, schema]) => {
    const at = `${path}.patternProperties[${shorten(source)}]`
    const pattern = readPatternAt(reading, at, source)
    const shape = readJson(reading, schema, at, depth + 1)
    return pattern === undefined ? [] : [[pattern, shape] as const]
  })
}

function readBranches(
  reading: JsonReading,
  node: Node,
  name: string,
  path: string,
  depth: number,
): readonly Shape[] | undefined {
  const list = node[name]
  if (list === undefined) return undefined
  if (!Array.isArray(list) || list.length === 0) {
    reading.complaints.add(`${path}.${name}`, 'must be a non-empty array')
    return undefined
  }
  return list.map((branch, index) => readJson(reading, branch, `${path}.${name}[${index}]`, depth + 1))
}

/** A reference, with the shape still open. */
function readRef(reading: JsonReading, target: unknown, path: string): Ref | undefined {
  if (target === undefined) return undefined
  if (typeof target !== 'string' || !/^#(?:\/|$)/.test(target)) {
    reading.complaints.add(`${path}.$ref`, 'only references of the form #/… are supported')
    return undefined
  }
  const known = reading.refs.get(target)
  if (known !== undefined) return known
  if (reading.refs.size >= REFS_MAX) throw tooManyStates()
  const ref: Ref = { shape: ANYTHING, height: Number.POSITIVE_INFINITY }
  reading.refs.set(target, ref)
  return ref
}
