/**
 * Reads JSON as Google's protojson front end does: from tables of messages and enums to normalised messages,
 * or to one `invalid_argument` that lists every violation in Google's words.
 *
 * A field's type is written as one word: a scalar (`string`, `int32`, `Struct`, …), an enum or a message of the
 * tables, `X[]` for repeated, `map<X>` for a map with string keys.
 */
import { Problems, quote } from './protojson-problems.ts'
import { SCALARS, type ScalarName, type ScalarTypes } from './protojson-scalars.ts'

/** Messages, lists and values inside one another; protobuf's own limit. */
const DEPTH_MAX = 100

/** camelCase field name → type word, by message name within the package. */
export type MessageTable = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * By enum name within the package: the values, divided by blanks, in the order of their numbers from 0;
 * then, with a `~` before them, those whose number is not published.
 */
export type EnumTable = Readonly<Record<string, string>>

/** Message name → oneof name → its fields. */
export type OneofTable = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

export interface Tables<M extends MessageTable, E extends EnumTable> {
  /** Such as `google.ai.generativelanguage.v1beta`. */
  readonly packageName: string
  readonly messages: M
  readonly enums: E
  readonly oneofs: OneofTable
}

type ValueOf<M extends MessageTable, T extends string> = T extends `${infer Item}[]`
  ? ValueOf<M, Item>[]
  : T extends `map<${infer Item}>`
    ? Record<string, ValueOf<M, Item>>
    : T extends ScalarName
      ? ScalarTypes[T]
      : T extends keyof M
        ? MessageOf<M, T>
        : string

/** The normalised message: camelCase, lists always lists, enums as their declared names, 64-bit integers as strings. */
export type MessageOf<M extends MessageTable, N extends keyof M> = {
  -readonly [Field in keyof M[N]]?: ValueOf<M, M[N][Field]>
}

type Kind = 'scalar' | 'value' | 'message'

/** What one type word means: how it is called in errors, and how one value of it is read. */
interface ValueType {
  readonly label: string
  readonly kind: Kind
  /** `undefined` when the value was wrong; the problem is then on the list. */
  read(value: unknown, path: string, depth: number, problems: Problems): unknown
}

interface Field {
  readonly name: string
  readonly protoName: string
  readonly shape: 'one' | 'list' | 'map'
  readonly type: ValueType
  readonly oneof: string | undefined
}

/** Makes the reader of a set of tables. Throws `Error` at start-up when a table names a type that there is not. */
export function createReader<M extends MessageTable, E extends EnumTable>(
  tables: Tables<M, E>,
): <N extends keyof M & string>(messageType: N, json: unknown) => MessageOf<M, N> {
  const types = compile(tables)
  return <N extends keyof M & string>(messageType: N, json: unknown): MessageOf<M, N> => {
    const problems = new Problems()
    if (!isObject(json)) problems.unknown('', '', 'Root element must be a message.')
    else {
      const message = types.get(messageType)!.read(json, '', 1, problems)
      if (!problems.found) return message as MessageOf<M, N>
    }
    throw problems.toError()
  }
}

function compile(tables: Tables<MessageTable, EnumTable>): ReadonlyMap<string, ValueType> {
  const prefix = `type.googleapis.com/${tables.packageName}.`
  const types = new Map<string, ValueType>()
  for (const [name, scalar] of Object.entries(SCALARS)) types.set(name, scalarType(scalar))
  types.set('Value', { label: 'type.googleapis.com/google.protobuf.Value', kind: 'value', read: readValue })
  types.set('Struct', { label: STRUCT, kind: 'message', read: readStruct })
  for (const [name, values] of Object.entries(tables.enums)) {
    types.set(name, enumType(prefix + name, values.split(' ')))
  }
  const fields = new Map<string, Map<string, Field>>()
  for (const name of Object.keys(tables.messages)) {
    const ofMessage = new Map<string, Field>()
    fields.set(name, ofMessage)
    types.set(name, messageType(prefix + name, ofMessage))
  }
  for (const [name, declared] of Object.entries(tables.messages)) {
    for (const [field, word] of Object.entries(declared)) {
      const compiled = compileField(field, word, types, oneofOf(tables.oneofs[name], field))
      fields.get(name)!.set(compiled.name, compiled).set(compiled.protoName, compiled)
    }
  }
  return types
}

function oneofOf(oneofs: OneofTable[string] | undefined, field: string): string | undefined {
  return Object.entries(oneofs ?? {}).find(([, members]) => members.includes(field))?.[0]
}

function compileField(
  name: string,
  word: string,
  types: ReadonlyMap<string, ValueType>,
  oneof: string | undefined,
): Field {
  const [, mapItem, item, list] = /^(?:map<(.+)>|(.+?)(\[\])?)$/.exec(word) ?? []
  const type = types.get(mapItem ?? item ?? '')
  if (type === undefined) throw new Error(`The field ${name} has the unknown type ${word}`)
  const protoName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return { name, protoName, shape: mapItem !== undefined ? 'map' : list ? 'list' : 'one', type, oneof }
}

function scalarType({ label, parse, explain }: (typeof SCALARS)[keyof typeof SCALARS]): ValueType {
  return {
    label,
    kind: 'scalar',
    read(value, path, _depth, problems) {
      const parsed = parse(value)
      if (parsed !== undefined) return parsed
      const reason = explain?.(value, path)
      if (reason === undefined) problems.invalid(path, label, value)
      else problems.invalidBecause(path, label, reason)
      return undefined
    },
  }
}

function enumType(label: string, words: readonly string[]): ValueType {
  const values = words.filter((word) => !word.startsWith('~'))
  const names = words.map((word) => word.replace('~', ''))
  const byName = new Map(names.map((name) => [name.toUpperCase(), name]))
  // An object must not come near an index: turning it into a key calls what the client named `toString`.
  const nameOf = (value: unknown): string | undefined => {
    if (typeof value === 'string') return byName.get(value.toUpperCase())
    return typeof value === 'number' ? values[value] : undefined
  }
  return {
    label,
    kind: 'scalar',
    read(value, path, _depth, problems) {
      const known = nameOf(value)
      if (known === undefined) problems.invalid(path, label, value)
      return known
    },
  }
}

function messageType(label: string, fields: ReadonlyMap<string, Field>): ValueType {
  return {
    label,
    kind: 'message',
    read(value, path, depth, problems) {
      if (!isObject(value)) {
        problems.invalid(path, label, value)
        return undefined
      }
      if (depth > DEPTH_MAX) {
        problems.tooDeep(path)
        return undefined
      }
      return readFields(fields, value, path, depth, problems)
    },
  }
}

function readFields(
  fields: ReadonlyMap<string, Field>,
  object: Record<string, unknown>,
  path: string,
  depth: number,
  problems: Problems,
): Record<string, unknown> {
  const message: Record<string, unknown> = {}
  let oneofs: Set<string> | undefined
  for (const key of Object.keys(object)) {
    const field = fields.get(key)
    if (field === undefined) {
      problems.unknown(key, path)
      continue
    }
    const raw = object[key]
    if (raw === null) continue
    // An optional field is to protobuf a oneof of its own: giving it under both its names is the same error.
    const taken = message[field.name] !== undefined ? `_${field.protoName}` : undefined
    const oneof = taken ?? (field.oneof !== undefined && oneofs?.has(field.oneof) ? field.oneof : undefined)
    if (oneof !== undefined) {
      problems.invalidBecause(path, 'oneof', `oneof field '${oneof}' is already set. Cannot set '${key}'`)
      continue
    }
    if (field.oneof !== undefined) oneofs = (oneofs ?? new Set()).add(field.oneof)
    const value = readField(field, raw, path, depth, problems)
    if (value !== undefined) message[field.name] = value
  }
  return message
}

function readField(field: Field, raw: unknown, parent: string, depth: number, problems: Problems): unknown {
  const path = parent === '' ? field.protoName : `${parent}.${field.protoName}`
  if (field.shape === 'map') return readMap(field, raw, path, depth, problems)
  if (field.shape === 'list' && Array.isArray(raw)) return readList(field, raw, path, depth, problems)
  if (Array.isArray(raw) && field.type.kind !== 'value') {
    problems.unknown(field.protoName, parent, 'Proto field is not repeating, cannot start list.')
    return undefined
  }
  const value = field.type.read(raw, path, depth + 1, problems)
  return field.shape === 'list' && value !== undefined ? [value] : value
}

function readList(
  field: Field,
  raw: readonly unknown[],
  path: string,
  depth: number,
  problems: Problems,
): unknown[] {
  const list: unknown[] = []
  for (let index = 0; index < raw.length; index++) {
    const item = raw[index]
    if (Array.isArray(item) && field.type.kind !== 'value') {
      problems.unknown('', `${path}[${index}]`, 'Proto field is not repeating, cannot start list.')
      continue
    }
    const value = readItem(field, item, `${path}[${index}]`, depth, problems)
    if (value !== undefined) list.push(value)
  }
  return list
}

/** Null is a value to `Value` alone; in any other list or map it is nothing that could be kept. */
function readItem(field: Field, item: unknown, path: string, depth: number, problems: Problems): unknown {
  if (item !== null || field.type.kind === 'value') return field.type.read(item, path, depth + 1, problems)
  problems.invalidBecause(path, field.type.label, 'null')
  return undefined
}

function readMap(field: Field, raw: unknown, path: string, depth: number, problems: Problems): unknown {
  if (!isObject(raw)) {
    problems.invalidBecause(path, field.type.label, quote(Array.isArray(raw) ? 'list' : raw))
    return undefined
  }
  // The sender chooses these keys: on an object without a prototype `__proto__` is a key like any other.
  const map: Record<string, unknown> = Object.create(null)
  for (const [index, key] of Object.keys(raw).entries()) {
    map[key] = readItem(field, raw[key], `${path}[${index}].value`, depth, problems)
  }
  return map
}

const STRUCT = 'type.googleapis.com/google.protobuf.Struct'

/** Kept as it came, by reference: JSON.parse has made `__proto__` an own key already. */
function readStruct(value: unknown, path: string, depth: number, problems: Problems): unknown {
  if (isObject(value)) return readValue(value, path, depth, problems)
  problems.invalid(path, STRUCT, value)
  return undefined
}

function readValue(value: unknown, path: string, depth: number, problems: Problems): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    problems.invalid(path, 'TYPE_DOUBLE', value)
  } else if (typeof value === 'object' && value !== null) {
    if (depth > DEPTH_MAX) problems.tooDeep(path)
    else for (const inner of Object.values(value)) readValue(inner, path, depth + 1, problems)
  }
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
