import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseExactJson, parseJsonWithTexts, printExactJson } from './exact-json.ts'

test('integers of any size come back digit for digit', () => {
  fc.assert(
    fc.property(fc.bigInt(), (value) => {
      const text = printExactJson({ value, list: [value] })
      assert.equal(text, `{"value":${value},"list":[${value}]}`)
      const { value: read } = parseExactJson(text) as { value: number | bigint }
      assert.equal(BigInt(read), value)
      assert.equal(typeof read === 'number', Number.isSafeInteger(Number(value)))
    }),
  )
})

test('everything else is what JSON makes of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      assert.equal(printExactJson(value), text)
      // What is large is exact then, and so another value.
      if (!/\d{16}/.test(text)) assert.deepEqual(parseExactJson(text), JSON.parse(text))
    }),
  )
})

test('named numbers are their own text, and no digit is lost', () => {
  const text =
    '{"limitUsd":0.1000000000000000000001,"other":0.10,"in":{"limitUsd":1E2},"list":[{"limitUsd":"5"}]}'
  assert.deepEqual(parseJsonWithTexts(text, new Set(['limitUsd'])), {
    limitUsd: '0.1000000000000000000001',
    other: 0.1,
    in: { limitUsd: '1E2' },
    list: [{ limitUsd: '5' }],
  })
})

test('a member called __proto__ is only a member', () => {
  const read = parseJsonWithTexts('{"__proto__":{"limitUsd":1}}', new Set(['limitUsd'])) as object
  assert.deepEqual([Object.keys(read), Object.getPrototypeOf(read)], [['__proto__'], Object.prototype])
})
