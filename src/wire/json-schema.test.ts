import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMessage } from './gemini-schema.ts'
import { toJsonSchema } from './json-schema.ts'

/** Converts it as it comes in a request; `losses` are the paths that were told. */
function convert(schema: object): { json: unknown; losses: string[] } {
  const losses: string[] = []
  const listener = {
    dropped: (path: string) => losses.push(`dropped ${path}`),
    approximated: (path: string) => losses.push(`approximated ${path}`),
  }
  const json = toJsonSchema(readMessage('Schema', schema), 'at', listener)
  return { json: JSON.parse(JSON.stringify(json)), losses }
}

function exact(schema: object, expected: object): void {
  assert.deepEqual(convert(schema), { json: expected, losses: [] })
}

test('[TRN-03] types become lower-case, and null one of them', () => {
  exact(
    { type: 'INTEGER', minimum: 1, maximum: 2, format: 'int32' },
    {
      ...{ type: 'integer', minimum: 1, maximum: 2, format: 'int32' },
    },
  )
  exact({ type: 'string', nullable: true }, { type: ['string', 'null'] })
  exact({ type: 'NULL', nullable: true }, { type: 'null' })
  exact({ type: 'TYPE_UNSPECIFIED', title: 't', description: 'd' }, { title: 't', description: 'd' })
  exact(
    { type: 'STRING', format: 'enum', enum: ['a'], nullable: true },
    {
      ...{ type: ['string', 'null'], enum: ['a', null] },
    },
  )
  exact(
    { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }], nullable: true },
    {
      anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }],
    },
  )
})

test('[TRN-03] limits are numbers, examples a list, defaults stay', () => {
  exact(
    { type: 'ARRAY', minItems: '1', maxItems: 3, items: { type: 'STRING', maxLength: '5', pattern: 'a+' } },
    { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', maxLength: 5, pattern: 'a+' } },
  )
  exact({ type: 'STRING', example: 'x', default: 'y' }, { type: 'string', examples: ['x'], default: 'y' })
  assert.deepEqual(convert({ type: 'STRING', maxLength: '9007199254740993' }).losses, [
    'approximated at.maxLength',
  ])
})

test('[TRN-03] properties come in the order that was asked for', () => {
  const schema = {
    type: 'OBJECT',
    properties: { a: { type: 'STRING' }, b: { type: 'STRING' }, c: { type: 'STRING' } },
    propertyOrdering: ['c', 'x', 'a', 'c'],
    required: ['a'],
  }
  const { json, losses } = convert(schema)
  assert.equal(
    JSON.stringify(json),
    '{"type":"object","properties":{"c":{"type":"string"},"a":{"type":"string"},"b":{"type":"string"}},' +
      '"required":["a"]}',
  )
  assert.deepEqual(losses, ['dropped at.propertyOrdering[1]'])
  const numbers = { properties: { 2: {}, 1: {} }, propertyOrdering: ['2', '1'] }
  assert.deepEqual(convert(numbers).losses, ['approximated at.propertyOrdering'])
})

test('[TRN-03] the choices of a number are numbers', () => {
  assert.deepEqual(convert({ type: 'INTEGER', enum: ['1', 'x'] }), {
    json: { type: 'integer', enum: [1, 'x'] },
    losses: ['approximated at.enum[0]'],
  })
})

test('a property may have any name', () => {
  const long = 'n'.repeat(200)
  const properties = JSON.parse(
    `{"__proto__":{"maxLength":"9007199254740993"},"${long}":{"maxLength":1e300}}`,
  )
  properties[long].maxLength = '9007199254740995'
  const { json, losses } = convert({ type: 'OBJECT', properties })
  assert.deepEqual(Object.keys((json as { properties: object }).properties), ['__proto__', long])
  assert.deepEqual(losses, ['approximated at.properties.__proto__.maxLength', 'approximated at.properties'])
})
