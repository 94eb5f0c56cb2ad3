import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasObjectRoot, Unwrapper, wrapSchema } from './wrapped.ts'

function unwrapped(text: string, size: number): string {
  const unwrapper = new Unwrapper()
  let out = ''
  for (let at = 0; at < text.length; at += size) out += unwrapper.push(text.slice(at, at + size))
  return out + unwrapper.flush()
}

test('[TRN-07] whatever was wrapped comes out the same, however the text is cut', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(6), fc.constantFrom('', ' ', '\n  '), (value, size, space) => {
      const text = `${space}{${space}"wasatValue"${space}:${space}${JSON.stringify(value)}${space}}${space}`
      assert.equal(unwrapped(text, size + 1), JSON.stringify(value))
    }),
    { numRuns: 300 },
  )
})

test('[TRN-07] every other text stays what it is', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom(
      '{',
      '{"wasatValue',
      ' { "wasatValue"',
      '{"wasatValues":1}',
      '{"a":{"wasatValue":1}}',
      '{} }',
    ),
  )
  fc.assert(
    fc.property(texts, fc.nat(6), (text, size) => assert.equal(unwrapped(text, size + 1), text)),
    { numRuns: 300 },
  )
})

test('[TRN-07] references keep their meaning in the wrapper', () => {
  const tree = { anyOf: [{ $ref: '#' }, { $ref: '#/$defs/leaf' }, { $ref: '#/items' }] }
  assert.deepEqual(wrapSchema({ type: 'array', items: tree, $defs: { leaf: { type: 'string' } } }), {
    type: 'object',
    properties: {
      wasatValue: {
        type: 'array',
        items: {
          anyOf: [
            { $ref: '#/properties/wasatValue' },
            { $ref: '#/$defs/leaf' },
            { $ref: '#/properties/wasatValue/items' },
          ],
        },
      },
    },
    required: ['wasatValue'],
    additionalProperties: false,
    $defs: { leaf: { type: 'string' } },
  })
  assert.equal(hasObjectRoot({ type: 'object' }), true)
  assert.equal(hasObjectRoot({ type: ['object', 'null'] }), false)
  assert.equal(hasObjectRoot(true), false)
})
