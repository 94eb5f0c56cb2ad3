import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import type { Opening, Upstream } from '../nouns.ts'
import { createRouter, type Fallback } from './route.ts'

const upstream = (name: string) => ({ name }) as Upstream
const google = upstream('google')
const comet = upstream('comet')
const sandbox = upstream('sandbox')
const UPSTREAMS = new Map([google, comet, sandbox].map((one) => [one.name, one]))

const CONFIG = {
  models: {
    'gemini-*': { targets: ['google', 'comet'] },
    'gemini-2.5-*': { targets: ['comet'] },
    fast: { targets: [{ upstream: 'sandbox', model: 'gemini-2.5-flash' }, 'google'] },
  },
  fallback: [{ upstream: google, serves: [] }],
}

function where(
  config: typeof CONFIG | { models: Record<string, never>; fallback: Fallback[] },
  model: string,
) {
  return createRouter(config, UPSTREAMS, () => undefined)
    .find(model)
    .map((target) => `${target.upstream.name}/${target.model}`)
}

test('[ROUTE-01] an exact name, then the glob that spells out most, then upstream/model', () => {
  assert.deepEqual(where(CONFIG, 'fast'), ['sandbox/gemini-2.5-flash', 'google/fast'])
  assert.deepEqual(where(CONFIG, 'gemini-3-pro'), ['google/gemini-3-pro', 'comet/gemini-3-pro'])
  assert.deepEqual(where(CONFIG, 'gemini-2.5-pro'), ['comet/gemini-2.5-pro'])
  assert.deepEqual(where(CONFIG, 'sandbox/gemini-2.5-pro'), ['sandbox/gemini-2.5-pro'])
  assert.deepEqual(where(CONFIG, 'other'), [])
  assert.deepEqual(where(CONFIG, '__proto__'), [])
})

test('[ROUTE-02] without an entry every name goes to the fallback', () => {
  const config = { models: {}, fallback: [google, comet].map((upstream) => ({ upstream, serves: [] })) }
  assert.deepEqual(where(config, 'anything'), ['google/anything', 'comet/anything'])
})

test('[ROUTE-02] a name goes to those that are known for it, else to those that serve any, else to all', () => {
  const fallback = [
    { upstream: google, serves: ['gemini-*'] },
    { upstream: comet, serves: ['gemini-*', 'gpt-*'] },
    { upstream: sandbox, serves: [] },
  ]
  const config = { models: {}, fallback }
  assert.deepEqual(where(config, 'gemini-9'), ['google/gemini-9', 'comet/gemini-9'])
  assert.deepEqual(where(config, 'gpt-9'), ['comet/gpt-9'])
  assert.deepEqual(where(config, 'qwen3'), ['sandbox/qwen3'])
  assert.deepEqual(where({ models: {}, fallback: fallback.slice(0, 2) }, 'qwen3'), [
    'google/qwen3',
    'comet/qwen3',
  ])
})

test("[ERR-MODEL-01] a name that leads nowhere is Google's 404", () => {
  const opening = { model: 'nope', apiVersion: 'v1', verb: 'generateContent' } as Opening
  assert.throws(
    () => createRouter(CONFIG, UPSTREAMS, () => undefined).route(opening),
    (error) =>
      error instanceof GatewayError &&
      error.http === 404 &&
      error.message ===
        'models/nope is not found for API version v1, or is not supported for generateContent. ' +
          'Call ListModels to see the list of available models and their supported methods.',
  )
})

test('each target has the price that its upstream’s model has at this moment', () => {
  let rate = 1
  const priceOf = ({ name }: Upstream, model: string) =>
    name === 'google'
      ? undefined
      : { version: `${name}/${model}@${rate}`, rates: { input: 0, output: 0 }, document: '' }
  const router = createRouter(CONFIG, UPSTREAMS, priceOf)
  const versions = () =>
    router
      .route({ model: 'fast', apiVersion: 'v1', verb: 'generateContent' } as Opening)
      .map((one) => one.price?.version)
  assert.deepEqual(versions(), ['sandbox/gemini-2.5-flash@1', undefined])
  rate = 2
  assert.deepEqual(versions(), ['sandbox/gemini-2.5-flash@2', undefined])
})
