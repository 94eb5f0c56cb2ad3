import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { priceOf, priceOfDocument } from './document.ts'
import { rates } from './random.fixture.ts'

test('a document tells the rates and nothing else, whatever the order they were written in', () => {
  const price = priceOf('m', { output: 2, input: 1, tierPercent: { priority: 180, batch: 50 } })
  assert.equal(price.document, '{"input":1,"output":2,"tierPercent":{"batch":50,"priority":180}}')
  const other = priceOf('m', { tierPercent: { batch: 50, priority: 180 }, input: 1, output: 2 })
  assert.equal(other.version, price.version)
  assert.notEqual(priceOf('m', { input: 1, output: 3 }).version, price.version)
})

test('[PRC-02] rates come back from their document, frozen', () => {
  fc.assert(
    fc.property(rates, (some) => {
      const back = priceOfDocument(priceOf('m', some).document)
      assert.deepEqual(back, some)
      assert.ok(Object.isFrozen(back) && Object.isFrozen(back.longContext ?? back))
    }),
  )
})

test('what is no document of a price is told, not half read', () => {
  const bad = [
    ...['', '[]', 'null', '1', '{}', '{"input":1}', '{"output":1}', '{"input":-1,"output":1}'],
    ...['{"input":1.5,"output":1}', '{"input":"1","output":1}', '{"input":1,"output":1,"smell":3}'],
    ...['{"input":1,"output":1,"tierPercent":{"standard":100}}', '{"input":1,"output":1,"tierPercent":5}'],
    ...[
      '{"input":1,"output":1,"longContext":{"input":1,"output":1}}',
      '{"input":9007199254740993,"output":1}',
    ],
    ...[
      '{"input":1,"output":1,"longContext":{"abovePromptTokens":1,"output":1}}',
      '{"input":1,"output":1,"constructor":{}}',
    ],
  ]
  for (const document of bad) assert.throws(() => priceOfDocument(document), Error, document)
})
