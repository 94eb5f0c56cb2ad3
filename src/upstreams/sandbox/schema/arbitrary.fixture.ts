/** Schemas for property tests, as a client sends them. Each of them can be satisfied. */
import fc from 'fast-check'
import { normalise, subjectOf } from '../text/prompt.ts'
import type { Hints } from './hints.ts'

export type JsonObject = Record<string, unknown>

export function hintsOf(prompt: string): Hints {
  const text = normalise(prompt)
  return { prompt: text, ...subjectOf(text) }
}

/** Prompts with facts that fit a schema, and with such that do not. */
export function arbitraryPrompt(): fc.Arbitrary<string> {
  return fc.constantFrom(
    ...[
      '',
      'List 3 planets with their distances',
      'Jane Doe, age 34, lives in Rome, email j@d.org',
      '"x" is red',
    ],
    ...[
      'a 😀 prompt: größe is 5, city = Ulm',
      'id: 0, name: "", tags: a, age -3, price 1e9',
      'Create 4 items',
    ],
  )
}

const NAMES = [
  ...['name', 'age', 'email', 'city', 'price', 'createdAt', 'is_active', 'tags', 'id', 'items', 'a b', ''],
  ...['constructor', 'toString', '__proto__', 'title', 'rating', 'größe', '7', 'x-y', 'summary', 'url'],
]
const FORMATS = [
  ...['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid'],
  ...['uri-reference', 'json-pointer', 'enum', 'unheard-of'],
]
/** With what they can be combined: the least and the largest length of what they match. */
const PATTERNS: readonly (readonly [pattern: string, shortest: number, longest: number])[] = [
  ['^[a-z]+$', 1, 1_000],
  ['^\\d{3}-\\d{4}$', 8, 8],
  ['^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d]{8,}$', 8, 1_000],
  ['^#[0-9a-fA-F]{6}$', 7, 7],
  ['cat|dog', 3, 1_000],
  ['^(a+)+$', 1, 1_000],
  ['^\\p{Lu}\\p{Ll}{2,}$', 3, 1_000],
  ['^[^\\s@]+@[^\\s@]+\\.[a-z]{2,4}$', 6, 1_000],
  ['^(?!admin)[a-z_][a-z0-9_-]{2,30}$', 3, 31],
  ['^(\\([0-9]{3}\\))?[0-9]{3}-[0-9]{4}$', 8, 8],
  ['^(?:[01]\\d|2[0-3]):[0-5]\\d$', 5, 5],
  ['^v?\\d+\\.\\d+(\\.\\d+)?$', 3, 1_000],
]
const VALUES = ['red', 'green', 'blue', 'in_progress', 'North America', 'x', '0']

/** The least and the largest of a pair of sizes; each may be left out. */
function sizes(
  low: string,
  high: string,
  max: number,
  toSize: (size: number) => unknown,
): fc.Arbitrary<JsonObject> {
  return fc.tuple(fc.nat(max), fc.nat(max), fc.nat(3)).map(([a, b, form]) => ({
    ...(form !== 1 && { [low]: toSize(Math.min(a, b)) }),
    ...(form !== 2 && { [high]: toSize(Math.max(a, b)) }),
  }))
}

const asNumber = (size: number): unknown => size

function withLength(
  [pattern, shortest, longest]: (typeof PATTERNS)[number],
  [low, extra]: readonly [number, number],
  toSize: (size: number) => unknown,
): JsonObject {
  const minLength = Math.min(low, longest)
  const maxLength = Math.max(shortest, minLength) + extra
  return { type: 'string', pattern, minLength: toSize(minLength), maxLength: toSize(maxLength) }
}

function strings(toSize: (size: number) => unknown): fc.Arbitrary<JsonObject> {
  const extents = fc.tuple(fc.nat(12), fc.nat(20))
  return fc.oneof(
    fc.constant({ type: 'string' }),
    sizes('minLength', 'maxLength', 40, toSize).map((bounds) => ({ type: 'string', ...bounds })),
    fc.constantFrom(...FORMATS).map((format) => ({ type: 'string', format })),
    fc.constantFrom(...PATTERNS).map(([pattern]) => ({ type: 'string', pattern })),
    fc.tuple(fc.constantFrom(...PATTERNS), extents).map(([row, extent]) => withLength(row, extent, toSize)),
    fc
      .uniqueArray(fc.constantFrom(...VALUES), { minLength: 1 })
      .map((values) => ({ type: 'string', enum: values })),
  )
}

function numbers(): fc.Arbitrary<JsonObject> {
  const ends = fc.tuple(
    fc.oneof(fc.integer({ min: -1_000, max: 1_000 }), fc.integer()),
    fc.oneof(fc.nat(10), fc.nat()),
  )
  return fc.oneof(
    fc.constantFrom({ type: 'integer' }, { type: 'number' }, { type: 'integer', format: 'int32' }),
    fc.constant({ type: 'integer', minimum: -9_007_199_254_740_991, maximum: 9_007_199_254_740_991 }),
    fc
      .tuple(ends, fc.constantFrom('integer', 'number'))
      .map(([[minimum, width], type]) => ({ type, minimum, maximum: minimum + width })),
    fc
      .tuple(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.double({ noNaN: true, min: 1e-3, max: 1e3 }))
      .map(([minimum, width]) => ({ type: 'number', minimum, maximum: minimum + width })),
  )
}

function exactNumbers(): fc.Arbitrary<JsonObject> {
  return fc.oneof(
    fc.integer({ min: -500, max: 500 }).map((bound) => ({ type: 'integer', exclusiveMinimum: bound })),
    fc.integer({ min: -500, max: 500 }).map((bound) => ({ type: 'number', exclusiveMaximum: bound })),
    fc.tuple(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 2, max: 50 })).map(([bound, width]) => ({
      type: 'integer',
      exclusiveMinimum: bound,
      exclusiveMaximum: bound + width,
    })),
    fc
      .tuple(fc.constantFrom(2, 5, 7, 100), fc.integer({ min: -500, max: 500 }))
      .map(([multipleOf, minimum]) => ({
        type: 'integer',
        multipleOf,
        minimum,
        maximum: minimum + multipleOf,
      })),
    fc.constantFrom(0.01, 0.5, 0.25, 0.1).map((multipleOf) => ({ type: 'number', multipleOf, minimum: 0 })),
  )
}

/** Properties by name and which of them are required. */
function members(inner: fc.Arbitrary<JsonObject>): fc.Arbitrary<[string, JsonObject, boolean][]> {
  return fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), inner, fc.boolean()), {
    minLength: 1,
    maxLength: 4,
    selector: ([name]) => name,
  })
}

function toObject(list: readonly [string, JsonObject, boolean][]): JsonObject {
  const required = list.filter(([, , isRequired]) => isRequired).map(([name]) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(list.map(([name, schema]) => [name, schema])),
    ...(required.length > 0 && { required }),
  }
}

/** Gemini's `Schema` in its JSON form: sizes as strings or numbers, types in either case. */
export function arbitraryGeminiSchema(): fc.Arbitrary<JsonObject> {
  const { node } = fc.letrec<{ node: JsonObject }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'gemini', withCrossShrink: true },
      strings(String),
      strings(asNumber),
      numbers(),
      fc.constantFrom<JsonObject>({ type: 'BOOLEAN' }, { type: 'NULL' }),
      fc
        .tuple(tie('node'), sizes('minItems', 'maxItems', 4, String))
        .map(([items, bounds]) => ({ type: 'ARRAY', items, ...bounds })),
      fc.tuple(members(tie('node')), fc.boolean()).map(([list, isOrdered]) => ({
        ...toObject(list),
        ...(isOrdered && { propertyOrdering: list.map(([name]) => name).reverse() }),
      })),
      fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
      tie('node').map((schema) => ({
        ...schema,
        nullable: true,
        title: 'T',
        description: 'Some, e.g. one.',
      })),
    ),
  }))
  return node
}

/** JSON Schema, 2020-12. */
export function arbitraryJsonSchema(): fc.Arbitrary<JsonObject> {
  const { node } = fc.letrec<{ node: JsonObject }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'json', withCrossShrink: true },
      strings(asNumber),
      numbers(),
      exactNumbers(),
      leaves(),
      lists(tie('node')),
      objects(tie('node')),
      combinations(tie('node')),
    ),
  }))
  return fc
    .tuple(node, node, fc.nat(3))
    .map(([schema, other, form]) => (form === 0 ? recursive(schema, other) : schema))
}

function leaves(): fc.Arbitrary<JsonObject> {
  return fc.constantFrom<JsonObject>(
    ...[{ type: 'boolean' }, { type: 'null' }, {}, { const: 42 }, { const: { a: [1, null] } }],
    ...[{ enum: [1, 'two', null, [3]] }, { type: ['string', 'null'] }, { type: ['integer', 'boolean'] }],
    ...[{ not: { type: 'string' } }, { not: { const: 'x' }, type: 'string' }],
    { not: { enum: [1, 2, 3] }, type: 'integer', minimum: 1, maximum: 4 },
  )
}

function lists(inner: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return fc.oneof(
    fc
      .tuple(inner, sizes('minItems', 'maxItems', 4, asNumber))
      .map(([items, bounds]) => ({ type: 'array', items, ...bounds })),
    fc.tuple(fc.array(inner, { minLength: 1, maxLength: 3 }), fc.nat(2)).map(([prefixItems, form]) => ({
      type: 'array',
      prefixItems,
      ...(form > 0 && { items: false }),
      ...(form > 1 && { minItems: prefixItems.length }),
    })),
    fc
      .tuple(
        fc.constantFrom<JsonObject>({ type: 'string' }, { type: 'integer' }, { enum: [1, 2, 3, 'a', 'b'] }),
        fc.nat(5),
      )
      .map(([items, minItems]) => ({ type: 'array', items, uniqueItems: true, minItems })),
    fc.tuple(inner, fc.nat(2)).map(([contains, minContains]) => ({ type: 'array', contains, minContains })),
  )
}

function objects(inner: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return fc.oneof(
    members(inner).map(toObject),
    members(inner).map((list) => ({ ...toObject(list), additionalProperties: false })),
    members(inner).map((list) => ({ ...toObject(list), minProperties: 1, maxProperties: 6 })),
    fc.tuple(inner, fc.nat(4)).map(([additionalProperties, minProperties]) => ({
      type: 'object',
      additionalProperties,
      minProperties,
    })),
    fc.tuple(inner, fc.nat(2)).map(([schema, minProperties]) => ({
      type: 'object',
      patternProperties: { '^x_[a-z]{2,}$': schema },
      additionalProperties: false,
      minProperties,
    })),
    inner.map((schema) => ({
      type: 'object',
      propertyNames: { enum: ['en', 'de', 'fr'] },
      additionalProperties: schema,
      minProperties: 2,
    })),
    fc.constant({ type: 'object', required: ['undeclared'] }),
  )
}

function combinations(inner: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return fc.oneof(
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    inner.map((schema) => ({ allOf: [schema, { description: 'Nothing more.' }] })),
    fc.constant({ allOf: [{ type: 'integer', minimum: 3 }, { maximum: 9 }, { multipleOf: 4 }] }),
    fc.tuple(inner, inner).map(([a, b]) => ({
      allOf: [
        { type: 'object', properties: { a }, required: ['a'] },
        { properties: { b }, required: ['b'] },
      ],
    })),
    fc.tuple(inner, inner).map(([a, b]) => ({
      type: 'object',
      required: ['kind'],
      oneOf: [
        { properties: { kind: { const: 'a' }, a } },
        { properties: { kind: { const: 'b' }, b }, required: ['b'] },
      ],
    })),
    fc.constantFrom<JsonObject>(
      { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'array', items: { type: 'null' } }] },
      {
        oneOf: [
          { type: 'integer', minimum: 5 },
          { type: 'integer', maximum: 7 },
        ],
      },
      { oneOf: [{ required: ['a'] }, { required: ['b'] }], type: 'object' },
    ),
  )
}

/** A tree and a list that hold the schemas in their nodes. */
function recursive(leaf: JsonObject, other: JsonObject): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $ref: '#/$defs/Tree',
    $defs: {
      Tree: {
        type: 'object',
        properties: {
          leaf,
          children: { type: 'array', items: { $ref: '#/$defs/Tree' } },
          list: { $ref: '#/$defs/a~1b%20c' },
        },
        required: ['children'],
      },
      'a/b c': {
        type: 'object',
        properties: { other, next: { anyOf: [{ $ref: '#/$defs/a~1b%20c' }, { type: 'null' }] } },
        required: ['next'],
        additionalProperties: false,
      },
    },
  }
}
