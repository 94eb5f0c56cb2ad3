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

test('[FCT-05] B5 B6 B7 an estimate is never zero once content was seen', () => {
  const nothing = callOf({ body: Buffer.alloc(0) })
  for (const isComplete of [true, false]) {
    assert.deepEqual(usedOf(nothing, reading(undefined), isComplete, 0).usage, {
      promptTokenCount: 1,
      candidatesTokenCount: 1,
      totalTokenCount: 2,
    })
  }
})

test('[FCT-05] pictures and sounds are no text, neither asked nor answered', () => {
  const facts = { ...call().facts, bodyBytes: 2_000_040, mediaBytes: 2_000_000, mediaParts: 1 }
  const image = { ...facts, imageBytes: 2_000_000, imageParts: 1 }
  const media = { bytes: 3_000_000, tokens: 1_290 }
  const { usage } = usedOf(callOf({ facts: image }), { ...reading(undefined), media }, true, 3_000_400)
  assert.deepEqual(usage, {
    promptTokenCount: 10 + 258,
    candidatesTokenCount: 100 + 1_290,
    totalTokenCount: 268 + 1_390,
  })
  const { candidatesTokenCount } = usedOf(call(), { ...reading(undefined), media }, false, 500).usage as {
    candidatesTokenCount: number
  }
  assert.equal(candidatesTokenCount, 1_290)
})

test('[FCT-05] text that was counted by itself is an answer together with the media beside it', () => {
  const counted = { ...reading(undefined), textBytes: 40 }
  const outputOf = (read: Reading) => usedOf(call(), read, true, 9_000_000).usage?.candidatesTokenCount
  assert.equal(outputOf(counted), 10)
  assert.equal(outputOf({ ...counted, media: { bytes: 4_000_000, tokens: 1_290 } }), 1_300)
})

test('[FCT-05] a picture of predict is paid for by the piece', () => {
  const { usage } = usedOf(call('predict'), reading(undefined), true, 4_000_000)
  assert.deepEqual(usage, { promptTokenCount: 11, candidatesTokenCount: 0, totalTokenCount: 11 })
})

test('[FCT-01] the usage is handed on as the very object that was read', () => {
  const usage = { promptTokenCount: 3, promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 3 }] }
  assert.equal(usedOf(call(), reading(usage), true, 10).usage, usage)
})

test('[LEDGER-06] U40 counts beyond what any model reads are none: their sums would not fit the books', () => {
  const claiming = (totalTokenCount: number) => reading({ promptTokenCount: 1, totalTokenCount })
  assert.equal(usedOf(callOf(), claiming(1_000_000_000), true, 100).usageSource, 'final')
  for (const absurd of [1_000_000_001, Number.MAX_SAFE_INTEGER]) {
    const { usage, usageSource } = usedOf(callOf(), claiming(absurd), true, 100)
    assert.equal(usageSource, 'estimated')
    assert.ok((usage?.totalTokenCount as number) < 1_000)
  }
})
