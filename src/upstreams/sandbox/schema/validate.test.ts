import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Check } from 'typebox/schema'
import { createRandom } from '../digest.ts'
import { arbitraryJsonSchema, hintsOf } from './arbitrary.fixture.ts'
import { makeValue } from './make.ts'
import { readJsonSchema } from './read.ts'
import { validate } from './validate.ts'

const PATH = 'generation_config.response_schema'

/** The other validator sees members of every object in these, and knows no sizes of integers. */
const SEEN_OTHERWISE = /toString|constructor|__proto__|int32/

describe('validate', () => {
  it('agrees with another validator about values that were not made for the schema', () => {
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>('2026-01-02', 'a@b.co', 'cat', 5, 7.5, {}, [], null, {
        a: 1,
        b: 2,
        kind: 'a',
      }),
    )
    fc.assert(
      fc.property(arbitraryJsonSchema(), values, (schema, value) => {
        fc.pre(!SEEN_OTHERWISE.test(JSON.stringify(schema)))
        const problems = validate(readJsonSchema(schema, PATH), value)
        assert.equal(problems.length === 0, Check(schema, value), problems.join())
      }),
      { numRuns: 3_000 },
    )
  })

  it('a number beyond all places is a multiple, as the other validator says', () => {
    const schema = { type: 'number', multipleOf: 0.01 }
    const value = 1.7976931348623163e306
    assert.equal(Check(schema, value), true)
    assert.deepEqual(validate(readJsonSchema(schema, PATH), value), [])
  })

  it('agrees about values that were made for another schema', () => {
    fc.assert(
      fc.property(arbitraryJsonSchema(), arbitraryJsonSchema(), fc.nat(), (schema, other, seed) => {
        const value = makeValue(readJsonSchema(other, PATH), hintsOf(''), createRandom(seed))
        fc.pre(!SEEN_OTHERWISE.test(JSON.stringify(schema)))
        const problems = validate(readJsonSchema(schema, PATH), value)
        assert.equal(problems.length === 0, Check(schema, value), problems.join())
      }),
      { numRuns: 1_000 },
    )
  })

  const problems: readonly (readonly [schema: unknown, value: unknown, problem: string])[] = [
    [
      { type: 'object', properties: { a: { items: { minimum: 5 } } } },
      { a: [7, 3] },
      '$.a[1]: is less than 5',
    ],
    [{ required: ['a'] }, {}, '$: lacks "a"'],
    [{ enum: [1, { a: 1 }] }, { a: 2 }, '$: is none of the listed values'],
    [{ type: ['string', 'null'] }, 4, '$: is number, not string or null'],
    [{ pattern: '^a$' }, 'b', '$: does not match the pattern'],
    [{ format: 'date' }, '2026-02-30', '$: is no date'],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      '$: repeats an item',
    ],
    [{ oneOf: [{}, {}] }, 1, '$: is 2 of the alternatives instead of exactly one'],
    [{ multipleOf: 0.1 }, 0.25, '$: is no multiple of 0.1'],
    [{ maxLength: 1 }, '😀😀', '$: has more than 1 characters'],
  ]
  for (const [schema, value, problem] of problems) {
    it(`says where and what: ${problem}`, () => {
      assert.deepEqual(validate(readJsonSchema(schema, PATH), value), [problem])
    })
  }
})
