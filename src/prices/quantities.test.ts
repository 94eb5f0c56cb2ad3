import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Rates } from '../nouns/money.ts'
import { costOf } from './cost.ts'
import { quantitiesOf } from './quantities.ts'

const NONE = { searchQueries: 0, isGrounded: false, items: 0 }

test('[PRC-05] counts and modalities of an answer', () => {
  const usage = {
    ...{
      promptTokenCount: 1_000,
      cachedContentTokenCount: 400,
      candidatesTokenCount: 50,
      thoughtsTokenCount: 7,
    },
    ...{ toolUsePromptTokenCount: 30, totalTokenCount: 1_087 },
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 100 },
      { modality: 'AUDIO', tokenCount: 500 },
      { modality: 'IMAGE', tokenCount: 258 },
      { modality: 'DOCUMENT', tokenCount: 142 },
    ],
    cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 400 }],
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 50 }],
    toolUsePromptTokensDetails: [{ modality: 'TEXT', tokenCount: 30 }],
    serviceTier: 'standard',
  }
  assert.deepEqual(quantitiesOf(usage, { searchQueries: 2, isGrounded: true, items: 3 }), {
    ...{ promptTokens: 1_000, cachedTokens: 400, candidatesTokens: 50, thoughtsTokens: 7 },
    ...{ toolUsePromptTokens: 30, totalTokens: 1_087 },
    details: {
      ...{ 'prompt.AUDIO': 500, 'prompt.IMAGE': 258, 'prompt.DOCUMENT': 142, 'cached.AUDIO': 400 },
      ...{ 'candidates.IMAGE': 50, groundedPrompts: 1, searchQueries: 2, items: 3 },
    },
  })
})

test('plain text has no details, and no usage is none', () => {
  const text = [{ modality: 'TEXT', tokenCount: 5 }]
  const usage = {
    promptTokenCount: 5,
    candidatesTokenCount: 2,
    totalTokenCount: 7,
    promptTokensDetails: text,
  }
  const plain = quantitiesOf(usage, NONE)
  assert.equal(plain.details, undefined)
  assert.deepEqual([plain.promptTokens, plain.candidatesTokens, plain.totalTokens], [5, 2, 7])
  const none = quantitiesOf(undefined, NONE)
  assert.deepEqual(Object.values(none), [0, 0, 0, 0, 0, 0, undefined])
})

test('an embedding has its own name for the list, and no total: then it is the sum of what is named', () => {
  const usage = { promptTokenCount: 9, promptTokenDetails: [{ modality: 'IMAGE', tokenCount: 4 }] }
  const { totalTokens, details } = quantitiesOf(usage, NONE)
  assert.deepEqual([totalTokens, details], [9, { 'prompt.IMAGE': 4 }])
  const parts = {
    promptTokenCount: 1,
    candidatesTokenCount: 2,
    thoughtsTokenCount: 4,
    toolUsePromptTokenCount: 8,
  }
  assert.equal(quantitiesOf(parts, NONE).totalTokens, 15)
  assert.equal(quantitiesOf({ ...parts, totalTokenCount: 0 }, NONE).totalTokens, 0, 'its own word counts')
})

test('[PRC-06] what is no count is 0, and no part is larger than its whole', () => {
  const usage = {
    ...{
      promptTokenCount: 10,
      cachedContentTokenCount: 99,
      candidatesTokenCount: -5,
      thoughtsTokenCount: '7',
    },
    ...{ toolUsePromptTokenCount: Number.NaN, totalTokenCount: 1.5 },
    promptTokensDetails: [
      ...[null, 7, 'AUDIO', { modality: 'SMELL', tokenCount: 4 }, { modality: 'AUDIO' }],
      ...[
        { modality: 'AUDIO', tokenCount: 6 },
        { modality: 'AUDIO', tokenCount: 3 },
      ],
      ...[
        { modality: 'VIDEO', tokenCount: 9 },
        { modality: 'constructor', tokenCount: 1 },
      ],
    ],
    cacheTokensDetails: { modality: 'AUDIO', tokenCount: 4 },
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1_000 }],
    toolUsePromptTokensDetails: 'AUDIO',
  }
  const hostile = usage as unknown as Parameters<typeof quantitiesOf>[0]
  const extras = { searchQueries: -1, isGrounded: false, items: Number.POSITIVE_INFINITY }
  assert.deepEqual(quantitiesOf(hostile, extras), {
    ...{ promptTokens: 10, cachedTokens: 10, candidatesTokens: 0, thoughtsTokens: 0, toolUsePromptTokens: 0 },
    totalTokens: 0,
    details: { 'prompt.AUDIO': 9, 'prompt.VIDEO': 1 },
  })
  const many = Array.from({ length: 10_000 }, () => ({ modality: 'AUDIO', tokenCount: 1 }))
  const { details } = quantitiesOf({ promptTokenCount: 10_000, promptTokensDetails: many }, NONE)
  assert.ok(details!['prompt.AUDIO']! <= 10_000)
})

const anything = fc.anything({ withBigInt: true, withNullPrototype: true })
const listed = fc.array(
  fc.record({ modality: fc.constantFrom('AUDIO', 'IMAGE', 'TEXT', 'x'), tokenCount: anything }),
)
const usages = fc.dictionary(
  fc.constantFrom(
    ...['promptTokenCount', 'cachedContentTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount'],
    ...['toolUsePromptTokenCount', 'totalTokenCount', 'promptTokensDetails', 'cacheTokensDetails'],
    ...['candidatesTokensDetails', 'toolUsePromptTokensDetails'],
  ),
  fc.oneof(anything, fc.maxSafeNat(), listed),
)

test('[PRC-06] whatever an upstream says never throws, and costs no more than its counts at the dearest rate', () => {
  const rates: Rates = { input: 1_000, inputAudio: 9_000, output: 1_000, outputImage: 9_000, cachedInput: 1 }
  const dearest: Rates = { input: 9_000, output: 9_000 }
  fc.assert(
    fc.property(fc.oneof(usages, anything), (said) => {
      const quantities = quantitiesOf(said as never, NONE)
      const { details, ...counts } = quantities
      for (const count of [...Object.values(counts), ...Object.values(details ?? {})])
        assert.ok(Number.isSafeInteger(count) && count >= 0)
      assert.ok(quantities.cachedTokens <= quantities.promptTokens)
      const most = costOf(dearest, { ...quantities, cachedTokens: 0, details: undefined }, 'standard')
      assert.ok(costOf(rates, quantities, 'standard') <= most)
    }),
    { numRuns: 1_000 },
  )
})

test('[PRC-05] what is written to a cache is a part of the prompt that is not read from one', () => {
  const usage = { promptTokenCount: 100, cachedContentTokenCount: 30, cacheCreationTokenCount: 50 }
  const extras = { searchQueries: 0, isGrounded: false, items: 0 }
  assert.deepEqual(quantitiesOf(usage, extras).details, { cacheWriteTokens: 50 })
  assert.deepEqual(quantitiesOf({ ...usage, cacheCreationTokenCount: 90 }, extras).details, {
    cacheWriteTokens: 70,
  })
})
