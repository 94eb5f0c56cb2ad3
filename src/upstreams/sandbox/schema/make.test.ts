import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Check } from 'typebox/schema'
import { GatewayError } from '../../../errors.ts'
import { readMessage } from '../../translation/checks/message.ts'
import { createRandom } from '../digest.ts'
import { arbitraryGeminiSchema, arbitraryJsonSchema, arbitraryPrompt, hintsOf } from './arbitrary.fixture.ts'
import { makeValue } from './make.ts'
import { readGeminiSchema, readJsonSchema, type Shape } from './read.ts'
import { validate } from './validate.ts'

const PATH = 'generation_config.response_schema'
const RUNS = 3_000

function gemini(schema: unknown): Shape {
  return readGeminiSchema(readMessage('Schema', schema), PATH)
}

function make(schema: unknown, prompt = 'Tell me about granite', seed = 1): unknown {
  const shape = readJsonSchema(schema, PATH)
  const value = makeValue(shape, hintsOf(prompt), createRandom(seed))
  assert.deepEqual(validate(shape, value), [])
  assert.ok(Check(schema as object, value), JSON.stringify(value))
  return value
}

describe('[SCHEMA-01] a made value is what its schema asks for', () => {
  it("of Gemini's schemas", () => {
    fc.assert(
      fc.property(arbitraryGeminiSchema(), arbitraryPrompt(), fc.nat(), (schema, prompt, seed) => {
        const shape = gemini(schema)
        const value = makeValue(shape, hintsOf(prompt), createRandom(seed))
        assert.deepEqual(validate(shape, value), [])
        assert.deepEqual(makeValue(shape, hintsOf(prompt), createRandom(seed)), value)
        assert.deepEqual(JSON.parse(JSON.stringify(value)), value)
      }),
      { numRuns: RUNS },
    )
  })

  it('of JSON Schemas, as another validator sees them', () => {
    fc.assert(
      fc.property(arbitraryJsonSchema(), arbitraryPrompt(), fc.nat(), (schema, prompt, seed) => {
        const shape = readJsonSchema(schema, PATH)
        const value = makeValue(shape, hintsOf(prompt), createRandom(seed))
        assert.deepEqual(validate(shape, value), [])
        assert.ok(Check(schema, value), `refused: ${JSON.stringify(value)}`)
      }),
      { numRuns: RUNS },
    )
  })
})

describe('names out of a list', () => {
  it('[SCHEMA-01] each is used once, so that an object gets as many members as it must have', () => {
    const inner = {
      type: 'object',
      propertyNames: { enum: ['en', 'de', 'fr'] },
      additionalProperties: { type: 'string', pattern: '^[a-z]+$' },
      minProperties: 3,
    }
    const schema = {
      type: 'object',
      patternProperties: { '^x_[a-z]{2,}$': inner },
      additionalProperties: false,
      minProperties: 1,
    }
    for (let seed = 0; seed < 300; seed++) make(schema, 'Read https://en.wikipedia.org/wiki/Mars', seed)
  })
})

describe('what libraries write', () => {
  it('Pydantic: nested models, optional and defaulted members, unions', () => {
    const value = make(
      {
        $defs: {
          Address: {
            properties: {
              street: { title: 'Street', type: 'string' },
              city: { title: 'City', type: 'string' },
            },
            required: ['street', 'city'],
            title: 'Address',
            type: 'object',
          },
          Level: { enum: ['junior', 'senior'], title: 'Level', type: 'string' },
        },
        properties: {
          name: { title: 'Name', type: 'string', minLength: 1 },
          age: { exclusiveMinimum: 0, maximum: 150, title: 'Age', type: 'integer' },
          level: { $ref: '#/$defs/Level', default: 'junior' },
          address: { anyOf: [{ $ref: '#/$defs/Address' }, { type: 'null' }], default: null },
          scores: { additionalProperties: { type: 'number' }, title: 'Scores', type: 'object' },
          born: { format: 'date', title: 'Born', type: 'string' },
          pair: {
            maxItems: 2,
            minItems: 2,
            prefixItems: [{ type: 'integer' }, { type: 'string' }],
            type: 'array',
          },
        },
        required: ['name', 'age', 'pair', 'born', 'scores'],
        title: 'User',
        type: 'object',
      },
      'Senior engineer Jane Doe is 42 years old and lives in Rome',
    ) as Record<string, unknown>
    assert.deepEqual(Object.keys(value), ['name', 'age', 'level', 'address', 'scores', 'born', 'pair'])
    assert.equal(value.age, 42)
    assert.equal(value.level, 'senior')
    assert.equal((value.address as Record<string, unknown>).city, 'Rome')
  })

  it('Zod: closed objects, integers within 2^53, formats with patterns, records, discriminated unions', () => {
    make({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        id: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
        email: {
          type: 'string',
          format: 'email',
          pattern:
            "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
        },
        at: {
          type: 'string',
          format: 'date-time',
          pattern:
            '^(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8])))T(?:(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d+)?)?(?:Z))$',
        },
        key: {
          type: 'string',
          format: 'uuid',
          pattern:
            '^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$',
        },
        record: {
          type: 'object',
          propertyNames: { type: 'string' },
          additionalProperties: { type: 'boolean' },
        },
        event: {
          oneOf: [
            { type: 'object', properties: { type: { type: 'string', const: 'a' } }, required: ['type'] },
            { type: 'object', properties: { type: { type: 'string', const: 'b' } }, required: ['type'] },
          ],
        },
        price: { type: 'number', exclusiveMinimum: 0, multipleOf: 0.01 },
        maybe: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
      required: ['id', 'email', 'at', 'key', 'record', 'event', 'price', 'maybe'],
      additionalProperties: false,
    })
  })

  it('a recursive tree and a linked list end soon', () => {
    const node = { $ref: '#/$defs/Node' }
    const tree = make({
      ...node,
      $defs: {
        Node: {
          type: 'object',
          properties: { value: { type: 'integer' }, children: { type: 'array', items: node } },
          required: ['value', 'children'],
        },
      },
    })
    assert.ok(JSON.stringify(tree).length < 2_000)
    const list = make({
      ...node,
      $defs: {
        Node: {
          type: 'object',
          properties: { value: { type: 'integer' }, next: { anyOf: [node, { type: 'null' }] } },
          required: ['value', 'next'],
        },
      },
    })
    assert.equal(JSON.stringify(list).match(/next/g)?.length, 3)
    const json = {
      $defs: { J: { anyOf: [{ type: 'array', items: { $ref: '#/$defs/J' } }, { type: 'null' }] } },
    }
    make({ ...json, $ref: '#/$defs/J' })
  })

  it('older drafts: tuples in items, exclusive bounds as flags, definitions', () => {
    const shape = readJsonSchema(
      {
        type: 'array',
        items: [{ $ref: '#/definitions/P' }, { type: 'boolean' }],
        additionalItems: false,
        minItems: 2,
        definitions: { P: { type: 'integer', minimum: 0, exclusiveMinimum: true, maximum: 1 } },
      },
      PATH,
    )
    const value = makeValue(shape, hintsOf(''), createRandom(1)) as unknown[]
    assert.equal(value[0], 1)
    assert.equal(typeof value[1], 'boolean')
    assert.equal(value.length, 2)
    assert.notDeepEqual(validate(shape, [0, true]), [])
  })
})

describe('what no value can be is refused', () => {
  const cases: readonly unknown[] = [
    { type: 'string', pattern: '^[a-z]{3}$', minLength: 5 },
    { type: 'integer', multipleOf: 7, minimum: 1, maximum: 6 },
    { type: 'array', items: { enum: [1, 2, 3] }, uniqueItems: true, minItems: 4 },
    { allOf: [{ type: 'string' }, { type: 'integer' }] },
    { not: {} },
    { type: 'string', format: 'uuid', maxLength: 10 },
    { type: 'number', exclusiveMinimum: 1, exclusiveMaximum: 1 },
    { type: 'object', properties: { a: {} }, additionalProperties: false, minProperties: 2 },
    { oneOf: [{ type: 'string' }, { type: 'string' }] },
  ]
  for (const schema of cases) {
    it(JSON.stringify(schema), () => {
      assert.throws(
        () => makeValue(readJsonSchema(schema, PATH), hintsOf(''), createRandom(1)),
        (error) => error instanceof GatewayError && /cannot be satisfied/.test(error.message),
      )
    })
  }
})
