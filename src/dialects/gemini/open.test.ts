import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails, requestOf } from '../../nouns.fixture.ts'
import type { HttpRequest } from '../../nouns.ts'
import { isGeminiPath, open } from './open.ts'

const get = { method: 'GET' }
const opened = (target: string, rest: Partial<HttpRequest> = {}) => {
  const { verb, model, apiVersion, delivery } = open(requestOf(target, rest))
  return [verb, model, apiVersion, delivery]
}

const ROUTES: readonly [string, string, readonly string[], Partial<HttpRequest>?][] = [
  ['PATH-01', '/v1beta/models/m:generateContent', ['generateContent', 'm', 'v1beta', 'unary']],
  ['PATH-01', '/v1/models/m:streamGenerateContent', ['streamGenerateContent', 'm', 'v1', 'array']],
  [
    'PATH-08',
    '/v1alpha/models/m:streamGenerateContent?alt=sse',
    ['streamGenerateContent', 'm', 'v1alpha', 'sse'],
  ],
  [
    'PATH-08',
    '/v1beta/models/m:streamGenerateContent?$alt=sse&alt=sse',
    ['streamGenerateContent', 'm', 'v1beta', 'sse'],
  ],
  [
    'PATH-08',
    '/v1beta/models/m:streamGenerateContent?alt=json',
    ['streamGenerateContent', 'm', 'v1beta', 'array'],
  ],
  ['PATH-08', '/v1beta/models/m:generateContent?alt=sse', ['generateContent', 'm', 'v1beta', 'unary']],
  ['PATH-01', '/v1beta1/models/m:countTokens', ['countTokens', 'm', 'v1beta1', 'unary']],
  ['PATH-01', '/v1beta/models/m:batchEmbedContents', ['batchEmbedContents', 'm', 'v1beta', 'unary']],
  [
    'PATH-02',
    '/v1/projects/p/locations/eu/publishers/google/models/m:generateContent',
    ['generateContent', 'm', 'v1', 'unary'],
  ],
  ['PATH-02', '/v1beta1/publishers/google/models/m:embedContent', ['embedContent', 'm', 'v1beta1', 'unary']],
  [
    'PATH-01',
    '/v1beta/tunedModels/mine:generateContent',
    ['generateContent', 'tunedModels/mine', 'v1beta', 'unary'],
  ],
  [
    'PATH-07',
    '/v1beta/models/local/qwen3:30b:generateContent',
    ['generateContent', 'local/qwen3:30b', 'v1beta', 'unary'],
  ],
  ['PATH-07', '/v1beta/models/models%2Fm:generateContent', ['generateContent', 'm', 'v1beta', 'unary']],
  ['PATH-03', '/v1beta/models/m%3AgenerateContent', ['generateContent', 'm', 'v1beta', 'unary']],
  ['PATH-01', '/v1beta/models', ['listModels', '', 'v1beta', 'unary'], get],
  ['PATH-01', '/v1/models/m', ['getModel', 'm', 'v1', 'unary'], get],
  ['PATH-01', '/v1/models/local/m', ['getModel', 'local/m', 'v1', 'unary'], get],
]
for (const [id, target, wanted, rest] of ROUTES) {
  test(`[${id}] opens ${target}`, () => assert.deepEqual(opened(target, rest), wanted))
}

const REFUSED: readonly [string, string, string, RegExp, Partial<HttpRequest>?][] = [
  [
    'PATH-06',
    '/v1beta/models/m:predict',
    'not_found',
    /^models\/m is not found for API version v1beta, or is not supported for predict\./,
  ],
  ['PATH-06', '/v1beta/models/m:', 'not_found', /^The requested URL/],
  ['PATH-06', '/v1beta/files/f:generateContent', 'not_found', /^The requested URL/],
  ['PATH-06', '/v1beta', 'not_found', /^The requested URL/],
  ['PATH-06', '/v1beta/models/', 'not_found', /^The requested URL/, get],
  ['PATH-06', '/v1beta/models/m:generateContent:countTokens', 'not_found', /^The requested URL/],
  ['PATH-01', '/v2/models/m:generateContent', 'not_found', /^The requested URL/],
  ['PATH-07', '/v1beta/models/..%2Fm:generateContent', 'not_found', /is not found/],
  ['PATH-07', '/v1beta/models/a%2F..%2Fm:generateContent', 'not_found', /is not found/],
  ['PATH-07', '/v1beta/models/m%3Fkey=1:generateContent', 'not_found', /is not found/],
  ['PATH-07', '/v1beta/models/m%0D%0Ax:generateContent', 'not_found', /^models\/m\?\?x is not found/],
  ['PATH-07', '/v1beta/models/-m:generateContent', 'not_found', /is not found/],
  [
    'PATH-07',
    `/v1beta/models/${'m'.repeat(257)}:generateContent`,
    'not_found',
    /^models\/m{64} is not found/,
  ],
  ['PATH-05', '/v1beta/models/m:generateContent', 'method_not_allowed', /GET/, get],
  ['PATH-05', '/v1beta/models', 'method_not_allowed', /POST/],
  ['PATH-08', '/v1beta/models/m:streamGenerateContent?alt=sse&alt=json', 'invalid_argument', /twice/],
  [
    'PATH-08',
    '/v1beta/models/m:generateContent?alt=media',
    'invalid_argument',
    /^Unsupported Output Format: media$/,
  ],
]
for (const [id, target, code, words, rest] of REFUSED) {
  test(`[${id}] refuses ${rest?.method ?? 'POST'} ${target.slice(0, 60)}`, () =>
    assert.throws(() => open(requestOf(target, rest)), fails(code, words)))
}

const TARGET = '/v1beta/models/m:generateContent'
const credential = (headers: Record<string, string>, query = '') =>
  open(requestOf(`${TARGET}${query}`, { headers })).credential

test('[CARRIER-01] every carrier of the key', () => {
  assert.equal(credential({ 'x-goog-api-key': 'k' }), 'k')
  assert.equal(credential({ authorization: 'Bearer k' }), 'k')
  assert.equal(credential({ authorization: 'bearer   k' }), 'k')
  for (const name of ['key', 'access_token', 'oauth_token']) assert.equal(credential({}, `?${name}=k`), 'k')
  assert.equal(credential({ 'x-goog-api-key': '  k ' }), 'k')
})

test('[CARRIER-02] two keys that differ are refused', () => {
  const pairs: [Record<string, string>, string][] = [
    [{ 'x-goog-api-key': 'a', authorization: 'Bearer b' }, ''],
    [{ 'x-goog-api-key': 'a' }, '?key=b'],
    [{}, '?key=a&key=b'],
    [{}, '?key=a&access_token=b'],
  ]
  for (const [headers, query] of pairs)
    assert.throws(() => credential(headers, query), fails('invalid_argument', /more than one API key/))
})

test('[CARRIER-03] the same key twice is one, and what is empty is none', () => {
  assert.equal(credential({ 'x-goog-api-key': 'k', authorization: 'Bearer k' }, '?key=k'), 'k')
  assert.equal(credential({ 'x-goog-api-key': '' }, '?key='), undefined)
  assert.equal(credential({ authorization: 'Basic k' }), undefined)
})

test('only paths that begin with a version are Gemini’s', () => {
  assert.deepEqual([['v1beta', 'x'], ['v1'], ['v1beta2'], ['admin'], []].map(isGeminiPath), [
    true,
    true,
    false,
    false,
    false,
  ])
})
