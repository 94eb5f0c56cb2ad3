/** What Google says beside a 429, in bodies as they were seen, and what nobody should obey. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RetryHint } from '../../nouns/retry.ts'
import { callOf } from '../../nouns.fixture.ts'
import { answerOf, play } from '../http/testing.fixture.ts'
import { nativeProtocol } from './protocol.ts'
import { retryHintOf } from './retry-hint.ts'

const RPC = 'type.googleapis.com/google.rpc.'
const retryInfo = (retryDelay: unknown) => ({ '@type': `${RPC}RetryInfo`, retryDelay })
const quota = (...quotaIds: string[]) => ({
  '@type': `${RPC}QuotaFailure`,
  violations: quotaIds.map((quotaId) => ({ quotaMetric: 'm', quotaId })),
})
const limited = (...details: unknown[]) => ({
  error: { code: 429, message: 'Quota exceeded.', status: 'RESOURCE_EXHAUSTED', details },
})
const hint = (afterMs: number | undefined, scope?: RetryHint['scope'], isDaily = false): RetryHint => ({
  afterMs,
  scope,
  isDaily,
  ...(isDaily && { dayEnds: 'pacific-midnight' as const }),
})

const PER_MINUTE = 'GenerateContentInputTokensPerModelPerMinute-FreeTier'
const PER_DAY = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier'
const ALL_MODELS = 'GenerateRequestsPerMinutePerProject'
const A_DAY = { ...quota('X'), violations: [{ quotaId: 'RequestsPerDay', quotaDimensions: { model: 'm' } }] }

const HINTS: readonly [name: string, body: unknown, headers: Record<string, string>, hint: RetryHint][] = [
  ['U19 seconds', limited(retryInfo('2s')), {}, hint(2_000)],
  ['U19 parts of a second', limited(retryInfo('34.074824224s')), {}, hint(34_075)],
  ['U19 of one model', limited(quota(PER_MINUTE), retryInfo('34.4s')), {}, hint(34_400, 'model')],
  ['U19 the error in an array', [limited(retryInfo('2s'))], {}, hint(2_000)],
  ['U19 of all models', limited(quota(ALL_MODELS)), { 'retry-after': '7' }, hint(7_000, 'credential')],
  ['U19 of one and of all', limited(quota(PER_MINUTE, ALL_MODELS)), {}, hint(undefined, 'credential')],
  ['U19 body before header', limited(retryInfo('2s')), { 'retry-after': '9' }, hint(2_000)],
  ['U21 the day', limited(quota(PER_MINUTE, PER_DAY), retryInfo('3s')), {}, hint(3_000, 'model', true)],
  ['U21 a model by its dimension', limited(A_DAY), {}, hint(undefined, 'model', true)],
  ['U22 nothing', limited(), {}, hint(undefined)],
  ['U22 no body', undefined, {}, hint(undefined)],
  ['U20 absurd, header sane', limited(retryInfo('-5s')), { 'retry-after': '3' }, hint(3_000)],
]
for (const [name, body, headers, expected] of HINTS) {
  test(`${name} [NEV-30]`, () => assert.deepEqual(retryHintOf(headers, body), expected))
}

const ABSURD = [
  '9999999999s',
  '-5s',
  'abc',
  '1e9s',
  '1e3s',
  'NaNs',
  'Infinitys',
  '',
  's',
  '2',
  '2 s',
  '0x10s',
]
const NO_DELAYS: readonly unknown[] = [
  ...ABSURD,
  '999999999s',
  5,
  null,
  { seconds: 5 },
  ['5s'],
  '1.2.3s',
  '+5s',
]
for (const delay of NO_DELAYS) {
  test(`U20 ${JSON.stringify(delay)} is no delay [NEV-30]`, () => {
    assert.equal(retryHintOf({}, limited(retryInfo(delay))).afterMs, undefined)
  })
}
for (const header of [
  '120s',
  '-5',
  'soon',
  '1e9',
  '',
  ' ',
  'NaN',
  '0x10',
  '999999999999',
  '2026-11-20',
  '5, 6',
]) {
  test(`U20 Retry-After ${JSON.stringify(header)} is no delay [NEV-30]`, () => {
    assert.equal(retryHintOf({ 'retry-after': header }, undefined).afterMs, undefined)
  })
}

test('U19 Retry-After may be a date [NEV-30]', () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString()
  const { afterMs = 0 } = retryHintOf({ 'retry-after': inAMinute }, undefined)
  assert.ok(afterMs > 55_000 && afterMs <= 60_000)
  assert.equal(retryHintOf({ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, undefined).afterMs, 0)
  assert.equal(retryHintOf({ 'retry-after': 'Sun, 06 Nov 2994 08:49:37 GMT' }, undefined).afterMs, undefined)
})

test('U20 whatever stands in the details, a hint is a time within a day or nothing [NEV-30]', () => {
  const detail = fc.record(
    { retryDelay: fc.anything(), violations: fc.anything(), reason: fc.anything() },
    { requiredKeys: [] },
  )
  const body = fc.oneof(
    fc.anything(),
    fc.array(fc.oneof(detail, fc.anything())).map((details) => limited(...details)),
    fc.anything().map((details) => ({ error: { message: 'm', details } })),
    fc.double().map((seconds) => limited(retryInfo(`${seconds}s`))),
  )
  fc.assert(
    fc.property(body, fc.string(), (given, header) => {
      const { afterMs, isDaily } = retryHintOf({ 'retry-after': header }, given)
      assert.equal(typeof isDaily, 'boolean')
      if (afterMs !== undefined) assert.ok(Number.isInteger(afterMs) && afterMs >= 0 && afterMs <= 90_000_000)
    }),
    { numRuns: 500 },
  )
})

const native = (delivery: 'unary' | 'sse' | 'array' = 'unary') => nativeProtocol('up', callOf({ delivery }))
const JSON_TYPE = 'content-type: application/json'

test('U19 a 429 goes on byte for byte, with a header that says the same as its body [NEV-30]', async () => {
  const body = JSON.stringify(limited(retryInfo('1.2s'), quota(PER_MINUTE)), undefined, 2)
  const played = await play({ protocol: native(), answer: answerOf(body, [JSON_TYPE], 429) })
  assert.equal(played.status, 429)
  assert.equal(played.text, body)
  assert.equal(played.headers['retry-after'], '2')
  assert.deepEqual(played.hint, hint(1_200, 'model'))
  assert.ok(played.retryable)
})

test('U20 a header that could not be meant is not passed on [NEV-30]', async () => {
  const headers = [JSON_TYPE, 'retry-after: 9999999999']
  const played = await play({ protocol: native(), answer: answerOf('{}', headers, 503) })
  assert.equal(played.headers['retry-after'], undefined)
  assert.deepEqual(played.hint, hint(undefined))
})

for (const delivery of ['unary', 'sse', 'array'] as const) {
  test(`U22 ${delivery}: a 429 that is no JSON is a 429 all the same [NEV-30]`, async () => {
    const headers = ['content-type: text/html', 'retry-after: 4']
    const answer = answerOf('<h1>Too Many Requests</h1>', headers, 429)
    const { status, text, hint: told, headers: shown } = await play({ protocol: native(delivery), answer })
    assert.equal(status, 429)
    const [body] = [JSON.parse(text)].flat()
    assert.deepEqual([body.error.code, body.error.status], [429, 'RESOURCE_EXHAUSTED'])
    assert.deepEqual(body.error.details, [retryInfo('4s')])
    assert.deepEqual(told, hint(4_000))
    assert.deepEqual(shown, { 'content-length': '26', 'retry-after': '4' })
  })
}

test('U23 a 503 that is no JSON says when to come back [NEV-30]', async () => {
  const answer = answerOf('busy', ['retry-after: 4'], 503)
  const { error, hint: told } = await play({ protocol: native(), answer })
  assert.equal(error?.code, 'upstream_unavailable')
  assert.deepEqual(told, hint(4_000))
  assert.deepEqual(error?.headers, { 'retry-after': '4' })
  assert.deepEqual(error?.details, [retryInfo('4s')])
})

test('U17 a wrong key of ours is found inside a 400 or a 200, whatever else stands there [NEV-31]', async () => {
  const error = {
    code: 400,
    message: 'm',
    details: [null, 7, { reason: ['x'] }, { reason: 'API_KEY_INVALID' }],
  }
  const refused = answerOf(JSON.stringify({ error }), [JSON_TYPE], 400)
  assert.equal(
    (await play({ protocol: native(), answer: refused })).error?.code,
    'upstream_refused_credential',
  )
  const inside = answerOf(`data: ${JSON.stringify({ error })}\n\n`, ['content-type: text/event-stream'])
  assert.equal(
    (await play({ protocol: native('sse'), answer: inside })).error?.code,
    'upstream_refused_credential',
  )
})
