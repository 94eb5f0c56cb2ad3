import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPriceBook, type PriceOverrides } from './book.ts'
import { priceOfDocument } from './document.ts'
import { FREE } from './table.ts'

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`)
const TODAY = day('2026-11-21')

function price(input: string, from?: string) {
  return { inputUsdPerMillion: input, outputUsdPerMillion: '1', from }
}

function inputOf(overrides: PriceOverrides, upstream: string, model: string, at = TODAY): number | undefined {
  return createPriceBook({ overrides }).find(upstream, model, at)?.rates.input
}

test('[PRC-04] an upstream of its own wins over a model, and a model over the table', () => {
  const overrides = {
    'gemini-2.5-flash': price('0.2'),
    'comet/gemini-2.5-flash': price('0.1'),
    qwen3: price('0'),
  }
  assert.equal(inputOf({}, 'google', 'gemini-2.5-flash'), 300_000_000)
  assert.equal(inputOf(overrides, 'google', 'gemini-2.5-flash'), 200_000_000)
  assert.equal(inputOf(overrides, 'comet', 'gemini-2.5-flash'), 100_000_000)
  assert.equal(inputOf(overrides, 'comet', 'gemini-2.5-pro'), 1_250_000_000)
  assert.equal(inputOf(overrides, 'any', 'qwen3'), 0)
  assert.equal(inputOf(overrides, 'any', 'qwen4'), undefined)
  assert.equal(inputOf(overrides, 'any', 'models/qwen3'), 0)
  assert.equal(inputOf({}, 'google', 'models/gemini-2.5-flash-001'), 300_000_000)
})

test('[PRC-04] an override counts from its date on; before, what stood there', () => {
  const overrides = {
    'gemini-2.5-flash': [price('0.5', '2026-12-01T06:00:00+02:00'), price('0.2', '2026-11-01')],
    'comet/gemini-2.5-flash': price('0.1', '2026-11-15'),
    qwen3: [price('3'), price('4', '2027-01-01')],
  }
  const input = (upstream: string, at: number) => inputOf(overrides, upstream, 'gemini-2.5-flash', at)
  assert.equal(input('google', day('2026-11-01') - 1), 300_000_000)
  assert.equal(input('google', day('2026-11-01')), 200_000_000)
  const change = Date.parse('2026-12-01T04:00:00Z')
  assert.equal(input('google', change - 1), 200_000_000)
  assert.equal(input('google', change), 500_000_000)
  assert.equal(input('comet', day('2026-11-15') - 1), 200_000_000)
  assert.equal(input('comet', day('2027-01-01')), 100_000_000, 'the upstream of its own, however old')
  assert.equal(inputOf(overrides, 'any', 'qwen3', 0), 3_000_000_000)
  assert.equal(inputOf(overrides, 'any', 'qwen3', day('2027-01-01')), 4_000_000_000)
})

test('[PRC-04] an announced change of the table comes on its day', () => {
  const book = createPriceBook({ overrides: {} })
  const at = (text: string) => book.find('google', 'gemini-4-argon', Date.parse(text))!
  const [before, after] = [at('2026-11-30T23:59:59.999Z'), at('2026-12-01T00:00:00Z')]
  assert.deepEqual([before.rates.output, after.rates.output], [10_000_000_000, 20_000_000_000])
  assert.notEqual(before.version, after.version)
})

test('the same price is the same object, and its version tells its rates', () => {
  const book = createPriceBook({ overrides: { mine: price('0.3'), yours: price('0.3') } })
  const first = book.find('a', 'mine', TODAY)!
  assert.equal(book.find('a', 'mine', TODAY + 1), first)
  assert.equal(book.find('b', 'models/mine', TODAY), first)
  assert.match(first.version, /^mine@[0-9a-f]{12}$/)
  assert.equal(first.version.slice(5), book.find('a', 'yours', TODAY)!.version.slice(6))
  const again = createPriceBook({ overrides: { mine: price('0.30') } }).find('a', 'mine', TODAY)!
  assert.equal(again.version, first.version, 'after a reload too')
  assert.deepEqual(priceOfDocument(first.document), first.rates)
  assert.ok(Object.isFrozen(first) && Object.isFrozen(first.rates))
})

test('a name of any length is looked up, and a flood of names forgets no price', () => {
  const book = createPriceBook({ overrides: { mine: price('7') } })
  assert.equal(book.find('a', 'x'.repeat(1_000_000), TODAY), undefined)
  for (let index = 0; index < 25_000; index++) assert.equal(book.find('a', `m${index}`, TODAY), undefined)
  assert.equal(book.find('a', 'mine', TODAY)?.rates.input, 7_000_000_000)
  for (const name of ['__proto__', 'constructor', 'toString', ''])
    assert.equal(book.find(name, name, TODAY), undefined)
})

test('a book without list prices: everything is free but what the operator says', () => {
  const book = createPriceBook({ overrides: { 'gemini-2.5-pro': price('2') }, table: FREE })
  assert.equal(book.find('sandbox', 'gemini-2.5-flash', TODAY)?.rates.output, 0)
  assert.equal(book.find('sandbox', 'nobody-knows', TODAY)?.rates.input, 0)
  assert.equal(book.find('sandbox', 'gemini-2.5-pro', TODAY)?.rates.input, 2_000_000_000)
})

test('the list has the operator’s prices first, and each row of the table with its source', () => {
  const list = createPriceBook({ overrides: { 'comet/m': [price('1'), price('2', '2026-12-01')] } }).list()
  const ours = list.filter(({ origin }) => origin === 'config')
  assert.deepEqual(
    ours.map(({ model, from, rates, source }) => [model, from, rates.input, source]),
    [
      ['comet/m', day('2026-12-01'), 2_000_000_000, undefined],
      ['comet/m', undefined, 1_000_000_000, undefined],
    ],
  )
  const flash = list.find(({ model }) => model === 'gemini-2.5-flash')!
  assert.deepEqual([flash.origin, flash.asOf, flash.from], ['table', '2026-10-14', undefined])
  assert.ok(list.some(({ model, from }) => model === 'gemini-3.8-flash' && from === day('2027-01-01')))
})

test('what the configuration would have refused is not taken for a price', () => {
  for (const bad of ['-1', '1e3', '1,000', '0.1234567890', 'NaN', ''])
    assert.throws(() => createPriceBook({ overrides: { m: price(bad) } }), /plain decimal/, bad)
  assert.throws(() => createPriceBook({ overrides: { m: price('1', 'soon') } }), /not a date/)
})
