import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { How } from './testing.fixture.ts'
import { startNative } from './testing.fixture.ts'

const rig = await startNative()
const ASKED = '{"model":"gpt-4o"}'

async function refuse(status: number, body: string, headers: Record<string, string> = {}, how: How = {}) {
  rig.play({ status, pieces: [body], headers })
  return rig.ask('openai-chat', ASKED, how)
}

const TOO_LONG = `{"error": {"message":"too long","type":"invalid_request_error","param":null,
  "code":"context_length_exceeded", "limit":12345678901234567890}}\n`

test('[ONW-ERROR-01] an error passes with its status and every byte', async () => {
  for (const status of [400, 404, 409, 413, 422]) {
    const { text, ...heard } = await refuse(status, TOO_LONG)
    assert.deepEqual([heard.status, heard.wire, heard.retryable], [status, 'openai-chat', false])
    assert.equal(text, TOO_LONG)
    assert.equal(heard.hint, undefined)
  }
  for (const status of [500, 502, 503, 529]) {
    const { text, ...heard } = await refuse(status, '{"error":{"message":"busy"}}')
    assert.deepEqual([heard.status, heard.retryable, text], [status, true, '{"error":{"message":"busy"}}'])
  }
})

test('[ONW-ERROR-01] an error of a stream is JSON', async () => {
  const how: How = { verb: 'streamGenerateContent', delivery: 'sse' }
  const { headers, text } = await refuse(400, TOO_LONG, { 'content-type': 'application/json; v=1' }, how)
  assert.deepEqual([headers['content-type'], text], ['application/json; v=1', TOO_LONG])
})

test('[ONW-ERROR-01] a limit says when to come again, and whose it is', async () => {
  const limited = await refuse(429, '{"error":{"message":"Rate limit"}}', { 'retry-after': '7' })
  assert.deepEqual([limited.status, limited.hint?.afterMs, limited.headers['retry-after']], [429, 7_000, '7'])
  const spent = await refuse(429, '{"error":{"message":"x","code":"insufficient_quota"}}')
  assert.deepEqual([spent.hint?.scope, spent.hint?.isDaily], ['credential', true])
  const empty = await refuse(402, '{"error":{"message":"Insufficient credits","code":402}}')
  assert.deepEqual([empty.status, empty.retryable, empty.hint?.scope], [429, true, 'credential'])
})

test('[ONW-ERROR-01] what is no JSON becomes an error of this API', async () => {
  for (const [status, type] of [
    [404, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [503, 'server_error'],
  ] as const) {
    const { text, ...heard } = await refuse(status, '<html>the-secret-key</html>', {
      'content-type': 'text/html',
    })
    const { error } = JSON.parse(text)
    assert.deepEqual([heard.status, error.type, error.param, error.code], [status, type, null, null])
    assert.match(error.message, new RegExp(`provider answered with status ${status}`))
    assert.equal(heard.headers['content-type'], 'application/json')
  }
})

test('[ONW-ERROR-02] our credential refused is our fault', async () => {
  for (const [status, body] of [
    [401, '{"error":{"message":"Incorrect API key provided: the-secret-key"}}'],
    [401, 'no'],
    [403, '{"error":{"message":"Country not supported"}}'],
    [400, '{"error":{"message":"Incorrect API key provided"}}'],
  ] as const) {
    const { error } = await refuse(status, body)
    assert.equal(error?.code, 'upstream_refused_credential')
    assert.doesNotMatch(`${error?.message} ${error?.hint}`, /the-secret-key/)
  }
  const moderated = '{"error":{"message":"flagged by moderation"}}'
  const { status, text } = await refuse(403, moderated)
  assert.deepEqual([status, text], [403, moderated])
})

test('[ONW-ERROR-02] an error that repeats our credential passes without it', async () => {
  const body = '{"error":{"message":"no model for the-secret-key","n":12345678901234567890}}'
  const { text } = await refuse(400, body)
  assert.equal(text, body.replace('the-secret-key', 'REDACTED'))
})
