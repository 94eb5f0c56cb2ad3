/**
 * Arbitrary messages of Gemini's request, made from the tables that read them: a field that is new in the tables is in
 * the next run. Every string and number that may be anything is a marker, unlike any other of its request.
 */
import fc from 'fast-check'
import { ENUMS } from '../../src/wire/gemini-enums.ts'
import { MESSAGES, ONEOFS } from '../../src/wire/gemini-schema.ts'

export type Loose = { [member: string]: unknown }

/** Stands for a value that is made unlike all others once the request is whole. */
class Marker {
  readonly kind: 'text' | 'name' | 'base64' | 'integer' | 'number'

  constructor(kind: Marker['kind']) {
    this.kind = kind
  }
}

const mark = (kind: Marker['kind']): fc.Arbitrary<unknown> => fc.constant(new Marker(kind))

/** Puts the markers of a request in place, in the order in which they stand. */
export function marked(value: unknown, counter = { next: 100 }): unknown {
  if (value instanceof Marker) return madeOf(value, counter.next++)
  if (Array.isArray(value)) return value.map((item) => marked(item, counter))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner, counter)]))
}

function madeOf({ kind }: Marker, number: number): unknown {
  if (kind === 'integer') return number
  if (kind === 'number') return number + 0.5
  if (kind === 'base64') return Buffer.from(`zq${number}q;`).toString('base64')
  return kind === 'name' ? `fn_zq${number}q` : `zq${number}q`
}

export const text = mark('text')
export const name = mark('name')
export const base64 = mark('base64')
export const integer = mark('integer')

/** Any JSON object, as `args` and `response` are. */
const struct: fc.Arbitrary<Loose> = fc.dictionary(
  fc.constantFrom('city', 'a b', 'größe', 'n'),
  fc.oneof(text, integer, fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 2 })),
  { minKeys: 1, maxKeys: 3 },
)

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: text,
  bool: fc.boolean(),
  int32: integer,
  int64: fc.oneof(integer, fc.constant('17')),
  float: mark('number'),
  double: mark('number'),
  bytes: base64,
  Duration: fc.constant('3.5s'),
  Timestamp: fc.constant('2025-01-02T03:04:05Z'),
  Struct: struct,
  Value: struct,
}

export type Overrides = Readonly<Record<string, fc.Arbitrary<unknown>>>

export interface Making {
  /** By `Message.field`: what a field may hold where not everything goes. */
  readonly overrides: Overrides
  /** By `Message.field`: out of a hundred, how often it is there. 12 without an entry, and never for 0. */
  readonly weights: Readonly<Record<string, number>>
}

const WEIGHT = 12
/** Messages inside one another. */
const DEPTH_MAX = 4

export function message(of: string, making: Making, depth = 0): fc.Arbitrary<Loose> {
  const fields = (MESSAGES as Readonly<Record<string, Readonly<Record<string, string>>>>)[of] ?? {}
  const entries = Object.entries(fields).flatMap(([field, type]) => {
    const weight = making.weights[`${of}.${field}`] ?? WEIGHT
    const values = making.overrides[`${of}.${field}`] ?? typed(type, making, depth + 1)
    if (weight === 0 || values === undefined) return []
    const optional = fc.oneof(
      { weight, arbitrary: values },
      { weight: 100 - weight, arbitrary: fc.constant(undefined) },
    )
    return [[field, weight === 100 ? values : optional] as const]
  })
  return fc
    .tuple(fc.record(Object.fromEntries(entries) as Record<string, fc.Arbitrary<unknown>>), fc.nat(99))
    .map(([made, choice]) => {
      const there = Object.entries(made).filter(([, value]) => value !== undefined)
      return Object.fromEntries(withOneOfEach(of, there, choice))
    })
}

type Entry = [field: string, value: unknown]

/** Of the fields that exclude each other, one. */
function withOneOfEach(of: string, entries: readonly Entry[], choice: number): readonly Entry[] {
  const oneofs = (ONEOFS as Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>)[of] ?? {}
  return Object.values(oneofs).reduce((rest, fields) => {
    const rivals = rest.filter(([field]) => fields.includes(field))
    const chosen = rivals[choice % Math.max(1, rivals.length)]
    return rest.filter((entry) => entry === chosen || !rivals.includes(entry))
  }, entries)
}

/** Undefined where it would go too deep. */
function typed(type: string, making: Making, depth: number): fc.Arbitrary<unknown> | undefined {
  const [, ofMap, item = '', isList] = /^(?:map<(.+)>|(.+?)(\[\])?)$/.exec(type) ?? []
  const one = single(ofMap ?? item, making, depth)
  if (one === undefined) return undefined
  if (ofMap !== undefined)
    return fc.dictionary(fc.constantFrom('one', 'two', 'a b'), one, { minKeys: 1, maxKeys: 2 })
  return isList ? fc.array(one, { minLength: 1, maxLength: 2 }) : one
}

function single(type: string, making: Making, depth: number): fc.Arbitrary<unknown> | undefined {
  const scalar = SCALARS[type]
  if (scalar !== undefined) return scalar
  const values = (ENUMS as Readonly<Record<string, string>>)[type]
  if (values !== undefined) return fc.constantFrom(...values.replaceAll('~', '').split(' '))
  return depth > DEPTH_MAX ? undefined : message(type, making, depth)
}
