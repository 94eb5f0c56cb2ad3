import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import type { Claim, ClaimState, Counters, Taken } from '../nouns/counters.ts'
import type { Limits } from '../nouns/directory.ts'
import { CALLER, callOf, fails, settlementOf } from '../nouns.fixture.ts'
import type { Call, Caller, Hold, RequestFacts, Settlement } from '../nouns.ts'
import { createLimits } from './limits.ts'

/** Counters that write down what they are told, and answer as the test says. */
function rig(answer: (claims: readonly Claim[]) => Taken | Promise<Taken> = grant) {
  const claims: Claim[] = []
  const ids: string[] = []
  const returned: unknown[] = []
  const counters: Counters = {
    isDegraded: false,
    take: (wanted, id) => {
      claims.push(...wanted)
      ids.push(id)
      return answer(wanted)
    },
    giveBack: (...given) => returned.push(given),
    close: async () => undefined,
  }
  const policy = createLimits(counters)
  const ask = (call: Call, caller: Caller) => policy(call, caller, [])
  return { ask, claims, ids, returned }
}

function grant(claims: readonly Claim[]): Taken {
  return { granted: true, ticket: 'ticket', states: claims.map((claim) => stateOf(claim)) }
}

function stateOf(claim: Claim, remaining = claim.max - claim.amount, resetMs = 60_500): ClaimState {
  return { claim, remaining, resetMs }
}

const callerOf = (limits: Limits, project?: Limits): Caller => ({
  ...CALLER,
  limits,
  project: project && { id: 'p', name: 'a project', limits: project },
})

const factsOf = (facts: Partial<RequestFacts>): Call =>
  callOf({ facts: { ...callOf().facts, bodyBytes: 400, mediaBytes: 0, mediaParts: 0, ...facts } })

const short = (claims: readonly Claim[]) =>
  claims.map(({ scope, kind, max, amount }) => `${scope} ${kind} ${amount}/${max}`)

test('[LIM-01] nobody is asked for a key without limits, and nothing is waited for', () => {
  const { ask, ids } = rig()
  assert.equal(ask(callOf(), CALLER), undefined)
  assert.equal(ask(callOf(), callerOf({}, {})), undefined)
  assert.deepEqual(ids, [])
})

test('[LIM-02] the limits of the key and of its project are asked in one step', () => {
  const { ask, claims, ids } = rig()
  const limits = { requestsPerMinute: 60, requestsPerDay: 1_000, concurrentRequests: 5 }
  const hold = ask(callOf({ id: 'r' }), callerOf(limits, { ...limits, requestsPerMinute: 90 }))
  assert.ok(!(hold instanceof Promise))
  assert.deepEqual(ids, ['r'])
  assert.deepEqual(short(claims), [
    'key:k requestsPerMinute 1/60',
    'key:k requestsPerDay 1/1000',
    'key:k concurrentRequests 1/5',
    'project:p requestsPerMinute 1/90',
    'project:p requestsPerDay 1/1000',
    'project:p concurrentRequests 1/5',
  ])
})

const TOKENS = { tokensPerMinute: 50_000, tokensPerDay: 10_000_000 }
const amount = (call: Call, limits: Limits = TOKENS) => {
  const { ask, claims } = rig()
  ask(call, callerOf(limits))
  return claims.map((claim) => claim.amount)
}

test('[LIM-03] tokens are estimated from the prompt and from what may be made of it', () => {
  assert.deepEqual(amount(factsOf({})), [4_196, 4_196])
  assert.deepEqual(amount(factsOf({ maxOutputTokens: 50, candidateCount: 2 })), [200, 200])
  assert.deepEqual(amount(factsOf({ maxOutputTokens: 0 })), [100, 100])
  assert.deepEqual(amount({ ...factsOf({}), verb: 'streamGenerateContent' }), [4_196, 4_196])
  for (const verb of ['embedContent', 'batchEmbedContents', 'predict'] as const) {
    assert.deepEqual(amount({ ...factsOf({}), verb }), [100, 100], verb)
  }
})

test('[LIM-03] an output bound beyond the whole limit is cut to it, one that is no number counts as none', () => {
  assert.deepEqual(amount(factsOf({ maxOutputTokens: 65_536 })), [50_000, 65_636])
  assert.deepEqual(amount(factsOf({ maxOutputTokens: 2 ** 53 - 1, candidateCount: 8 })), [50_000, 10_000_000])
  for (const odd of [Number.NaN, -5, 1.5, Number.POSITIVE_INFINITY]) {
    assert.deepEqual(amount(factsOf({ maxOutputTokens: odd, candidateCount: odd })), [4_196, 4_196])
  }
})

test('[LIM-05] a prompt that is larger than the whole limit is refused for good, and takes nothing', () => {
  for (const [limits, words] of [
    [callerOf({ tokensPerMinute: 99 }), /about 100 tokens, and this key may use 99 at once/],
    [callerOf({}, { tokensPerDay: 99 }), /about 100 tokens, and this key's project may use 99 at once/],
  ] as const) {
    const { ask, ids } = rig()
    assert.throws(() => ask(factsOf({}), limits), fails('invalid_argument', words))
    assert.deepEqual(ids, [])
  }
  assert.deepEqual(amount(factsOf({}), { tokensPerMinute: 100 }), [100])
})

test('[LIM-03] counting tokens is a request and uses none', () => {
  const { ask, claims } = rig()
  ask({ ...factsOf({}), verb: 'countTokens' }, callerOf({ ...TOKENS, requestsPerMinute: 5 }))
  assert.deepEqual(short(claims), ['key:k requestsPerMinute 1/5'])
  assert.equal(ask({ ...factsOf({}), verb: 'countTokens' }, callerOf({ tokensPerDay: 1 })), undefined)
})

const used = async (settlement: Partial<Settlement>) => {
  const { ask, returned } = rig()
  const hold = (await ask(callOf(), callerOf({ requestsPerMinute: 9 }))) as Hold
  hold.release(settlementOf(settlement))
  return returned
}

test('[LIM-03] [LIM-04] the end gives back what was taken and says what was used', async () => {
  const cases: readonly [Partial<Settlement>, number | undefined][] = [
    [{ usage: { totalTokenCount: 42 }, usageSource: 'final' }, 42],
    [
      {
        usage: {
          promptTokenCount: 7,
          candidatesTokenCount: 2,
          thoughtsTokenCount: 3,
          toolUsePromptTokenCount: 1,
        },
      },
      13,
    ],
    [{ usage: { promptTokenCount: 7, totalTokenCount: -1, candidatesTokenCount: Number.NaN } }, 7],
    [{ usage: undefined, outcome: 'upstream_error', attempts: 3 }, 0],
    [{ usage: undefined, outcome: 'refused', attempts: 0 }, undefined],
    [{ usage: undefined, outcome: 'client_gone', attempts: 0 }, undefined],
  ]
  for (const [settlement, tokens] of cases) assert.deepEqual(await used(settlement), [['ticket', tokens]])
})

test('[LIM-06] an answer tells the tighter limit of requests and of tokens, and all of them by the draft', async () => {
  const left: Readonly<Record<string, number>> = {
    requestsPerMinute: 3,
    requestsPerDay: 2,
    tokensPerMinute: 40,
    tokensPerDay: 41,
  }
  const { ask } = rig(async (claims) => ({
    granted: true,
    ticket: 'ticket',
    states: claims.map((claim) =>
      stateOf(claim, left[claim.kind] ?? 0, claim.kind.endsWith('Day') ? 86_400_100 : 60_500),
    ),
  }))
  const limits = { requestsPerMinute: 60, requestsPerDay: 100, concurrentRequests: 5, ...TOKENS }
  const hold = await ask(factsOf({}), callerOf(limits, { requestsPerMinute: 90 }))
  assert.deepEqual(hold?.headers, {
    'ratelimit-policy':
      '"rpm";q=60;w=60, "rpd";q=100;w=86400, "tpm";q=50000;w=60, "tpd";q=10000000;w=86400, "project-rpm";q=90;w=60',
    ratelimit:
      '"rpm";r=3;t=61, "rpd";r=2;t=86401, "tpm";r=40;t=61, "tpd";r=41;t=86401, "project-rpm";r=3;t=61',
    'x-ratelimit-limit-requests': '100',
    'x-ratelimit-remaining-requests': '2',
    'x-ratelimit-reset-requests': '24h0m1s',
    'x-ratelimit-limit-tokens': '50000',
    'x-ratelimit-remaining-tokens': '40',
    'x-ratelimit-reset-tokens': '1m1s',
  })
})

test('[LIM-06] requests at once have no header', async () => {
  const hold = await rig().ask(callOf(), callerOf({ concurrentRequests: 5 }))
  assert.deepEqual(hold?.headers, {})
})

test('[LIM-05] a refusal is thrown, at once or when the shared counters have answered', async () => {
  const refuse = (claims: readonly Claim[]): Taken => ({
    granted: false,
    refused: stateOf(claims[0]!, 0),
    retryAfterMs: 44_120,
  })
  const caller = callerOf({ requestsPerMinute: 60 })
  assert.throws(() => rig(refuse).ask(callOf(), caller), fails('resource_exhausted'))
  const later = rig(async (claims) => refuse(claims)).ask(callOf(), caller)
  await assert.rejects(Promise.resolve(later), (error) => error instanceof GatewayError && error.http === 429)
})
