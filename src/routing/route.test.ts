import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import type { Health, TargetState } from '../nouns/health.ts'
import { CALLER, callOf } from '../nouns.fixture.ts'
import type { Target, Upstream } from '../nouns.ts'
import { createRouter, type Fallback, type RouteConfig, type RouterOptions } from './route.ts'

const upstream = (name: string) => ({ name, kind: 'test', credentials: 1 }) as Upstream
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
  const call = callOf({ model: 'nope', apiVersion: 'v1' })
  assert.throws(
    () => createRouter(CONFIG, UPSTREAMS, () => undefined).route(call, CALLER),
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
  const versions = () => router.route(callOf({ model: 'fast' }), CALLER).map((one) => one.price?.version)
  assert.deepEqual(versions(), ['sandbox/gemini-2.5-flash@1', undefined])
  rate = 2
  assert.deepEqual(versions(), ['sandbox/gemini-2.5-flash@2', undefined])
})

/** Everybody is well but who is named here. */
function healthOf(states: Record<string, TargetState>, speeds: Record<string, number> = {}): Health {
  return {
    stateOf: ({ upstream, credential }) =>
      states[`${upstream.name}#${credential % upstream.credentials}`] ??
      states[upstream.name] ?? { kind: 'ok' },
    begin: () => undefined,
    firstByteMs: ({ upstream }) => speeds[upstream.name],
    list: () => [],
  }
}

const names = (targets: readonly Target[]) => targets.map((one) => `${one.upstream.name}/${one.model}`)

function asked(models: RouteConfig['models'], options: RouterOptions, model = 'm'): string[] {
  const router = createRouter({ models, fallback: [] }, UPSTREAMS, () => undefined, options)
  return names(router.route(callOf({ model }), CALLER))
}

const OPEN: TargetState = { kind: 'open', until: Date.UTC(2026, 10, 22) }
const PARKED: TargetState = { kind: 'parked', until: Date.UTC(2026, 10, 21), reason: 'limited' }
const THREE = ['google', 'comet', 'sandbox']

test('[NEV-21] with every strategy, who is out of order is asked last and never left out', () => {
  for (const strategy of ['order', 'weight', 'cheapest', 'fastest'] as const) {
    const models = { m: { targets: THREE, strategy } }
    const health = healthOf({ google: OPEN, comet: PARKED }, { google: 1, comet: 2, sandbox: 9 })
    const got = asked(models, { health, random: () => 0.5 })
    assert.deepEqual(got, ['sandbox/m', 'google/m', 'comet/m'], strategy)
    const allOut = healthOf({ google: OPEN, comet: PARKED, sandbox: OPEN })
    assert.equal(asked(models, { health: allOut, random: () => 0.5 }).length, 3, strategy)
  }
})

test('[NEV-21] a half-open target keeps its place, or nobody would ever try it', () => {
  const health = healthOf({ google: { kind: 'half-open' } })
  assert.equal(asked({ m: { targets: THREE } }, { health })[0], 'google/m')
})

test('[NEV-21] an upstream is in order as long as one of its credentials is', () => {
  const pool = { ...upstream('pool'), credentials: 3 }
  const upstreams = new Map([...UPSTREAMS, ['pool', pool] as const])
  const first = (states: Record<string, TargetState>) =>
    createRouter(
      { models: { m: { targets: ['pool', 'google'] } }, fallback: [] },
      upstreams,
      () => undefined,
      { health: healthOf(states) },
    ).route(callOf({ model: 'm' }), CALLER)[0]?.upstream.name
  assert.equal(first({ 'pool#0': OPEN, 'pool#1': PARKED }), 'pool')
  assert.equal(first({ 'pool#0': OPEN, 'pool#1': PARKED, 'pool#2': OPEN }), 'google')
})

const CHAIN = {
  m: { targets: ['google', 'comet'], fallback: 'n' },
  'n*': { targets: [{ upstream: 'sandbox', model: 'other' }, 'google'], fallback: 'comet/m' },
}

test('[NEV-22] a fallback comes after the own targets, and before those that are out of order', () => {
  assert.deepEqual(asked(CHAIN, {}), ['google/m', 'comet/m', 'sandbox/other', 'google/n'])
  const health = healthOf({ google: OPEN, comet: PARKED })
  assert.deepEqual(asked(CHAIN, { health }), ['sandbox/other', 'google/m', 'comet/m', 'google/n'])
  assert.deepEqual(asked(CHAIN, {}, 'n'), ['sandbox/other', 'google/n', 'comet/m'])
})

test('[NEV-22] a circle of fallbacks ends, even where the configuration was not checked', () => {
  const models = { m: { targets: ['google'], fallback: 'n' }, n: { targets: ['comet'], fallback: 'm' } }
  assert.deepEqual(asked(models, {}), ['google/m', 'comet/n'])
})

test('[NEV-24] an explanation is the order that a call would find, with a reason for each place', () => {
  const health = healthOf({ google: OPEN }, { comet: 120.4 })
  const models = { ...CHAIN, m: { ...CHAIN.m, strategy: 'weight' as const } }
  const router = createRouter({ models, fallback: [] }, UPSTREAMS, () => undefined, {
    health,
    random: () => 0.5,
  })
  const explanation = router.explain('m')
  assert.ok(explanation)
  const { targets, match, fallbacks } = explanation
  const route = names(router.route(callOf({ model: 'm' }), CALLER))
  assert.deepEqual(
    targets.map((target) => `${target.upstream}/${target.model}`),
    route,
  )
  assert.deepEqual([match, fallbacks], [{ by: 'name', entry: 'm' }, ['n', 'comet/m']])
  const reasonsOf = (name: string, model: string) =>
    targets.find((target) => target.upstream === name && target.model === model)?.reasons
  assert.deepEqual(reasonsOf('comet', 'm'), ['by chance, first for 50 % of the requests: weight 1 of 2'])
  assert.deepEqual(
    reasonsOf('google', 'm')?.[0],
    'asked last: it failed again and again, and is left alone until 2026-11-22T00:00:00.000Z',
  )
  assert.deepEqual(reasonsOf('sandbox', 'other'), [
    'stands in when "m" cannot be had',
    '1 of 2 in the order of the configuration',
  ])
  assert.equal(router.explain('unknown'), undefined)
  assert.equal(router.explain('google/x')?.match.by, 'upstream')
  assert.deepEqual(router.explain('never')?.match, { by: 'glob', entry: 'n*' })
})
