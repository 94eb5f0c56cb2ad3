import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { parsePrometheus } from '../../test/gateway/prometheus.ts'
import type { TargetHealth } from '../nouns/health.ts'
import { createMetrics, type RequestMetric } from './metrics.ts'

const REQUEST: RequestMetric = {
  verb: 'generateContent',
  status: 200,
  model: 'm',
  upstream: 'up',
  durationMs: 30,
  ownMs: 0.2,
  firstByteMs: 15,
  tokens: { input: 3, output: 4, thoughts: 0, cached: 0 },
  billedNanoUsd: 137_500,
  refusal: undefined,
}

const FARES = { upstream: 'up', model: 'm', credential: 0, consecutiveFailures: 0, firstByteMs: undefined }
const HEALTH: readonly TargetHealth[] = [
  { ...FARES, state: { kind: 'open', until: 1 } },
  { ...FARES, credential: 1, state: { kind: 'open', until: 1 } },
  { ...FARES, model: 'n', state: { kind: 'parked', until: 1, reason: 'limited' } },
  { ...FARES, upstream: 'other', state: { kind: 'ok' } },
]

function rig(t: TestContext) {
  const metrics = createMetrics('1.2.3', {
    ...{
      openStreams: () => 7,
      openConnections: () => 8,
      bodyBytes: () => 11,
      answerBytes: () => 12,
      isMemoryTight: () => true,
      blocks: () => 2,
      drains: () => 9,
    },
    ...{ isStoreInTrouble: () => true, areLimitsDegraded: () => false, health: () => HEALTH },
  })
  t.after(() => metrics.close())
  const families = async () => parsePrometheus(await metrics.render())
  const value = async (family: string, labels: Record<string, string | number> = {}, name = family) =>
    (await families())
      .get(family)
      ?.samples.find(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([key, wanted]) => sample.labels[key] === String(wanted)),
      )?.value
  return { metrics, families, value }
}

test('[METRICS-01] requests and tokens add up by their labels', async (t) => {
  const { metrics, value } = rig(t)
  metrics.record(REQUEST)
  metrics.record(REQUEST)
  metrics.record({ ...REQUEST, status: 429, tokens: undefined })
  metrics.record({
    ...REQUEST,
    upstream: undefined,
    status: 400,
    tokens: undefined,
    ownMs: undefined,
    firstByteMs: undefined,
  })
  assert.equal(
    await value('wasat_http_requests_total', { verb: 'generateContent', status: 200, upstream: 'up' }),
    2,
  )
  assert.equal(await value('wasat_http_requests_total', { status: 429 }), 1)
  assert.equal(await value('wasat_http_requests_total', { status: 400, upstream: 'none' }), 1)
  assert.equal(await value('wasat_tokens_total', { model: 'm', type: 'input' }), 6)
  assert.equal(await value('wasat_tokens_total', { type: 'thoughts' }), undefined)
})

test('[METRICS-01] durations are in seconds, in histograms whose buckets add up', async (t) => {
  const { metrics, value } = rig(t)
  metrics.record(REQUEST)
  assert.equal(
    await value('wasat_http_request_duration_seconds', {}, 'wasat_http_request_duration_seconds_sum'),
    0.03,
  )
  assert.equal(await value('wasat_http_request_duration_seconds', { le: '0.02' }), undefined)
  const bucket = (family: string, le: number) => value(family, { le }, `${family}_bucket`)
  assert.deepEqual(
    [
      await bucket('wasat_http_request_duration_seconds', 0.02),
      await bucket('wasat_http_request_duration_seconds', 0.04),
    ],
    [0, 1],
  )
  assert.deepEqual(
    [
      await bucket('wasat_time_to_first_token_seconds', 0.01),
      await bucket('wasat_time_to_first_token_seconds', 0.02),
    ],
    [0, 1],
  )
  assert.deepEqual(
    [
      await bucket('wasat_gateway_overhead_seconds', 0.0001),
      await bucket('wasat_gateway_overhead_seconds', 0.00025),
    ],
    [0, 1],
  )
})

test('[METRICS-01] the gauges are read when somebody scrapes', async (t) => {
  const { value } = rig(t)
  assert.deepEqual(
    [await value('wasat_active_streams'), await value('wasat_connections'), await value('wasat_drains')],
    [7, 8, 9],
  )
  assert.equal(await value('wasat_build_info', { version: '1.2.3' }), 1)
  assert.ok(((await value('process_resident_memory_bytes')) ?? 0) > 1e6)
  assert.ok(((await value('nodejs_heap_used_bytes')) ?? 0) > 1e6)
  assert.ok(((await value('nodejs_active_resources')) ?? 0) > 0)
  assert.ok(((await value('process_cpu_seconds_total')) ?? 0) > 0)
  assert.ok(((await value('nodejs_eventloop_lag_max_seconds')) ?? -1) >= 0)
})

test('[METRICS-01] K09 models beyond two hundred share one label', async (t) => {
  const { metrics, families, value } = rig(t)
  for (let at = 0; at < 1_000; at++)
    metrics.record({ ...REQUEST, model: `m${at}`, tokens: { input: 1, output: 0, thoughts: 0, cached: 0 } })
  const models = new Set(
    (await families()).get('wasat_tokens_total')?.samples.map(({ labels }) => labels.model),
  )
  assert.equal(models.size, 201)
  assert.equal(await value('wasat_tokens_total', { model: 'other' }), 800)
})

test('[METRICS-01] K03 a label that is full of marks is one label', async (t) => {
  const { metrics, value } = rig(t)
  metrics.record({ ...REQUEST, model: 'a"b\\c\nd' })
  assert.equal(await value('wasat_tokens_total', { model: 'a\\"b\\\\c\\nd', type: 'input' }), 3)
})

test('[METRICS-01] costs are summed in nano-USD and shown in dollars; refusals by their reason', async (t) => {
  const { metrics, value } = rig(t)
  for (let count = 0; count < 3; count++) metrics.record({ ...REQUEST, billedNanoUsd: 100_000_001 })
  const nothing = { model: undefined, tokens: undefined, billedNanoUsd: undefined }
  metrics.record({ ...REQUEST, ...nothing, status: 429, refusal: 'BUDGET_EXCEEDED' })
  assert.equal(await value('wasat_cost_usd_total', { model: 'm', upstream: 'up' }), 0.300000003)
  assert.equal(await value('wasat_refusals_total', { reason: 'BUDGET_EXCEEDED' }), 1)
  assert.equal(await value('wasat_store_in_trouble'), 1)
  assert.equal(await value('wasat_ratelimit_degraded'), 0)
})

test('[NEV-12] [METRICS-01] how upstreams fare is counted by upstream and state, and so is what changes', async (t) => {
  const { metrics, families, value } = rig(t)
  for (const kind of ['opened', 'opened', 'closed'] as const) metrics.changed({ kind, upstream: 'up' })
  const targets = (upstream: string, state: string) => value('wasat_upstream_targets', { upstream, state })
  assert.deepEqual(
    [await targets('up', 'open'), await targets('up', 'parked'), await targets('up', 'ok')],
    [2, 1, 0],
  )
  assert.deepEqual([await targets('other', 'ok'), await targets('other', 'half-open')], [1, 0])
  assert.equal((await families()).get('wasat_upstream_targets')?.samples.length, 8)
  const changes = (to: string) => value('wasat_upstream_health_changes_total', { upstream: 'up', to })
  assert.deepEqual(
    [await changes('opened'), await changes('closed'), await changes('parked')],
    [2, 1, undefined],
  )
})
