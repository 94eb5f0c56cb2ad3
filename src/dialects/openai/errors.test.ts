import assert from 'node:assert/strict'
import { test } from 'node:test'
import { badRequest, errorInfo, type FailureCode, GatewayError, modelNotFound } from '../../errors.ts'
import { callOf, recordedResponse } from '../../nouns.fixture.ts'
import type { Opening } from '../../nouns.ts'
import { failureIn, sendError, sendFailure } from './errors.ts'

const KNOWN = { ...callOf(), credential: 'k' }
const STRANGER = { ...callOf(), credential: undefined }

function sent(thrown: unknown, opening: Opening = KNOWN, isGoogles = false) {
  const response = recordedResponse()
  sendError(thrown, opening, isGoogles, response, { 'x-request-id': 'r' })
  assert.equal(response.headers['content-type'], 'application/json; charset=UTF-8')
  assert.equal(response.headers['content-length'], Buffer.byteLength(response.text))
  assert.equal(response.headers['x-request-id'], 'r')
  return { status: response.status, headers: response.headers, body: JSON.parse(response.text) }
}

const KINDS: readonly [FailureCode, number, string, string | null][] = [
  ['invalid_argument', 400, 'invalid_request_error', null],
  ['failed_precondition', 400, 'invalid_request_error', null],
  ['untranslatable', 400, 'invalid_request_error', 'unsupported_parameter'],
  ['api_key_invalid', 401, 'invalid_request_error', 'invalid_api_key'],
  ['unauthenticated', 401, 'invalid_request_error', 'invalid_api_key'],
  ['permission_denied', 403, 'invalid_request_error', 'permission_denied'],
  ['not_found', 404, 'invalid_request_error', null],
  ['method_not_allowed', 405, 'invalid_request_error', null],
  ['already_exists', 409, 'invalid_request_error', null],
  ['resource_exhausted', 429, 'rate_limit_error', 'rate_limit_exceeded'],
  ['internal', 500, 'server_error', 'internal'],
  ['overloaded', 503, 'server_error', 'overloaded'],
  ['upstream_timeout', 504, 'server_error', 'upstream_timeout'],
]
for (const [code, status, type, told] of KINDS) {
  test(`[ODR-13] ${code} is ${status} ${type} ${told}`, () => {
    const answer = sent(new GatewayError(code, 'Why.'))
    assert.equal(answer.status, status)
    assert.deepEqual(answer.body, { error: { message: 'Why.', type, param: null, code: told } })
  })
}

test('[ODR-13] the first field that was wrong is the param', () => {
  const { body } = sent(new GatewayError('invalid_argument', 'no', { details: [badRequest('n', 'no')] }))
  assert.equal(body.error.param, 'n')
  const unnamed = sent(new GatewayError('invalid_argument', 'no', { details: [badRequest('', 'no')] }))
  assert.equal(unnamed.body.error.param, null)
})

test('[ODR-13] a model that is not there is told in OpenAI’s words', () => {
  const { status, body } = sent(modelNotFound('gpt-x', 'v1', 'generateContent'))
  const message = 'The model `gpt-x` does not exist or you do not have access to it.'
  assert.equal(status, 404)
  assert.deepEqual(body.error, {
    message,
    type: 'invalid_request_error',
    param: null,
    code: 'model_not_found',
  })
})

test('[ODR-13] a path that is not there is an unknown URL, and nothing else is', () => {
  assert.equal(sent(new GatewayError('not_found', 'Invalid URL (POST /v1/x)')).body.error.code, 'unknown_url')
  assert.equal(sent(new GatewayError('not_found', 'No such file.')).body.error.code, null)
})

test('[ODR-13] no key is 401, and says how to send one', () => {
  const { status, body } = sent(new GatewayError('permission_denied', 'unregistered'), STRANGER)
  assert.equal(status, 401)
  assert.match(body.error.message, /^You didn't provide an API key\./)
  assert.deepEqual([body.error.type, body.error.code], ['invalid_request_error', null])
})

test('[ODR-13] what is spent is not tried again by OpenAI’s clients', () => {
  const details = [errorInfo('BUDGET_EXCEEDED', 'wasat')]
  const spent = sent(new GatewayError('resource_exhausted', 'Spent.', { details }))
  assert.equal(spent.headers['x-should-retry'], 'false')
  assert.deepEqual(
    [spent.body.error.type, spent.body.error.code],
    ['insufficient_quota', 'insufficient_quota'],
  )
  const limited = sent(new GatewayError('resource_exhausted', 'Later.', { headers: { 'retry-after': '3' } }))
  assert.deepEqual([limited.headers['x-should-retry'], limited.headers['retry-after']], [undefined, '3'])
})

test('[ODR-13] what is no failure of the table says nothing of itself', () => {
  const { status, body } = sent(new TypeError('secret'))
  assert.equal(status, 500)
  assert.doesNotMatch(JSON.stringify(body), /secret/)
})

test('[ODR-13] at Google’s own paths an error is Google’s, in a list, with its own status', () => {
  const wrong = sent(new GatewayError('api_key_invalid', 'API key not valid.'), KNOWN, true)
  assert.deepEqual(wrong.body, [
    { error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } },
  ])
  const stranger = sent(new GatewayError('permission_denied', 'Who?'), STRANGER, true)
  assert.deepEqual(stranger.body, [{ error: { code: 403, message: 'Who?', status: 'PERMISSION_DENIED' } }])
  const details = [badRequest('n', 'no')]
  assert.deepEqual(
    sent(new GatewayError('invalid_argument', 'no', { details }), KNOWN, true).body[0].error.details,
    details,
  )
})

function passed(status: number, document: unknown, isGoogles = false) {
  const response = recordedResponse()
  sendFailure(failureIn(status, document), isGoogles, response, { 'retry-after': '7' })
  assert.deepEqual([response.status, response.headers['retry-after']], [status, '7'])
  return JSON.parse(response.text)
}

test('[ODR-13] an upstream’s error keeps its status, its text and when to come again', () => {
  const error = { code: 429, message: 'Quota.', status: 'RESOURCE_EXHAUSTED' }
  const kind = { type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' }
  assert.deepEqual(passed(429, { error }), { error: { message: 'Quota.', ...kind } })
  assert.deepEqual(passed(429, [{ error }]), { error: { message: 'Quota.', ...kind } })
  assert.deepEqual(passed(429, { error }, true), [{ error }])
  const down = {
    message: 'The upstream answered with an error.',
    type: 'server_error',
    param: null,
    code: null,
  }
  for (const odd of [undefined, null, [], 'x', { error: 'x' }, { error: { message: 1 } }])
    assert.deepEqual(passed(502, odd), { error: down })
})
