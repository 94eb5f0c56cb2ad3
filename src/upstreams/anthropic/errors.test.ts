import assert from 'node:assert/strict'
import test from 'node:test'
import { readRefusal } from './errors.ts'

const error = (type: string, message = 'Why.', details?: object) => ({
  type: 'error',
  error: { type, message, ...(details && { details }) },
  request_id: 'req_1',
})

test("[TRN-15] an error keeps its status, its words and the provider's own reason", () => {
  assert.deepEqual(readRefusal(400, {}, error('invalid_request_error', 'messages: too long')), {
    status: 400,
    message: 'messages: too long',
    reason: 'invalid_request_error',
  })
  const details = { error_code: 'image_dimensions_too_large' }
  assert.equal(readRefusal(400, {}, error('invalid_request_error', 'x', details)).reason, details.error_code)
  assert.equal(readRefusal(529, {}, error('overloaded_error')).status, 503)
  assert.equal(readRefusal(413, {}, error('request_too_large')).status, 413)
  assert.deepEqual(readRefusal(502, {}, undefined), { status: 502, message: 'The target answered 502.' })
  for (const body of [null, 'text', { error: 'text' }, { error: { type: 1, message: {} } }]) {
    assert.equal(readRefusal(500, {}, body).status, 500)
  }
})

test("[TRN-15] what is about the operator's account is no business of the client", () => {
  assert.equal(readRefusal(401, {}, error('authentication_error')).isCredential, true)
  assert.equal(readRefusal(403, {}, error('permission_error')).isCredential, true)
  const broke = error('invalid_request_error', 'Your credit balance is too low to access the API.')
  assert.equal(readRefusal(400, {}, broke).isCredential, true)
  assert.equal(readRefusal(404, {}, error('not_found_error')).isCredential, undefined)
})

test('[TRN-15] when to come back is what the target says, or when its limits are full again', () => {
  const limited = error('rate_limit_error')
  assert.equal(readRefusal(429, { 'retry-after': '3' }, limited).retryAfterMs, 3_000)
  const reset = new Date(Date.now() + 60_000).toISOString()
  const headers = {
    'anthropic-ratelimit-requests-remaining': '5',
    'anthropic-ratelimit-requests-reset': new Date(Date.now() + 3_600_000).toISOString(),
    'anthropic-ratelimit-input-tokens-remaining': '0',
    'anthropic-ratelimit-input-tokens-reset': reset,
  }
  const wait = readRefusal(429, headers, limited).retryAfterMs ?? 0
  assert.ok(wait > 50_000 && wait <= 60_000, String(wait))
  assert.equal(readRefusal(429, {}, limited).retryAfterMs, undefined)
  assert.equal(readRefusal(429, { 'retry-after': reset }, limited).retryAfterMs! > 50_000, true)
})

for (const header of ['-5', '1e9', '120s', 'soon', 'NaN', '999999999', '2026-11-20', '']) {
  test(`[NEV-30] U20 Retry-After ${JSON.stringify(header)} and resets without sense are not obeyed`, () => {
    const headers = {
      'retry-after': header,
      'anthropic-ratelimit-tokens-remaining': '0',
      'anthropic-ratelimit-tokens-reset': header,
    }
    assert.equal(readRefusal(429, headers, error('rate_limit_error')).retryAfterMs, undefined)
  })
}
