/** Where names of models lead for one key or project. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { overridesOf } from '../nouns/caller.ts'
import type { ModelRoutes } from '../nouns/directory.ts'
import type { Price } from '../nouns/money.ts'
import { CALLER, callOf, upstreamOf } from '../nouns.fixture.ts'
import type { Caller, Upstream } from '../nouns.ts'
import { createRouter } from './route.ts'

const UPSTREAMS = new Map<string, Upstream>(
  ['google', 'vertex', 'local'].map((name) => [name, upstreamOf(name)]),
)
const MODELS = {
  fast: { targets: ['google', 'vertex'], strategy: 'weight' as const },
  'fast-eu': { targets: [{ upstream: 'vertex', model: 'flash' }], fallback: 'local/q' },
  'gemini-*': { targets: ['google'], thinking: 'adapt' as const },
}
const priceOf = ({ name }: Upstream, model: string): Price => ({
  ...{ version: `${name}/${model}`, rates: { input: 1, output: 1 }, document: '' },
})
const router = createRouter({ models: MODELS, fallback: [] }, UPSTREAMS, priceOf)

const overridden = (key: ModelRoutes, project?: ModelRoutes) =>
  overridesOf({ id: 'k', name: 'ci', routes: key }, project && { id: 'p', name: 'team', routes: project })

function callerWith(key: ModelRoutes, project?: ModelRoutes): Caller {
  return { ...CALLER, overrides: overridden(key, project) }
}

function asked(model: string, caller: Caller): readonly string[] {
  return router.route(callOf({ model }), caller).map(({ upstream, model }) => `${upstream.name}/${model}`)
}

test('[NEV-25] a name leads where the key says, as if the client had said that', () => {
  const caller = callerWith({ fast: 'fast-eu', 'gemini-3': 'gemini-2', mine: 'local/qwen' })
  assert.deepEqual(asked('fast', caller), ['vertex/flash', 'local/q'])
  assert.deepEqual(asked('gemini-3', caller), ['google/gemini-2'])
  assert.deepEqual(asked('mine', caller), ['local/qwen'])
  assert.deepEqual(asked('fast-eu', caller), ['vertex/flash', 'local/q'])
  const [target] = router.route(callOf({ model: 'gemini-3' }), caller)
  assert.deepEqual([target?.thinking, target?.price?.version], ['adapt', 'google/gemini-2'])
  assert.deepEqual(asked('fast', CALLER).toSorted(), ['google/fast', 'vertex/fast'])
  assert.equal(router.find('fast', caller)[0]?.model, 'flash')
  assert.equal(router.find('fast').length, 2)
})

test('[NEV-25] a list is asked in its order, without the upstreams that are gone', () => {
  const caller = callerWith({ fast: ['local/a/b', 'gone/x', 'google/c'] })
  assert.deepEqual(asked('fast', caller), ['local/a/b', 'google/c'])
})

test('[NEV-25] the key goes before the project, names before globs, and the longest glob before others', () => {
  const caller = callerWith(
    { 'g*': 'local/key-glob', 'gemini-*': 'local/key-longer', 'gemini-9': 'local/key-name' },
    { 'gemini-8': 'local/project-name', fast: 'local/project', '*': 'local/project-any' },
  )
  for (const [model, place] of [
    ['gemini-9', 'local/key-name'],
    ['gemini-8', 'local/key-longer'],
    ['gpt', 'local/key-glob'],
    ['fast', 'local/project'],
    ['other', 'local/project-any'],
  ] as const)
    assert.deepEqual(asked(model, caller), [place], model)
})

test('[NEV-25] a route is followed once, and a name that leads to itself leads where it does for all', () => {
  assert.deepEqual(asked('a', callerWith({ a: 'fast-eu', 'fast-eu': 'local/never' })), [
    'vertex/flash',
    'local/q',
  ])
  assert.deepEqual(asked('gemini-1', callerWith({ 'gemini-1': 'gemini-1' }, { 'gemini-*': 'local/x' })), [
    'google/gemini-1',
  ])
})

test('[NEV-25] a route that leads nowhere is told as a model that is not there, and the operator which it was', () => {
  const isTold = (error: unknown) =>
    error instanceof GatewayError &&
    error.code === 'not_found' &&
    /^models\/fast is not found/.test(error.message) &&
    /^The key k \("ci"\) routes "fast" to .*, which leads nowhere$/.test(error.hint ?? '')
  for (const to of ['gone', 'gone/x', ['gone/x']]) {
    const caller = callerWith({ fast: to })
    assert.throws(() => router.route(callOf({ model: 'fast' }), caller), isTold)
    assert.deepEqual(router.find('fast', caller), [])
    assert.throws(() => router.explain('fast', caller), /routes "fast" to "gone.*, which leads nowhere\.$/)
  }
})

test('[NEV-25] an explanation says whose route it was', () => {
  const explanation = router.explain('fast', callerWith({}, { 'f*': 'fast-eu' }))
  assert.deepEqual(explanation?.override, {
    ...{ of: 'project', id: 'p', name: 'team', pattern: 'f*', to: 'fast-eu' },
  })
  const { model, match, fallbacks, targets } = explanation as NonNullable<typeof explanation>
  assert.deepEqual([model, match.entry, fallbacks], ['fast', 'fast-eu', ['local/q']])
  assert.deepEqual(
    targets.map(({ reasons }) => reasons),
    [
      ['the project p ("team") routes "f*" to "fast-eu"', '1 of 1 in the order of the configuration'],
      [
        'the project p ("team") routes "f*" to "fast-eu"',
        'stands in when "fast-eu" cannot be had',
        '1 of 1 in the order of the configuration',
      ],
    ],
  )
  assert.equal(router.explain('gemini-1', callerWith({ x: 'fast' }))?.override, undefined)
})
