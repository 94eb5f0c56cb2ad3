import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callOf } from '../nouns.fixture.ts'
import { createPriceBook } from '../prices/book.ts'
import { MONEY } from './money.ts'

const prices = { m: { inputUsdPerMillion: '1', outputUsdPerMillion: '10', outputTokensMax: 1_000 } }
const price = createPriceBook({ overrides: prices }).find('up', 'm', 0)!
const call = callOf()
const boundOf = (upstream: Parameters<typeof MONEY.bound>[2]) => MONEY.bound(call, price, upstream)

test('[TMN-01] what a call may cost grows with the requests that it may become', () => {
  const one = boundOf({})
  assert.equal(one, call.body.length * 1_000 + 1_000 * 10_000)
  assert.equal(boundOf({ requestsMax: () => 3 }), 3 * one)
})

test('[TMN-01] several requests give one candidate each; one request gives all of them', () => {
  const several = callOf({ facts: { ...call.facts, candidateCount: 4 } })
  const one = boundOf({})
  assert.equal(MONEY.bound(several, price, { requestsMax: () => 4 }), 4 * one)
  assert.equal(MONEY.bound(several, price, {}), one + 3 * 1_000 * 10_000)
})

test('[TMN-01] a limit that an upstream may pass over bounds nothing', () => {
  const limited = callOf({ facts: { ...call.facts, maxOutputTokens: 7 } })
  const prompt = call.body.length * 1_000
  assert.equal(MONEY.bound(limited, price, {}), prompt + 7 * 10_000)
  assert.equal(MONEY.bound(limited, price, { ignoresLimit: () => false }), prompt + 7 * 10_000)
  assert.equal(MONEY.bound(limited, price, { ignoresLimit: () => true }), prompt + 1_000 * 10_000)
})

test('[TMN-01] what a provider says beside the prompt is reserved for', () => {
  assert.equal(boundOf({ promptTokensAdded: 500 }), boundOf({}) + 500 * 1_000)
})

test('what no ledger could hold is its largest amount', () => {
  assert.equal(boundOf({ requestsMax: () => Number.MAX_SAFE_INTEGER }), Number.MAX_SAFE_INTEGER)
})
