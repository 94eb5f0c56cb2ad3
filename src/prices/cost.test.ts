import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Quantities, QuantityDetails, Rates, Tier } from '../nouns/money.ts'
import { boundOf, costOf, type Need, SEARCH_QUERIES_RESERVED } from './cost.ts'
import { costByHand, quantities, rates, tiers } from './random.fixture.ts'

const RATES: Rates = { input: 300_000_000, output: 2_500_000_000 }

function used(counts: Partial<Quantities>, details?: QuantityDetails): Quantities {
  return {
    ...{ promptTokens: 0, cachedTokens: 0, candidatesTokens: 0, thoughtsTokens: 0 },
    ...{ toolUsePromptTokens: 0, totalTokens: 0, details },
    ...counts,
  }
}

const MILLION = 1_000_000

test('[PRC-05] each class of tokens costs its own rate', () => {
  const all: Rates = {
    ...{ input: 1_000, inputAudio: 10_000, inputImage: 100_000, inputVideo: 1_000_000 },
    ...{ cachedInput: 100, cachedInputAudio: 200 },
    ...{ output: 2_000, thoughts: 20_000, outputAudio: 200_000, outputImage: 2_000_000 },
    ...{ groundedPrompt: 35, searchQuery: 14, request: 3, item: 40 },
  }
  const cost = (counts: Partial<Quantities>, details?: QuantityDetails): number =>
    costOf(all, used(counts, details), 'standard') - 3
  const whole = { promptTokens: MILLION }
  assert.equal(cost({}), 0)
  assert.equal(cost(whole), 1_000)
  assert.equal(cost(whole, { 'prompt.AUDIO': MILLION }), 10_000)
  assert.equal(cost(whole, { 'prompt.IMAGE': MILLION }), 100_000)
  assert.equal(cost(whole, { 'prompt.DOCUMENT': MILLION }), 100_000)
  assert.equal(cost(whole, { 'prompt.VIDEO': MILLION }), 1_000_000)
  assert.equal(cost({ ...whole, cachedTokens: MILLION }), 100)
  assert.equal(cost({ ...whole, cachedTokens: MILLION / 2 }), 550)
  const cachedSound = { 'prompt.AUDIO': MILLION, 'cached.AUDIO': MILLION / 2 }
  assert.equal(cost({ ...whole, cachedTokens: MILLION / 2 }, cachedSound), 5_000 + 100)
  assert.equal(cost({ candidatesTokens: MILLION }), 2_000)
  assert.equal(cost({ thoughtsTokens: MILLION }), 20_000)
  assert.equal(cost({ candidatesTokens: MILLION }, { 'candidates.AUDIO': MILLION }), 200_000)
  assert.equal(cost({ candidatesTokens: MILLION }, { 'candidates.IMAGE': MILLION }), 2_000_000)
  assert.equal(cost({ toolUsePromptTokens: MILLION }), 1_000)
  assert.equal(cost({ toolUsePromptTokens: MILLION }, { 'toolUse.AUDIO': MILLION }), 10_000)
  assert.equal(cost({}, { groundedPrompts: 1, searchQueries: 3, items: 2 }), 35 + 42 + 80)
})

test('[PRC-05] what has no rate of its own costs what text costs', () => {
  const everything = used(
    { promptTokens: 400, candidatesTokens: 300, thoughtsTokens: 5, cachedTokens: 100 },
    { 'prompt.AUDIO': 100, 'prompt.VIDEO': 100, 'cached.AUDIO': 100, 'candidates.IMAGE': 300 },
  )
  assert.equal(costOf({ input: MILLION, output: 2 * MILLION }, everything, 'standard'), 400 + 600 + 10)
  // Cached sound is cached text before it is sound.
  assert.equal(
    costOf(
      { input: MILLION, cachedInput: MILLION / 10, inputAudio: 9 * MILLION, output: 0 },
      everything,
      'standard',
    ),
    200 + 100 + 10,
  )
})

test('[PRC-05] a long prompt changes every rate, from the first token above on', () => {
  const long: Rates = {
    ...{ input: MILLION, cachedInput: 0, output: 8 * MILLION, inputAudio: 5 * MILLION },
    longContext: { abovePromptTokens: 200_000, input: 2 * MILLION, output: 12 * MILLION },
  }
  const cost = (promptTokens: number) => costOf(long, used({ promptTokens, candidatesTokens: 1 }), 'standard')
  assert.equal(cost(200_000), 200_000 + 8)
  assert.equal(cost(200_001), 400_002 + 12)
  const cached = used({ promptTokens: 200_001, cachedTokens: 200_001 })
  assert.equal(costOf(long, cached, 'standard'), 400_002, 'the long section takes nothing from the short one')
  const tools = used({ promptTokens: 200_000, toolUsePromptTokens: 200_000 })
  assert.equal(costOf(long, tools, 'standard'), 400_000, 'only the prompt makes it long')
})

test('[PRC-05] a tier is a percent of the token rates, cached input may have its own, pieces have none', () => {
  const tiered: Rates = {
    ...{ input: 1_000, cachedInput: 100, output: 10_000, searchQuery: 14, item: 40, request: 7 },
    tierPercent: { batch: 50, priority: 180 },
    cachedTierPercent: { batch: 100 },
  }
  const half = { promptTokens: 2 * MILLION, cachedTokens: MILLION, candidatesTokens: MILLION }
  const cost = (tier: Tier) => costOf(tiered, used(half, { searchQueries: 1, items: 1 }), tier) - 61
  assert.equal(cost('standard'), 11_100)
  assert.equal(cost('batch'), 5_500 + 100)
  assert.equal(cost('flex'), 11_100)
  assert.equal(cost('priority'), 19_980)
})

test('[PRC-02] a cost is rounded once, upwards, and never through a double', () => {
  assert.equal(costOf(RATES, used({ promptTokens: 1 }), 'standard'), 300)
  assert.equal(costOf({ input: 1, output: 1 }, used({ promptTokens: 1 }), 'standard'), 1)
  const three = used({ promptTokens: 1, candidatesTokens: 1, thoughtsTokens: 1 })
  assert.equal(costOf({ input: 400_000, output: 300_000 }, three, 'standard'), 1, 'three parts, one rounding')
  assert.equal(costOf({ input: 400_000, output: 300_001 }, three, 'standard'), 2)
  const large: Rates = { input: 999_999_999, output: 0 }
  assert.equal(
    costOf(large, used({ promptTokens: 9_007_199_254_740_991 }), 'standard'),
    Number.MAX_SAFE_INTEGER,
  )
  // As doubles, these two and a division round down to 8,888,947,125,718.
  const near = used({ promptTokens: 1_000_005_502 })
  assert.equal(costOf({ input: 8_888_898_219, output: 0 }, near, 'standard'), 8_888_947_125_719)
})

test('[PRC-02] equals rational arithmetic by hand, and is never negative', () => {
  fc.assert(
    fc.property(rates, quantities(3_000_000, 200_000), tiers, (some, use, tier) => {
      const cost = costOf(some, use, tier)
      assert.ok(Number.isSafeInteger(cost) && cost >= 0)
      const exact = costByHand(some, use, tier)
      const most = BigInt(Number.MAX_SAFE_INTEGER)
      assert.equal(BigInt(cost), exact > most ? most : exact)
    }),
    { numRuns: 500 },
  )
})

test('[PRC-02] prices k times as high cost k times as much, but for the rounding', () => {
  const scaled = (value: unknown, k: number, name = ''): unknown => {
    if (typeof value === 'number')
      return /Max$|^abovePromptTokens$|^batch$|^flex$|^priority$/.test(name) ? value : value * k
    return Object.fromEntries(
      Object.entries(value as object).map(([key, item]) => [key, scaled(item, k, key)]),
    )
  }
  fc.assert(
    fc.property(
      ...([rates, quantities(1_000_000, 60_000), tiers, fc.integer({ min: 2, max: 9 })] as const),
      (some, use, tier, k) => {
        const cost = BigInt(costOf(some, use, tier))
        const much = BigInt(costOf(scaled(some, k) as Rates, use, tier))
        if (much === BigInt(Number.MAX_SAFE_INTEGER)) return
        assert.ok(much <= cost * BigInt(k) && much > (cost - 1n) * BigInt(k), `${cost} × ${k} is not ${much}`)
      },
    ),
    { numRuns: 300 },
  )
})

const COUNTS = ['promptTokens', 'candidatesTokens', 'thoughtsTokens', 'toolUsePromptTokens'] as const

test('[PRC-02] more tokens never cost less, and two requests cost what one of both does', () => {
  const flat = rates.map(({ longContext: _long, request: _request, ...rest }) => rest as Rates)
  const counts = fc.record({
    promptTokens: fc.integer({ min: 0, max: 1_000_000 }),
    candidatesTokens: fc.integer({ min: 0, max: 60_000 }),
    thoughtsTokens: fc.integer({ min: 0, max: 60_000 }),
    toolUsePromptTokens: fc.integer({ min: 0, max: 60_000 }),
  })
  fc.assert(
    fc.property(flat, counts, counts, tiers, (some, left, right, tier) => {
      const both = Object.fromEntries(COUNTS.map((name) => [name, left[name] + right[name]]))
      const one = costOf(some, used(left), tier)
      const other = costOf(some, used(right), tier)
      const sum = costOf(some, used(both), tier)
      assert.ok(sum >= one && sum >= other)
      assert.ok(sum <= one + other && sum >= one + other - 1, `${one} + ${other} is not ${sum}`)
    }),
    { numRuns: 300 },
  )
})

test('[PRC-05] a part is cut to its whole', () => {
  const sound: Rates = {
    input: MILLION,
    inputAudio: 10 * MILLION,
    cachedInput: 0,
    output: 0,
    outputImage: MILLION,
  }
  const cost = (counts: Partial<Quantities>, details?: QuantityDetails) =>
    costOf(sound, used(counts, details), 'standard')
  assert.equal(cost({ promptTokens: 5 }, { 'prompt.AUDIO': 3, 'prompt.VIDEO': 9 }), 32)
  assert.equal(cost({ promptTokens: 5 }, { 'prompt.AUDIO': 50 }), 50)
  assert.equal(cost({ promptTokens: 5, cachedTokens: 7 }), 0)
  assert.equal(cost({ promptTokens: 5, cachedTokens: 5 }, { 'prompt.AUDIO': 5 }), 0, 'all of it is placed')
  assert.equal(cost({ promptTokens: 5, cachedTokens: 2 }, { 'prompt.AUDIO': 3, 'cached.AUDIO': 9 }), 12)
  assert.equal(cost({ candidatesTokens: 2 }, { 'candidates.IMAGE': 7 }), 2)
  assert.equal(cost({}, { 'prompt.AUDIO': 7, 'toolUse.AUDIO': 7, 'cached.AUDIO': 1 }), 0)
  const broken = {
    promptTokens: Number.NaN,
    cachedTokens: -1,
    candidatesTokens: 0.5,
    thoughtsTokens: -Infinity,
  }
  assert.equal(cost(broken, { 'prompt.AUDIO': -3, items: Number.NaN }), 0)
})

const NEED: Need = {
  ...{ promptTokensMax: 1_000, outputTokensMax: 100, candidates: 1, items: 0, mayGround: false },
  tier: 'standard',
}

test('[PRC-03] the bound takes the dearest that may apply', () => {
  const bound = (some: Partial<Rates>, need: Partial<Need> = {}) =>
    boundOf({ input: MILLION, output: 2 * MILLION, ...some }, { ...NEED, ...need })
  assert.equal(bound({}), 1_000 + 200)
  assert.equal(bound({ inputAudio: 3 * MILLION }), 3_000 + 200)
  assert.equal(bound({ inputAudio: 3 * MILLION, cachedInputAudio: 4 * MILLION }, { isTextOnly: true }), 1_200)
  assert.equal(bound({ outputImage: 9 * MILLION }), 1_000 + 900)
  assert.equal(bound({}, { candidates: 3 }), 1_000 + 600)
  const long = { longContext: { abovePromptTokens: 999, input: 5 * MILLION, output: 7 * MILLION } }
  assert.equal(bound(long), 5_000 + 700)
  assert.equal(bound(long, { promptTokensMax: 999 }), 999 + 200)
  assert.equal(bound({ tierPercent: { batch: 50 } }, { tier: 'batch' }), 600)
  const full = { tierPercent: { batch: 1 }, cachedTierPercent: { batch: 100 }, cachedInput: MILLION / 2 }
  assert.equal(bound(full, { tier: 'batch', outputTokensMax: 0 }), 500, 'cached input may be the dearest')
  const sound = { tierPercent: { batch: 1 }, cachedTierPercent: { batch: 100 }, inputAudio: 10 * MILLION }
  assert.equal(bound(sound, { tier: 'batch', outputTokensMax: 0 }), 10_000, 'and it may be audio')
  const pieces = { groundedPrompt: 35, searchQuery: 14, request: 3, item: 40 }
  assert.equal(bound(pieces, { items: 2 }), 1_200 + 83)
  assert.equal(bound(pieces, { mayGround: true }), 1_200 + 3 + 35 + 14 * SEARCH_QUERIES_RESERVED)
})

test('[PRC-03] a request without limits is bound by what the model takes and gives', () => {
  const open = { ...NEED, promptTokensMax: undefined, outputTokensMax: undefined }
  const some: Rates = { input: MILLION, output: 2 * MILLION }
  assert.equal(boundOf(some, open), 1_048_576 + 2 * 131_072)
  assert.equal(boundOf({ ...some, inputTokensMax: 10, outputTokensMax: 8_192 }, open), 10 + 2 * 8_192)
  const huge = { ...NEED, promptTokensMax: Number.MAX_SAFE_INTEGER, candidates: 8 }
  assert.equal(boundOf({ input: 9_000_000_000, output: 0 }, huge), Number.MAX_SAFE_INTEGER)
})

test('[PRC-03] no use within the need costs more than the bound', () => {
  fc.assert(
    fc.property(
      ...([rates, quantities(1_500_000, 60_000), tiers, fc.integer({ min: 1, max: 4 })] as const),
      (some, use, tier, candidates) => {
        const output = use.candidatesTokens + use.thoughtsTokens
        const need: Need = {
          promptTokensMax: use.promptTokens + use.toolUsePromptTokens,
          outputTokensMax: Math.ceil(output / candidates),
          ...{ candidates, items: use.details?.items ?? 0, tier },
          mayGround: use.details?.groundedPrompts === 1 || (use.details?.searchQueries ?? 0) > 0,
          isTextOnly: use.details === undefined,
        }
        assert.ok(costOf(some, use, tier) <= boundOf(some, need))
        const wider = { ...need, promptTokensMax: need.promptTokensMax! + 1, items: need.items + 1 }
        assert.ok(boundOf(some, need) <= boundOf(some, wider), 'needing more never bounds less')
      },
    ),
    { numRuns: 500 },
  )
})
