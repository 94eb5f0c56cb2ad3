import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { messageOf, readRefusal, retryAfterMs } from './errors.ts'
import { says, startRig } from './testing.fixture.ts'

test("[TRN-15] an error comes back with Google's status, the provider's text and when to retry", async () => {
  const rig = await startRig()
  rig.reply({
    status: 429,
    headers: { 'retry-after': '7' },
    body: { error: { message: 'Too fast.', type: 'requests', code: 'rate_limit_exceeded' } },
  })
  const { status, chunks } = await rig.send(says('hi'))
  assert.equal(status, 429)
  const { error } = chunks[0] as unknown as { error: { status: string; message: string; details: object[] } }
  assert.equal(error.status, 'RESOURCE_EXHAUSTED')
  assert.equal(error.message, 'Too fast.')
  assert.ok(JSON.stringify(error.details).includes('"retryDelay":"7s"'))
  assert.ok(JSON.stringify(error.details).includes('rate_limit_exceeded'))
})

test('[TRN-15] a refused credential is not told to the client', async () => {
  const rig = await startRig()
  rig.reply({ status: 401, body: { error: { message: 'Incorrect API key provided: the-key' } } })
  await assert.rejects(rig.send(says('hi')), (error: Error) => {
    assert.ok(fails('upstream_refused_credential')(error))
    return !error.message.includes('Incorrect')
  })
})

const CREDENTIALS: readonly [status: number, body: unknown, isCredential: boolean][] = [
  [401, { error: { message: 'no' } }, true],
  [403, { error: { message: 'You do not have access.' } }, true],
  [403, { error: { message: 'Your input was flagged', metadata: { reasons: ['violence'] } } }, false],
  [400, { code: 'bad', error: 'Incorrect API key provided: xa***.' }, true],
  [400, { error: { code: 'invalid_api_key', message: 'no' } }, true],
  [400, { error: { message: "Unknown parameter: 'api'" } }, false],
]
for (const [status, body, expected] of CREDENTIALS) {
  test(`[TRN-15] ${status} ${JSON.stringify(body)} is ${expected ? '' : 'not '}about the credential`, () => {
    assert.equal(readRefusal(status, {}, body).isCredential ?? false, expected)
  })
}

const TEXTS: readonly [body: unknown, text: string][] = [
  [{ error: { message: 'm' } }, 'm'],
  [{ error: 'm' }, 'm'],
  [{ message: 'm' }, 'm'],
  [[{ error: { message: 'm' } }], 'm'],
  [{ detail: 'm' }, 'm'],
  [{ detail: [{ loc: ['body', 'n'], msg: 'too large' }] }, 'body.n: too large'],
  [{ error: { message: 'Provider returned error', metadata: { raw: 'm' } } }, 'Provider returned error m'],
  ['m', 'm'],
  [undefined, ''],
  [null, ''],
]
for (const [body, text] of TEXTS) {
  test(`[TRN-15] the text of ${JSON.stringify(body)}`, () => assert.equal(messageOf(body), text))
}

const WAITS: readonly [headers: Record<string, string>, ms: number | undefined][] = [
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after-ms': '150' }, 150],
  [{ 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-reset-tokens': '17ms' }, 360_000],
  [
    {
      'x-ratelimit-reset-requests': '6m0s',
      'x-ratelimit-remaining-requests': '5',
      'x-ratelimit-reset-tokens': '1.5s',
      'x-ratelimit-remaining-tokens': '0',
    },
    1_500,
  ],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-5' }, undefined],
  [{ 'retry-after': '1e9' }, undefined],
  [{ 'retry-after': '120s' }, undefined],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'soon', 'retry-after-ms': '20' }, 20],
  [{ 'retry-after-ms': '-1', 'retry-after': '3' }, 3_000],
  [{ 'x-ratelimit-reset-requests': '1s' }, 1_000],
  [{ 'x-ratelimit-reset-requests': '8.64s', 'x-ratelimit-reset-tokens': '2' }, 8_640],
  [{ 'x-ratelimit-reset-requests': '-1s' }, undefined],
  [{ 'x-ratelimit-reset-requests': '1s nonsense' }, undefined],
  [{ 'x-ratelimit-reset-requests': '99999d' }, undefined],
  [{ 'x-ratelimit-reset-requests': '1s'.repeat(5_000) }, undefined],
  [{ 'x-ratelimit-reset': '99999999999999' }, undefined],
  [{ 'x-ratelimit-reset': '1000000000' }, 0],
  [{ 'retry-after': '999999999' }, undefined],
  [{}, undefined],
]
for (const [headers, ms] of WAITS) {
  test(`[TRN-15] [NEV-30] U19 U20 ${JSON.stringify(headers).slice(0, 100)} means to wait ${ms} ms`, () => {
    assert.equal(retryAfterMs(429, headers), ms)
  })
}

const SPENT: readonly [name: string, status: number, error: object, hint: object][] = [
  [
    'U21 all that was paid for',
    429,
    { code: 'insufficient_quota', message: 'You exceeded your current quota' },
    { afterMs: 3_000, scope: 'credential', isDaily: true },
  ],
  ['U21 no money', 402, { message: 'm' }, { afterMs: 3_000, scope: 'credential', isDaily: true }],
  [
    'U21 the share of a day',
    429,
    { code: 'rate_limit_exceeded', message: 'Rate limit reached for m on requests per day (RPD): Limit 200' },
    { afterMs: 3_000, scope: undefined, isDaily: true },
  ],
  [
    'U19 the share of a minute',
    429,
    { code: 'rate_limit_exceeded', message: 'Rate limit reached for m on requests per min (RPM): Limit 3' },
    { afterMs: 3_000, scope: undefined, isDaily: false },
  ],
  ['U23 busy', 503, { message: 'per day' }, { afterMs: 3_000, scope: undefined, isDaily: false }],
]
for (const [name, status, error, hint] of SPENT) {
  test(`[NEV-30] ${name} is told apart, and the client is told when to come back`, async () => {
    const rig = await startRig()
    rig.reply({ status, headers: { 'retry-after': '3' }, body: { error } })
    const answer = await rig.send(says('hi'))
    assert.deepEqual(answer.hint, hint)
    assert.ok(answer.retryable)
    assert.equal(answer.headers['retry-after'], '3')
    assert.ok(JSON.stringify(answer.chunks[0]).includes('"retryDelay":"3s"'))
  })
}
