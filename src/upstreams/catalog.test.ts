import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { CALLER, fails, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Target, Upstream } from '../nouns.ts'
import type { Model } from '../wire/gemini.ts'
import { createCatalog } from './catalog.ts'

const model = (id: string, version = ''): Model => ({ name: `models/${id}`, version })
const offering = (name: string, ...models: Model[]): Upstream =>
  upstreamOf(name, { listModels: async () => models })

interface Given {
  readonly upstreams: readonly Upstream[]
  readonly aliases?: Readonly<Record<string, readonly Target[]>>
  readonly route?: (model: string) => readonly Target[]
}

function catalogOf({ upstreams, aliases = {}, route }: Given) {
  const failures: string[] = []
  const { list } = createCatalog({
    upstreams,
    aliases: new Map(Object.entries(aliases)),
    route: route ?? ((name) => upstreams.map((upstream) => targetOf(upstream, name))),
    onFailure: (upstream, error) => void failures.push(`${upstream}: ${error.code}`),
  })
  const names = async (models: readonly string[] = []) =>
    (await list({ ...CALLER, models })).map(({ name }) => name)
  return { list, names, failures }
}

test('[MODELS-01] one entry a name, in name order, described by the first that has it', async () => {
  const { list } = catalogOf({
    upstreams: [offering('a', model('m2', 'of a')), offering('b', model('m2', 'of b'), model('m1'))],
  })
  const models = await list(CALLER)
  assert.deepEqual(
    models.map(({ name, version }) => [name, version]),
    [
      ['models/m1', ''],
      ['models/m2', 'of a'],
    ],
  )
})

test('[MODELS-01] a model is listed only where its name leads to', async () => {
  const [a, b] = [offering('a', model('shared'), model('lost')), offering('b', model('shared', 'b'))]
  const { list } = catalogOf({
    upstreams: [a, b],
    route: (name) => (name === 'shared' ? [targetOf(b, 'shared')] : []),
  })
  assert.deepEqual(
    (await list(CALLER)).map(({ version }) => version),
    ['b'],
  )
})

test('[MODELS-01] [MODELS-03] an alias has its target’s description under its own name, or at least a name', async () => {
  const up = offering('up', model('real', '9'))
  const { list } = catalogOf({
    upstreams: [up],
    aliases: { fast: [targetOf(up, 'gone'), targetOf(up, 'real')], bare: [targetOf(up, 'gone')] },
  })
  const [bare, fast, real] = await list(CALLER)
  assert.deepEqual(
    [bare, fast?.name, fast?.version, real?.name],
    [{ displayName: 'bare', name: 'models/bare' }, 'models/fast', '9', 'models/real'],
  )
})

test('[MODELS-01] names without the collection get it, so that pages and SDKs know them', async () => {
  const upstream = upstreamOf('up', {
    listModels: async () => [{ name: 'plain' }, { name: 'tunedModels/mine' }],
  })
  assert.deepEqual(await catalogOf({ upstreams: [upstream] }).names(), ['models/plain', 'tunedModels/mine'])
})

test('[KEYS-06] a caller limited to models is told of no other', async () => {
  const { names } = catalogOf({ upstreams: [offering('a', model('x-1'), model('y-1'))] })
  assert.deepEqual(
    [await names(['x-*']), await names(['z']), await names()],
    [['models/x-1'], [], ['models/x-1', 'models/y-1']],
  )
})

test('[MODELS-01] an upstream that cannot be asked does not take the others away; all of them: its error', async () => {
  const down = upstreamOf('down', {
    listModels: () => Promise.reject(new GatewayError('upstream_unavailable', 'down')),
  })
  const { names, failures } = catalogOf({ upstreams: [down, offering('up', model('m'))] })
  assert.deepEqual([await names(), failures], [['models/m'], ['down: upstream_unavailable']])
  await assert.rejects(catalogOf({ upstreams: [down] }).names(), fails('upstream_unavailable'))
})

test('[MODELS-01] an upstream is asked once by many at once, and again when the list is old', async (t) => {
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  let asked = 0
  let isDown = false
  const upstream = upstreamOf('up', {
    listModels: async () => {
      asked++
      if (isDown) throw new GatewayError('upstream_unavailable', 'down')
      return [model(`m${asked}`)]
    },
  })
  const { names } = catalogOf({ upstreams: [upstream] })
  await Promise.all([names(), names(), names()])
  assert.equal(asked, 1)
  nowMs += 5 * 60_000 - 1
  assert.deepEqual([await names(), asked], [['models/m1'], 1])
  nowMs += 1
  isDown = true
  assert.deepEqual([await names(), asked], [['models/m1'], 2], 'the old list stands while it is down')
  nowMs += 9_999
  assert.deepEqual([await names(), asked], [['models/m1'], 2], 'and it is left in peace for a while')
  nowMs += 1
  isDown = false
  assert.deepEqual([await names(), asked], [['models/m3'], 3])
})
