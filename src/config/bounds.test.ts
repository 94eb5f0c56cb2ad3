import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Shape } from './fields.ts'
import { configShape } from './schema.ts'

/** The table of bounds of the fault catalogue, and where each of them is set. */
const BOUNDS: readonly (readonly [what: string, path: string, fallback: string | number])[] = [
  ['body max (20 MiB there; Google takes 100)', 'server.limits.body', '100MiB'],
  ['JSON depth', 'server.limits.jsonDepth', 100],
  ['JSON nodes', 'server.limits.jsonNodes', 250_000],
  ['JSON keys of an object', 'server.limits.jsonKeysPerObject', 10_000],
  ['headers total', 'server.limits.headers', '16KiB'],
  ['headers count', 'server.limits.headerCount', 100],
  ['URL', 'server.limits.url', '8KiB'],
  ['read headers', 'server.timeouts.requestHead', '10s'],
  ['body min rate', 'server.timeouts.bodyMinRateBytesPerSecond', 1024],
  ['body min rate after', 'server.timeouts.bodyGrace', '10s'],
  ['client write stall', 'server.timeouts.clientWriteStall', '30s'],
  ['per-stream buffer (what is the low water there)', 'server.limits.streamBuffer', '64KiB'],
  ['drain count', 'server.drains.count', 200],
  ['drain time', 'server.drains.timeout', '120s'],
  ['drain bytes', 'server.drains.bytes', '32MiB'],
  ['breaker failures', 'health.failures', 5],
  ['breaker open', 'health.openFor', '30s'],
  ['breaker open at most', 'health.openForMax', '300s'],
  ['SQLite busy', 'stores.timeouts.sqlite', '5s'],
  ['PostgreSQL', 'stores.timeouts.postgres', '2s'],
  ['Redis', 'stores.timeouts.redis', '100ms'],
  ['upstream connect and TLS', 'upstreams.*.timeouts.connect', '5s'],
  ['first byte, stream', 'upstreams.*.timeouts.streamFirstByte', '120s'],
  ['first byte, whole', 'upstreams.*.timeouts.firstByte', '600s'],
  ['stream idle', 'upstreams.*.timeouts.streamIdle', '120s'],
  ['stream total', 'upstreams.*.timeouts.streamTotal', '30m'],
  ['SSE event max', 'server.limits.event', '32MiB'],
  ['response max', 'server.limits.answer', '256MiB'],
  ['attempts in total', 'retries.attemptsMax', 3],
  ['retry budget', 'retries.budgetPercent', 20],
  ['retry budget floor', 'retries.budgetMin', 3],
  ['backoff from', 'retries.backoffMin', '100ms'],
  ['backoff to', 'retries.backoffMax', '2s'],
  ['RetryInfo honoured up to', 'retries.retryAfterMax', '10s'],
  ['shutdown grace, plain', 'server.shutdown.grace', '30s'],
  ['shutdown grace, streams', 'server.shutdown.streamGrace', '120s'],
  ['unsettled reservation lease (5 min more than a request there)', 'stores.leaseSlack', '10m'],
  ['heartbeat', 'server.timeouts.heartbeat', '15s'],
  ['watchdog of the event loop', 'server.timeouts.eventLoopBlock', '10s'],
  ['shed at', 'server.limits.memoryShedPercent', 80],
  ['request bodies of the process', 'server.limits.bodiesInFlight', '512MiB'],
  ['answers of the process', 'server.limits.answersInFlight', '512MiB'],
]

for (const [what, path, fallback] of BOUNDS) {
  test(`[NEV-43] ${what} is the setting ${path}`, () => {
    const found = settings(configShape, path.split('.'))
    assert.ok(found.length > 0, 'there is no such setting')
    for (const { default: own, description = '' } of found) {
      assert.equal(own, fallback)
      assert.match(description, /^[A-Z].{9,}\.$/s, 'it is documented in whole sentences')
    }
  })
}

/** All settings at a path; `*` stands for every kind of upstream that has a network. */
function settings(shape: Shape, [name, ...rest]: readonly string[]): readonly Shape[] {
  if (name === undefined) return [shape]
  if (name === '*') {
    const kinds = Object.values(shape.patternProperties ?? {}).flatMap(({ anyOf = [] }) => anyOf)
    return kinds.filter(({ properties }) => properties?.timeouts).flatMap((kind) => settings(kind, rest))
  }
  const below = shape.properties?.[name]
  return below === undefined ? [] : settings(below, rest)
}
