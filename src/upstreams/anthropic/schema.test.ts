import assert from 'node:assert/strict'
import test from 'node:test'
import type { JsonSchema } from '../translation/conversation.ts'
import { closedSchema } from './schema.ts'

const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest })
const TEXT = { type: 'string' }

test('[TRN-07] every object of a schema is closed, and nothing else is changed', () => {
  const schema = object(
    { list: { type: 'array', items: object({ a: TEXT }) }, either: { anyOf: [TEXT, object({ b: TEXT })] } },
    { required: ['list'], description: 'All of it' },
  )
  const closed = (properties: object, rest: object = {}) =>
    object(properties, { ...rest, additionalProperties: false })
  assert.deepEqual(
    closedSchema(schema),
    closed(
      { list: { type: 'array', items: closed({ a: TEXT }) }, either: { anyOf: [TEXT, closed({ b: TEXT })] } },
      { required: ['list'], description: 'All of it' },
    ),
  )
})

test('[TRN-07] a schema that the model would not keep to is left to others', () => {
  const refused: Record<string, JsonSchema> = {
    list: { type: 'array', items: TEXT },
    limit: object({ a: { type: 'number', minimum: 1 } }),
    length: object({ a: { type: 'string', maxLength: 3 } }),
    items: object({ a: { type: 'array', items: TEXT, minItems: 2 } }),
    reference: object({ a: { $ref: '#' } }),
    whatever: object({ a: { type: 'object' } }),
    open: object({ a: TEXT }, { additionalProperties: TEXT }),
    unknown: object({ a: TEXT }, { required: ['b'] }),
    format: object({ a: { type: 'string', format: 'uri-template' } }),
    nothing: object({ a: {} }),
    optional: object(Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`p${at}`, TEXT]))),
    everything: true,
  }
  for (const [name, schema] of Object.entries(refused)) assert.equal(closedSchema(schema), undefined, name)
})

test('[TRN-04] what several schemas take is counted together', () => {
  const schema = object(Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`p${at}`, TEXT])))
  const counts = { optional: 0, choices: 0 }
  assert.notEqual(closedSchema(schema, counts), undefined)
  assert.equal(closedSchema(schema, counts), undefined)
  assert.equal(counts.optional, 13)
})

test('a member called __proto__ is a member', () => {
  const closed = closedSchema(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'))
  assert.deepEqual(Object.keys((closed as { properties: object }).properties), ['__proto__'])
})
