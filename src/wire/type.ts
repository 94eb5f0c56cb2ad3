/**
 * TypeBox's builders, as far as we use them, with its types: what they make is plain JSON Schema. Its own bring some 300
 * files along, for inference at run time that nobody needs, and a start would read them all.
 */
import type { Type as TypeBox } from 'typebox'

export type { Static, TProperties, TSchema } from 'typebox'

type Builders = Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'Unsafe'
>

type Schema = Readonly<Record<string, unknown>>

/** Marks a member that may be left out. Not enumerable: it is no word of JSON Schema, and a copy of a schema loses it. */
const OPTIONAL = Symbol('optional')
/** Any name, as TypeBox writes it. */
const ANY_NAME = '^.*$'

const plain =
  (type: string) =>
  (options: Schema = {}): Schema => ({ type, ...options })

function object(properties: Readonly<Record<string, Schema>>, options: Schema = {}): Schema {
  const required = Object.keys(properties).filter((name) => !Object.hasOwn(properties[name] ?? {}, OPTIONAL))
  return { type: 'object', ...(required.length > 0 && { required }), properties, ...options }
}

function record({ pattern = ANY_NAME }: { readonly pattern?: string }, value: Schema, options: Schema = {}) {
  return { type: 'object', patternProperties: { [pattern]: value }, ...options }
}

const BUILDERS = {
  Array: (items: Schema, options: Schema = {}) => ({ type: 'array', items, ...options }),
  Boolean: plain('boolean'),
  Enum: (values: readonly unknown[], options: Schema = {}) => ({ enum: values, ...options }),
  Integer: plain('integer'),
  Literal: (value: unknown, options: Schema = {}) => ({ type: typeof value, const: value, ...options }),
  Null: plain('null'),
  Number: plain('number'),
  Object: object,
  Optional: (schema: Schema) => Object.defineProperty({ ...schema }, OPTIONAL, { value: true }),
  Record: record,
  String: plain('string'),
  Union: (anyOf: readonly Schema[], options: Schema = {}) => ({ anyOf, ...options }),
  Unknown: (options: Schema = {}) => ({ ...options }),
  Unsafe: (schema: Schema) => ({ ...schema }),
}

export const Type = BUILDERS as unknown as Builders
