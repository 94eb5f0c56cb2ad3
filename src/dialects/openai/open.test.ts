import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHeld } from '../../nouns/held.ts'
import { fails, headersOf, NO_RESPONSES, recordedResponse, requestOf } from '../../nouns.fixture.ts'
import type { HttpRequest } from '../../nouns.ts'
import { createOpenAiDialect } from './dialect.ts'

const LIMITS = { depth: 30, nodes: 1_000, keysPerObject: 100 }
const dialectOf = (isGoogles: boolean) =>
  createOpenAiDialect({
    limits: LIMITS,
    heartbeatMs: 0,
    held: createHeld(),
    responses: NO_RESPONSES,
    isGoogles,
  })
const openai = dialectOf(false)
const googles = dialectOf(true)
const get: Partial<HttpRequest> = { method: 'GET' }

const OPENED: readonly [string, Partial<HttpRequest>, readonly string[]][] = [
  ['/v1/chat/completions', {}, ['generateContent', '', 'v1', 'unary']],
  ['/v1/embeddings', {}, ['batchEmbedContents', '', 'v1', 'unary']],
  ['/v1/images/generations', {}, ['predict', '', 'v1', 'unary']],
  ['/v1/models', get, ['listModels', '', 'v1', 'unary']],
  ['/v1/models/m', get, ['getModel', 'm', 'v1', 'unary']],
  ['/v1/models/models%2Fm', get, ['getModel', 'm', 'v1', 'unary']],
  ['/v1/models/local/qwen3:30b', get, ['getModel', 'local/qwen3:30b', 'v1', 'unary']],
]
for (const [target, rest, expected] of OPENED) {
  test(`[ODR-01] ${rest.method ?? 'POST'} ${target} is OpenAI's`, () => {
    const request = requestOf(target, rest)
    assert.equal(openai.speaks(request), true)
    const { verb, model, apiVersion, delivery } = openai.open(request)
    assert.deepEqual([verb, model, apiVersion, delivery], expected)
  })
}

test("[ODR-01] the same lies at Google's own paths, in each of its versions", () => {
  for (const version of ['v1beta', 'v1alpha', 'v1', 'v1beta1']) {
    const request = requestOf(`/${version}/openai/chat/completions`)
    assert.deepEqual([googles.speaks(request), openai.speaks(request)], [true, false])
    assert.deepEqual(
      [googles.open(request).verb, googles.open(request).apiVersion],
      ['generateContent', version],
    )
  }
  assert.equal(googles.open(requestOf('/v1beta/openai/models/models/m', get)).model, 'm')
  assert.equal(googles.speaks(requestOf('/v2/openai/chat/completions')), false)
})

const GEMINIS: readonly [string, Partial<HttpRequest>][] = [
  ['/v1/models', { ...get, ...headersOf({ 'x-goog-api-key': 'k' }) }],
  ['/v1/models', { ...get, ...headersOf({ 'x-goog-api-client': 'genai-js/1' }) }],
  ['/v1/models?key=k', get],
  ['/v1/models/m:generateContent', {}],
  ['/v1/models/m:generateContent', get],
  ['/v1/models/qwen3:30b:countTokens', get],
  ['/v1/models/m', {}],
  ['/v1/files', get],
  ['/v1beta/models', get],
  ['/v1beta/chat/completions', {}],
]
for (const [target, rest] of GEMINIS) {
  const shown = JSON.stringify(rest.headers ?? {})
  test(`[ODR-01] ${rest.method ?? 'POST'} ${target} ${shown} is Gemini's`, () => {
    const request = requestOf(target, rest)
    assert.deepEqual([openai.speaks(request), googles.speaks(request)], [false, false])
  })
}

test('[ODR-01] what OpenAI has and this door has not is its 404, and a wrong method its 405', () => {
  for (const target of [
    '/v1/chat',
    '/v1/completions',
    '/v1/audio/speech',
    '/v1/embeddings/',
    '/v1/threads/a',
  ]) {
    const request = requestOf(target)
    assert.equal(openai.speaks(request), true)
    assert.throws(() => openai.open(request), fails('not_found', /^Invalid URL \(POST \/v1\//))
  }
  for (const target of ['/v1/chat/completions', '/v1/embeddings'])
    assert.throws(() => openai.open(requestOf(target, get)), fails('method_not_allowed'))
  assert.throws(() => openai.open(requestOf('/v1/models/a b', get)), fails('not_found'))
})

test('[ODR-01] a key comes as Bearer or as Gemini’s clients carry it, and one alone', () => {
  const keyOf = (headers: Record<string, string>, target = '/v1/chat/completions') =>
    openai.open(requestOf(target, headersOf(headers))).credential
  assert.equal(keyOf({ authorization: 'Bearer k' }), 'k')
  assert.equal(keyOf({ 'x-goog-api-key': 'k' }), 'k')
  assert.equal(keyOf({}, '/v1/chat/completions?key=k'), 'k')
  assert.equal(keyOf({}), undefined)
  assert.throws(() => keyOf({ authorization: 'Bearer k', 'x-goog-api-key': 'l' }), fails('invalid_argument'))
})

const MODELS = [
  { name: 'models/m', displayName: 'Em', supportedGenerationMethods: [] },
  { name: 'models/local/qwen3:30b', supportedGenerationMethods: [] },
]

function told(target: string, isGoogles: boolean): unknown {
  const dialect = isGoogles ? googles : openai
  const request = requestOf(target, get)
  const response = recordedResponse()
  dialect.encodeModels(dialect.open(request), MODELS, request, response)
  assert.equal(response.status, 200)
  return JSON.parse(response.text)
}

test('[ODR-01] models are told in OpenAI’s shape, with their whole names at Google’s paths', () => {
  const shared = { object: 'model', created: 0 }
  const em = { ...shared, id: 'm', owned_by: 'wasat', display_name: 'Em' }
  const qwen = { ...shared, id: 'local/qwen3:30b', owned_by: 'wasat' }
  assert.deepEqual(told('/v1/models', false), { object: 'list', data: [em, qwen] })
  assert.deepEqual(told('/v1/models/local/qwen3:30b', false), qwen)
  assert.deepEqual(told('/v1beta/openai/models/m', true), { ...em, id: 'models/m', owned_by: 'google' })
  assert.throws(
    () => told('/v1/models/constructor', false),
    fails('not_found', /^models\/constructor is not found/),
  )
})
