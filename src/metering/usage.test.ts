import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callOf } from '../nouns.fixture.ts'
import type { Reading, Verb } from '../nouns.ts'
import { usedOf } from './usage.ts'

const BODY_BYTES = 41
const call = (verb: Verb = 'generateContent') => callOf({ verb, body: Buffer.alloc(BODY_BYTES, 0x20) })
const reading = (usage: unknown, begun = true): Reading => ({
  usage: usage as Reading['usage'],
  begun,
  finishReason: undefined,
  modelVersion: undefined,
})

test('[LEDGER-06] what the upstream says counts: final at the end, partial when it broke', () => {
  const usage = { promptTokenCount: 3, totalTokenCount: 9 }
  assert.deepEqual(usedOf(call(), reading(usage), true, 100), { usage, usageSource: 'final' })
  assert.deepEqual(usedOf(call(), reading(usage), false, 100), { usage, usageSource: 'partial' })
  const zeros = { promptTokenCount: 0, totalTokenCount: 0 }
  assert.equal(usedOf(call(), reading(zeros), true, 100).usageSource, 'final')
})

const NOT_MEANT: readonly unknown[] = [
  undefined,
  null,
  {},
  { trafficType: 'ON_DEMAND' },
  { promptTokenCount: -1, totalTokenCount: 5 },
  { promptTokenCount: 1e300 },
  { promptTokenCount: 1.5 },
  { promptTokenCount: '5' },
  { promptTokenCount: null },
  { promptTokenCount: Number.NaN },
  { promptTokenCount: 3, candidatesTokenCount: {} },
]

for (const usage of NOT_MEANT) {
  test(`[LEDGER-06] U40 ${JSON.stringify(usage)} is estimated, and says so`, () => {
    assert.deepEqual(usedOf(call(), reading(usage), true, 10), {
      usage: { promptTokenCount: 11, candidatesTokenCount: 3, totalTokenCount: 14 },
      usageSource: 'estimated',
    })
  })
}

test('[LEDGER-06] the vector of an embedding is no output', () => {
  for (const verb of ['embedContent', 'batchEmbedContents'] as const) {
    const { usage } = usedOf(call(verb), reading(undefined), true, 40_000)
    assert.deepEqual(usage, { promptTokenCount: 11, candidatesTokenCount: 0, totalTokenCount: 11 })
  }
})

test('[LEDGER-06] what never began costs nothing', () => {
  assert.deepEqual(usedOf(call(), reading(undefined, false), false, 0), {
    usage: undefined,
    usageSource: 'none',
  })
})
