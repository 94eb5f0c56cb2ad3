/** Metrics by OpenTelemetry, printed for Prometheus at `/metrics`. Labels are bounded: unknown models share one. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, type MetricProducer } from '@opentelemetry/sdk-metrics'
import type { HealthEvent, TargetHealth } from '../nouns/health.ts'
import { createTallies } from './tally.ts'

/** Bucket bounds of the GenAI conventions for durations, in seconds. */
const SECONDS = [
  0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]
const OVERHEAD_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5]
/** Distinct values that the model label may take before the rest becomes `other`. */
const MODEL_LABELS_MAX = 200
const LOOP_RESOLUTION_MS = 10
const NANO_PER_USD = 1e9
const TOKEN_TYPES = ['input', 'output', 'thoughts', 'cached'] as const

export interface RequestMetric {
  readonly verb: string
  readonly status: number
  readonly model: string | undefined
  readonly upstream: string | undefined
  readonly durationMs: number
  readonly ownMs: number | undefined
  readonly firstByteMs: number | undefined
  readonly tokens: Readonly<Record<'input' | 'output' | 'thoughts' | 'cached', number>> | undefined
  readonly billedNanoUsd: number | undefined
  /** Why it was refused before any upstream was asked. */
  readonly refusal: string | undefined
}

export interface Metrics {
  record(request: RequestMetric): void
  /** How a target fares has changed. */
  changed(event: Pick<HealthEvent, 'kind' | 'upstream'>): void
  /** The text format of Prometheus. */
  render(): Promise<string>
  close(): Promise<void>
}

export interface Gauges {
  readonly openStreams: () => number
  readonly openConnections: () => number
  readonly drains: () => number
  /** Bytes of request bodies, and of answers, that are held. */
  readonly bodyBytes: () => number
  readonly answerBytes: () => number
  /** Whether bodies are refused for want of memory. */
  readonly isMemoryTight: () => boolean
  /** How often the process did not get to run for too long. */
  readonly blocks: () => number
  /** Whether the store cannot be relied on, and whether limits are counted by this process alone. */
  readonly isStoreInTrouble: () => boolean
  readonly areLimitsDegraded: () => boolean
  /** How each model, with each credential of each upstream, fares. */
  readonly health: () => readonly TargetHealth[]
}

export function createMetrics(version: string, gauges: Gauges): Metrics {
  const tallies = createTallies({ name: 'wasat', version })
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    metricProducers: [tallies.producer as MetricProducer],
  })
  const provider = new MeterProvider({ readers: [exporter] })
  const meter = provider.getMeter('wasat', version)
  // Without its own `target_info`: that would show strangers where on this machine Node lies.
  const serializer = new PrometheusSerializer(undefined, false, undefined, true)
  const models = new Set<string>()

  const requests = tallies.counter('wasat_http_requests', 'Requests answered.')
  const tokens = tallies.counter('wasat_tokens', 'Tokens by type.')
  const cost = tallies.counter('wasat_cost_usd', 'What was billed, in US dollars.', NANO_PER_USD)
  const refusals = tallies.counter('wasat_refusals', 'Requests refused before an upstream was asked.')
  const changes = tallies.counter(
    'wasat_upstream_health_changes',
    'Breakers that opened or closed, limits that were reached, credentials that were refused.',
  )
  const duration = tallies.histogram(
    'wasat_http_request_duration_seconds',
    'From the end of the request head to the end of the answer.',
    SECONDS,
  )
  const firstByte = tallies.histogram(
    'wasat_time_to_first_token_seconds',
    'From dispatch to the beginning of the upstream answer.',
    SECONDS,
  )
  const overhead = tallies.histogram(
    'wasat_gateway_overhead_seconds',
    "The gateway's own time before the first byte.",
    OVERHEAD_SECONDS,
  )
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  loop.enable()
  observeProcess(meter, gauges, loop, version)
  observeHealth(meter, gauges.health)

  function modelLabel(model: string): string {
    if (models.has(model)) return model
    if (models.size >= MODEL_LABELS_MAX) return 'other'
    models.add(model)
    return model
  }

  function record(request: RequestMetric): void {
    const { verb, upstream = 'none' } = request
    requests(1, `${verb} ${request.status} ${upstream}`, () => ({ verb, status: request.status, upstream }))
    duration(request.durationMs / 1000, verb, () => ({ verb }))
    if (request.ownMs !== undefined) overhead(request.ownMs / 1000, verb, () => ({ verb }))
    if (request.firstByteMs !== undefined)
      firstByte(request.firstByteMs / 1000, upstream, () => ({ upstream }))
    const { refusal } = request
    if (refusal !== undefined) refusals(1, refusal, () => ({ reason: refusal }))
    if (request.model === undefined) return
    const model = modelLabel(request.model)
    cost(request.billedNanoUsd ?? 0, `${model} ${upstream}`, () => ({ model, upstream }))
    if (request.tokens === undefined) return
    for (const type of TOKEN_TYPES) {
      tokens(request.tokens[type], `${model} ${upstream} ${type}`, () => ({ model, upstream, type }))
    }
  }

  function changed({ kind, upstream }: Parameters<Metrics['changed']>[0]): void {
    changes(1, `${kind} ${upstream}`, () => ({ upstream, to: kind }))
  }

  return {
    record,
    changed,
    render: async () => serializer.serialize((await exporter.collect()).resourceMetrics),
    close: async () => {
      loop.disable()
      await provider.shutdown()
    },
  }
}

type Meter = ReturnType<MeterProvider['getMeter']>

function observeProcess(
  meter: Meter,
  gauges: Gauges,
  loop: ReturnType<typeof monitorEventLoopDelay>,
  version: string,
): void {
  const gauge = (name: string, description: string, read: () => number, attributes = {}) =>
    meter
      .createObservableGauge(name, { description })
      .addCallback((result) => result.observe(read(), attributes))
  gauge('wasat_active_streams', 'Answers under way.', gauges.openStreams)
  gauge('wasat_connections', 'Open client connections.', gauges.openConnections)
  gauge('wasat_drains', 'Answers read on after their client left.', gauges.drains)
  gauge('wasat_body_bytes', 'Request bodies that are held.', gauges.bodyBytes)
  gauge('wasat_answer_bytes', 'Answers, or pieces of them, that are held.', gauges.answerBytes)
  gauge('wasat_memory_tight', '1 while new request bodies are refused for want of memory.', () =>
    Number(gauges.isMemoryTight()),
  )
  meter
    .createObservableCounter('wasat_eventloop_blocks', {
      description: 'Times that the process did not get to run for too long.',
    })
    .addCallback((result) => result.observe(gauges.blocks()))
  gauge('wasat_store_in_trouble', '1 while the store cannot be relied on.', () =>
    Number(gauges.isStoreInTrouble()),
  )
  gauge('wasat_ratelimit_degraded', '1 while this process counts limits by itself.', () =>
    Number(gauges.areLimitsDegraded()),
  )
  gauge('wasat_build_info', 'Always 1.', () => 1, { version, runtime: process.version })
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge('nodejs_heap_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed)
  gauge(
    'nodejs_active_resources',
    'Sockets, timers and requests that keep the event loop alive.',
    () => process.getActiveResourcesInfo().length,
  )
  meter
    .createObservableCounter('process_cpu_seconds', { description: 'CPU time, user and system.' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage()
      result.observe((user + system) / 1e6)
    })
  gauge('nodejs_eventloop_lag_max_seconds', 'Longest block of the event loop since the last scrape.', () => {
    const longest = Math.max(0, loop.max / 1e9 - LOOP_RESOLUTION_MS / 1e3)
    loop.reset()
    return longest
  })
}

const STATES = ['ok', 'half-open', 'open', 'parked'] as const

/** By upstream and state alone: models and credentials would be a label for each of thousands. */
function observeHealth(meter: Meter, health: Gauges['health']): void {
  const description = 'Models, with each credential of an upstream, by how they fare.'
  meter.createObservableGauge('wasat_upstream_targets', { description }).addCallback((result) => {
    const counts = new Map<string, Record<(typeof STATES)[number], number>>()
    for (const { upstream, state } of health()) {
      const count = counts.get(upstream) ?? { ok: 0, 'half-open': 0, open: 0, parked: 0 }
      counts.set(upstream, count)
      count[state.kind]++
    }
    for (const [upstream, count] of counts) {
      for (const state of STATES) result.observe(count[state], { upstream, state })
    }
  })
}
