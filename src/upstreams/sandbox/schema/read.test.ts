import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GatewayError } from '../../../errors.ts'
import { readMessage } from '../../../wire/gemini-schema.ts'
import { readGeminiSchema, readJsonSchema } from './read.ts'

const PATH = 'generation_config.response_schema'

function refusal(read: () => unknown): GatewayError {
  try {
    read()
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, 'invalid_argument')
    return error
  }
  return assert.fail('was not refused')
}

function refuseGemini(schema: unknown): string {
  return refusal(() => readGeminiSchema(readMessage('Schema', schema), PATH)).message
}

function refuseJson(schema: unknown): string {
  return refusal(() => readJsonSchema(schema, PATH)).message
}

const AT = `* GenerateContentRequest.${PATH}`

describe("[SCHEMA-02] a wrong schema is refused in Google's words", () => {
  const cases: readonly (readonly [schema: unknown, ...lines: string[]])[] = [
    [{ type: 'ARRAY' }, '.items: missing field.'],
    [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'b'] },
      '.required[1]: property is not defined',
    ],
    [
      { type: 'OBJECT', properties: { a: { type: 'ARRAY' }, b: { type: 'STRING', enum: ['x', ''] } } },
      '.properties[a].items: missing field.',
      '.properties[b].enum[1]: cannot be empty',
    ],
    [
      { type: 'OBJECT', properties: { a: { type: 'STRING' } }, propertyOrdering: ['a', 'z'] },
      '.property_ordering[1]: property is not defined',
    ],
    [{ type: 'INTEGER', enum: ['1'] }, '.enum: only allowed for STRING type'],
    [{ type: 'STRING', properties: { a: { type: 'STRING' } } }, '.properties: only allowed for OBJECT type'],
    [{ type: 'STRING', required: ['a'] }, '.required: only allowed for OBJECT type'],
    [{ type: 'STRING', items: { type: 'STRING' } }, '.items: only allowed for ARRAY type'],
    [{}, '.type: must be specified when not using one_of, any_of or all_of fields'],
    [{ type: 'NUMBER', minimum: 5, maximum: 4 }, '.minimum: must be less than or equal to maximum'],
    [
      { type: 'ARRAY', items: { type: 'STRING' }, minItems: '3', maxItems: 2 },
      '.min_items: must be less than or equal to max_items',
    ],
    [
      { type: 'STRING', minLength: '3', maxLength: '2' },
      '.min_length: must be less than or equal to max_length',
    ],
    [{ type: 'STRING', minLength: '-1' }, '.min_length: must not be negative'],
    [
      { type: 'STRING', pattern: '(' },
      '.pattern: invalid regular expression: there is a ( without its ) (at character 1)',
    ],
    [
      { anyOf: [{ type: 'STRING' }, { type: 'ARRAY', items: { type: 'ARRAY' } }] },
      '.any_of[1].items.items: missing field.',
    ],
  ]
  for (const [schema, ...lines] of cases) {
    it(JSON.stringify(schema), () => {
      assert.equal(refuseGemini(schema), lines.map((line) => `${AT}${line}\n`).join(''))
    })
  }

  it('names each field in the details', () => {
    const { details } = refusal(() => readGeminiSchema({ type: 'ARRAY' }, 'tools[0].x.parameters'))
    assert.deepEqual(details, [
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [
          {
            field: 'tools[0].x.parameters.items',
            description: '* GenerateContentRequest.tools[0].x.parameters.items: missing field.\n',
          },
        ],
      },
    ])
  })

  it('an object without properties is taken', () => {
    readGeminiSchema({ type: 'OBJECT' }, PATH)
    readGeminiSchema({ type: 'OBJECT', properties: {} }, PATH)
  })
})

describe('[SCHEMA-02] a wrong JSON Schema is refused', () => {
  const cases: readonly (readonly [schema: unknown, line: string])[] = [
    [{ type: 'strin' }, '.type: unknown type "strin"'],
    [{ type: [] }, '.type: must not be empty'],
    [[], ': a schema must be an object or a boolean'],
    [{ enum: [] }, '.enum: no value is allowed'],
    [{ type: 'integer', enum: ['a'] }, '.enum: no value is allowed'],
    [{ enum: ['a'], const: 'b' }, '.const: is not in enum'],
    [{ anyOf: [] }, '.anyOf: must be a non-empty array'],
    [{ oneOf: 'a' }, '.oneOf: must be a non-empty array'],
    [{ $ref: '#/$defs/A' }, '.$ref: reference "#/$defs/A" is not defined'],
    [{ $ref: 'https://example.com/a.json' }, '.$ref: only references of the form #/… are supported'],
    [{ $ref: '#/toString' }, '.$ref: reference "#/toString" is not defined'],
    [{ minimum: '5' }, '.minimum: must be a number'],
    [{ minLength: 1.5 }, '.minLength: must be a non-negative integer'],
    [{ multipleOf: 0 }, '.multipleOf: must be greater than 0'],
    [{ pattern: 'a**' }, '.pattern: invalid regular expression: there is nothing to repeat (at character 3)'],
    [
      { pattern: '(a)\\1' },
      '.pattern: invalid regular expression: back references are not supported (at character 4)',
    ],
    [{ items: { type: 'x' } }, '.items.type: unknown type "x"'],
  ]
  for (const [schema, line] of cases) {
    it(JSON.stringify(schema), () => {
      assert.equal(refuseJson(schema), `${AT}${line}\n`)
    })
  }

  const unsatisfiable: readonly unknown[] = [
    false,
    { $ref: '#' },
    {
      $ref: '#/$defs/A',
      $defs: { A: { allOf: [{ $ref: '#/$defs/B' }] }, B: { anyOf: [{ $ref: '#/$defs/A' }] } },
    },
    { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] },
    { type: 'array', items: { $ref: '#' }, minItems: 1 },
    { type: 'object', properties: { a: false }, required: ['a'] },
    { type: 'object', required: ['a'], additionalProperties: false },
    { anyOf: [false, { allOf: [{ type: 'string' }, false] }] },
  ]
  for (const schema of unsatisfiable) {
    it(`that nothing satisfies: ${JSON.stringify(schema)}`, () => {
      assert.match(refuseJson(schema), /cannot be satisfied/)
    })
  }
})

describe('a schema is read within bounds', () => {
  const nested = (depth: number): unknown => JSON.parse(`${'{"items":'.repeat(depth)}{}${'}'.repeat(depth)}`)

  it('of depth', () => {
    readJsonSchema(nested(31), PATH)
    assert.match(refuseJson(nested(32)), /maximum allowed nesting depth/)
  })

  it('of size', () => {
    const wide = (count: number): unknown => ({ anyOf: Array.from({ length: count }, () => ({})) })
    readJsonSchema(wide(4_999), PATH)
    assert.match(refuseJson(wide(5_000)), /too many states for serving/)
    const refs = (count: number): unknown => ({
      $defs: Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, {}])),
      anyOf: Array.from({ length: count }, (_, index) => ({ $ref: `#/$defs/d${index}` })),
    })
    readJsonSchema(refs(500), PATH)
    assert.match(refuseJson(refs(501)), /too many states for serving/)
  })

  it('of patterns', () => {
    assert.match(refuseJson({ pattern: '(a{0,100}){0,100}' }), /too many states for serving/)
    assert.match(refuseJson({ pattern: 'a'.repeat(4_001) }), /too many states for serving/)
  })
})
