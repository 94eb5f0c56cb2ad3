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
  [
    'PATH-08',
    '/v1beta/models/m:streamGenerateContent%3Falt=sse',
    ['streamGenerateContent', 'm', 'v1beta', 'sse'],
  ],
  ['PATH-08', '/v1beta/models/m:generateContent%3Falt=sse', ['generateContent', 'm', 'v1beta', 'unary']],
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
    '/v1beta/models/m:embedText',
    'not_found',
    /^models\/m is not found for API version v1beta, or is not supported for embedText\./,
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

test('only paths that begin with a version are Gemini’s, and those that upload to one', () => {
  for (const path of [['v1beta', 'x'], ['v1'], ['upload', 'v1', 'files']]) assert.ok(isGeminiPath(path))
  for (const path of [['v1beta2'], ['admin'], [], ['upload'], ['upload', 'v9'], ['upload', 'upload']])
    assert.ok(!isGeminiPath(path))
})

const RESOURCES: readonly [string, string, readonly string[], string, boolean][] = [
  ['GET', '/v1beta/files', ['files'], '', false],
  ['GET', '/v1/files/abc', ['files', 'abc'], '', false],
  ['GET', '/v1/files/abc:download?alt=media', ['files', 'abc'], 'download', false],
  ['POST', '/v1/files%3Aregister', ['files'], 'register', false],
  ['POST', '/upload/v1beta/files', ['files'], '', true],
  ['PUT', '/upload/v1alpha/files?upload_id=x', ['files'], '', true],
  ['POST', '/upload/v1beta/fileSearchStores/s:uploadTo', ['fileSearchStores', 's'], 'uploadTo', true],
  ['PATCH', '/v1beta/cachedContents/c', ['cachedContents', 'c'], '', false],
  [
    'GET',
    '/v1/projects/p/locations/l/cachedContents/c',
    ['projects', 'p', 'locations', 'l', 'cachedContents', 'c'],
    '',
    false,
  ],
  ['POST', '/v1beta/models/m:batchGenerateContent', ['models', 'm'], 'batchGenerateContent', false],
  ['POST', '/v1beta/models/m:predictLongRunning', ['models', 'm'], 'predictLongRunning', false],
  ['GET', '/v1beta/models/m/operations/o', ['models', 'm', 'operations', 'o'], '', false],
  ['GET', '/v1beta/models/m/operations', ['models', 'm', 'operations'], '', false],
  ['GET', '/v1beta/tunedModels', ['tunedModels'], '', false],
]
for (const [method, target, segments, action, isUpload] of RESOURCES) {
  test(`[RESOURCE-01] opens ${method} ${target} as a resource`, () => {
    const opening = open(requestOf(target, { method }))
    assert.deepEqual([opening.verb, opening.model, opening.delivery], ['resource', '', 'unary'])
    assert.deepEqual(opening.resource, { method, isUpload, segments, action })
  })
}

test('[RESOURCE-01] what is no resource is none by upload either, and the key travels as ever', () => {
  for (const target of ['/upload/v1beta/models/m', '/upload/v2/files', '/upload/v1beta'])
    assert.throws(() => open(requestOf(target)), fails('not_found', /^The requested URL/))
  assert.equal(open(requestOf('/upload/v1/files?key=k')).credential, 'k')
  assert.throws(
    () => open(requestOf('/upload/v1/files?key=k', { headers: { 'x-goog-api-key': 'other' } })),
    fails('invalid_argument', /more than one API key/),
  )
})

test('[FILM-02] the cloud platform’s films are resources below a project; nothing else there is', () => {
  const model = '/v1/projects/p/locations/l/publishers/google/models/veo-3.0-generate-001'
  for (const action of ['predictLongRunning', 'fetchPredictOperation']) {
    const { verb, resource } = open(requestOf(`${model}:${action}`))
    assert.deepEqual([verb, resource?.action, resource?.segments.length], ['resource', action, 8])
    // A key that brings its project along names none.
    const short = open(requestOf(`/v1beta1/publishers/google/models/veo-3.0-generate-001:${action}`))
    assert.deepEqual([short.resource?.action, short.resource?.segments.length], [action, 4])
  }
  assert.equal(open(requestOf(`${model}:predict`)).verb, 'predict')
  assert.throws(
    () => open(requestOf('/v1/projects/p/locations/l/other/x:predictLongRunning')),
    fails('not_found'),
  )
})
