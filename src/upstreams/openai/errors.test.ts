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
  [{ 'retry-after': '999999999' }, undefined],
  [{}, undefined],
]
for (const [headers, ms] of WAITS) {
  test(`[TRN-15] ${JSON.stringify(headers)} means to wait ${ms} ms`, () => {
    assert.equal(retryAfterMs(429, headers), ms)
  })
}
