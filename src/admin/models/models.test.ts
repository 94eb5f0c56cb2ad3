import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Health } from '../../nouns/health.ts'
import { upstreamOf } from '../../nouns.fixture.ts'
import { createAffinity } from '../../routing/affinity.ts'
import { createRouter } from '../../routing/route.ts'
import type { AdminModels } from '../parts.ts'
import { assertProblem, openOffice, referenceBooks } from '../testing.fixture.ts'

const UPSTREAMS = new Map(['a', 'b'].map((name) => [name, upstreamOf(name)]))
const UNTIL = Date.UTC(2026, 10, 22, 8)
const health: Health = {
  stateOf: ({ upstream }) =>
    upstream.name === 'a' ? { kind: 'parked', until: UNTIL, reason: 'limited' } : { kind: 'ok' },
  begin: () => undefined,
  firstByteMs: ({ upstream }) => (upstream.name === 'b' ? 250 : undefined),
  list: () => [],
}
const router = createRouter(
  {
    models: {
      fast: {
        targets: ['a', { upstream: 'b', model: 'x', weight: 3 }],
        strategy: 'cheapest',
        fallback: 'b/y',
      },
      'q*': { targets: ['a'] },
    },
    fallback: [],
  },
  UPSTREAMS,
  ({ name }) =>
    name === 'b'
      ? { version: 'x@1', rates: { input: 300_000_000, output: 2_500_000_000 }, document: '' }
      : undefined,
  { health, affinity: createAffinity() },
)
const models: AdminModels = { list: () => router.entries, explain: router.explain }
const office = await openOffice(referenceBooks(), { models })

test('[NEV-24] the list is what the configuration says', async () => {
  const { models } = await office.make('GET', '/admin/v1/models')
  assert.deepEqual(models, [
    { name: 'fast', strategy: 'cheapest', targets: ['a', 'b/x'], fallback: 'b/y', affinity: true },
    { name: 'q*', strategy: 'order', targets: ['a'], fallback: null, affinity: false },
  ])
})

test('[NEV-24] an explanation has each target with its state, price and reasons', async () => {
  const { explanation } = await office.make('GET', '/admin/v1/models/fast:explain')
  const { targets, ...rest } = explanation
  assert.deepEqual(rest, {
    ...{
      model: 'fast',
      override: null,
      matchedBy: 'name',
      entry: 'fast',
      strategy: 'cheapest',
      affinity: true,
    },
    fallbacks: ['b/y'],
  })
  const price = { version: 'x@1', inputUsdPerMillion: '0.3', outputUsdPerMillion: '2.5' }
  const cost = '$2.8 for a million tokens in and as many out'
  const b = {
    upstream: 'b',
    kind: 'test',
    state: 'ok',
    until: null,
    firstByteMs: 250,
    price,
    thinking: 'pass',
  }
  assert.deepEqual(targets, [
    { ...b, model: 'x', standsFor: 'fast', weight: 3, reasons: [`1 of 2 by price: ${cost}`] },
    {
      ...{ ...b, model: 'y', standsFor: 'b/y', weight: 1 },
      reasons: ['stands in when "fast" cannot be had', '1 of 1 in the order of the configuration'],
    },
    {
      ...{ upstream: 'a', kind: 'test', model: 'fast', standsFor: 'fast', weight: 1, thinking: 'pass' },
      ...{ state: 'parked', until: '2026-11-22T08:00:00.000Z', firstByteMs: null, price: null },
      reasons: [
        'asked last: its limit is used up, until 2026-11-22T08:00:00.000Z',
        '2 of 2 by price: unknown',
      ],
    },
  ])
})

test('[NEV-24] names with a slash or a colon are names too, and what leads nowhere is not found', async () => {
  for (const [path, by] of [
    ['b%2Fany', 'upstream'],
    ['q3:8b', 'glob'],
    ['q3%3A8b', 'glob'],
  ])
    assert.equal((await office.make('GET', `/admin/v1/models/${path}:explain`)).explanation.matchedBy, by)
  const nowhere = await office.ask('GET', '/admin/v1/models/unknown:explain')
  assertProblem(nowhere, 404)
  assert.match(nowhere.text, /unknown.*leads nowhere/)
  assertProblem(await office.ask('GET', '/admin/v1/models/:explain'), 404)
  assertProblem(await office.ask('GET', '/admin/v1/models/fast'), 404)
})
