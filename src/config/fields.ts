/** The kinds of field that the schema is made of, and the shape that they leave for the walkers. */
import { type TSchema, Type } from '../wire/type.ts'
import { DURATION_PATTERN, SIZE_PATTERN } from './units.ts'

/** Longer timers overflow `setTimeout` (2^31 ms, 24.8 days) and then fire at once. */
const DURATION_MAX = '24h'

/** Values in the file are text with a unit; in the program they are whole milliseconds. */
export function duration(defaultText: string, description: string, minimum = '1ms') {
  const keywords = { 'x-unit': 'duration', 'x-minimum': minimum, 'x-maximum': DURATION_MAX }
  return Type.Unsafe<number>({
    type: 'string',
    pattern: DURATION_PATTERN,
    default: defaultText,
    description,
    ...keywords,
  } as TSchema)
}

/** Values in the file are text with a unit; in the program they are whole bytes. */
export function size(defaultText: string, minimum: string, maximum: string, description: string) {
  const keywords = { 'x-unit': 'size', 'x-minimum': minimum, 'x-maximum': maximum }
  return Type.Unsafe<number>({
    type: 'string',
    pattern: SIZE_PATTERN,
    default: defaultText,
    description,
    ...keywords,
  } as TSchema)
}

/** Nothing costs 1 USD a token; an amount has at most 9 decimals, so that it is a whole number of nano-USD. */
const USD_PATTERN = '^(0|[1-9][0-9]{0,5})(\\.[0-9]{1,9})?$'

/** An exact amount: the text of the number as it was written, never a double. */
export function usd(description: string) {
  return Type.String({
    pattern: USD_PATTERN,
    'x-decimal': true,
    'x-shape': 'an amount in USD such as 0.25, from 0 to 999999 with at most 9 decimals',
    description,
  })
}

export function count(defaultValue: number, minimum: number, maximum: number, description: string) {
  return Type.Integer({ default: defaultValue, minimum, maximum, description })
}

export function section<Properties extends Record<string, TSchema>>(
  description: string,
  properties: Properties,
) {
  return Type.Object(properties, { additionalProperties: false, description })
}

/** The part of JSON Schema that the configuration uses, as plain data. */
export interface Shape {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Shape>>
  readonly patternProperties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly pattern?: string
  readonly writeOnly?: boolean
  readonly 'x-unit'?: 'duration' | 'size'
  readonly 'x-minimum'?: string
  readonly 'x-maximum'?: string
  /** A number in the file is taken by its text. */
  readonly 'x-decimal'?: boolean
  /** What a valid value looks like, for messages and the reference. */
  readonly 'x-shape'?: string
  /** What a valid name in a map looks like. */
  readonly 'x-names'?: string
  /** Filled from the environment when it is left out. */
  readonly 'x-detected'?: boolean
}
