import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { createHeld } from '../nouns/held.ts'
import { answerOf, callOf, chunkOf, HandSource, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Answer, Call, Chunk, Reading, Settlement, Sink } from '../nouns.ts'
import { createDrains, type DrainLimits } from './drain.ts'
import { createFlights } from './flights.ts'
import { meter } from './meter.ts'

const TARGET = targetOf(upstreamOf('up'), 'up-model')
const USAGE = { promptTokenCount: 3, totalTokenCount: 9 }

interface Given {
  readonly reading?: Partial<Reading>
  readonly answer?: Partial<Answer>
  readonly call?: Partial<Call>
  readonly limits?: DrainLimits
  /** Default: the row is durable at once. */
  readonly settle?: () => Promise<void>
}

/** A metered answer with an upstream and a client in the test's hand. */
function rig({
  reading = { usage: USAGE },
  answer = {},
  call = {},
  limits,
  settle = async () => undefined,
}: Given = {}) {
  const source = new HandSource()
  const settled: Settlement[] = []
  const observed: Settlement[] = []
  const heard: string[] = []
  const drains = createDrains(limits)
  const flights = createFlights()
  const metered = meter({
    call: callOf(call),
    answer: answerOf(source, reading, answer),
    permit: {
      headers: {},
      settle: (settlement) => {
        settled.push(settlement)
        return { billedNanoUsd: 5, recorded: settle() }
      },
    },
    tried: { target: TARGET, attempts: 2, failedAttempts: [] },
    drains,
    flights,
    held: createHeld(),
    deliveredBytes: () => 7,
    onSettled: (settlement) => observed.push(settlement),
  })
  const sink: Sink = {
    weigh: (chunk: Chunk) => chunk.bytes?.length ?? 0,
    chunk: (chunk) => void heard.push(`chunk ${chunk.bytes}`),
    end: (last) => void heard.push(`end ${last?.bytes}`),
    fail: (error) => void heard.push(`fail ${(error as GatewayError).code}`),
  }
  return {
    source,
    settled,
    observed,
    heard,
    drains,
    flights,
    metered: metered.source,
    sink,
    upstream: () => source.sink as Sink,
  }
}

const turn = () => new Promise(setImmediate)

test('[LEDGER-01] chunks pass as they are, and the end waits until the row is durable', async () => {
  const durable = Promise.withResolvers<void>()
  const { metered, sink, upstream, heard, settled, flights } = rig({ settle: () => durable.promise })
  metered.start(sink)
  upstream().chunk(chunkOf('a'))
  upstream().chunk(chunkOf('b'))
  upstream().end(chunkOf('last'))
  await turn()
  assert.deepEqual(heard, ['chunk a', 'chunk b'])
  assert.equal(settled.length, 1)
  assert.equal(flights.size, 1, 'it is under way until then')
  durable.resolve()
  await turn()
  assert.deepEqual(heard.slice(2), ['end last'])
  assert.equal(flights.size, 0)
})

test('[LEDGER-01] the settlement says who answered, how it ended and what it cost', async () => {
  const { metered, sink, upstream, settled, observed } = rig({
    reading: { usage: USAGE, finishReason: 'STOP', modelVersion: 'v-1' },
  })
  metered.start(sink)
  upstream().end(chunkOf('four'))
  await turn()
  const { durationMs, ...rest } = settled[0] as Settlement
  assert.deepEqual(rest, {
    outcome: 'complete',
    status: 200,
    target: TARGET,
    attempts: 2,
    failedAttempts: [],
    usage: USAGE,
    usageSource: 'final',
    modelVersion: 'v-1',
    searchQueries: 0,
    isGrounded: false,
    finishReason: 'STOP',
    deliveredBytes: 11,
    firstByteMs: 1,
  })
  assert.ok(durationMs >= 0)
  assert.deepEqual(observed, settled)
})

test('[LEDGER-05] a row that could not be written takes the end away from the client', async () => {
  const { metered, sink, upstream, heard, flights } = rig({ settle: () => Promise.reject(new Error('disk')) })
  metered.start(sink)
  upstream().end(chunkOf('last'))
  await turn()
  assert.deepEqual(heard, ['fail store_unavailable'])
  assert.equal(flights.size, 0)
})

test('[LEDGER-06] an error of the upstream costs nothing, whatever it says it used', async () => {
  const { metered, sink, upstream, settled } = rig({ answer: { status: 429 } })
  metered.start(sink)
  upstream().end(chunkOf('{"error":{}}'))
  await turn()
  assert.deepEqual(
    [settled[0]?.outcome, settled[0]?.status, settled[0]?.usage, settled[0]?.usageSource],
    ['upstream_error', 429, undefined, 'none'],
  )
})

test('[LEDGER-06] a break is told after it is booked, also when it cannot be booked', async () => {
  for (const settle of [async () => undefined, () => Promise.reject(new Error('disk'))]) {
    const { metered, sink, upstream, heard, settled } = rig({ settle })
    metered.start(sink)
    upstream().fail(new GatewayError('upstream_broken', 'x'))
    await turn()
    assert.deepEqual([settled[0]?.outcome, settled[0]?.usageSource], ['upstream_broken', 'partial'])
    assert.deepEqual(heard, ['fail upstream_broken'])
  }
})

test('[NATIVE-DRAIN-01] the client left: the upstream is read on, its client hears no more, and the end is booked', async () => {
  const { metered, sink, source, upstream, heard, settled, drains } = rig({ call: { delivery: 'sse' } })
  metered.start(sink)
  upstream().chunk(chunkOf('a'))
  metered.pause()
  metered.cancel()
  assert.deepEqual(source.heard, ['start', 'pause', 'resume'], 'a paused upstream reads on')
  assert.equal(drains.open, 1)
  upstream().chunk(chunkOf('b'))
  upstream().end(chunkOf('c'))
  await turn()
  assert.deepEqual(heard, ['chunk a'])
  assert.deepEqual(
    [settled[0]?.outcome, settled[0]?.usageSource, settled[0]?.deliveredBytes],
    ['client_gone', 'final', 7],
  )
  assert.deepEqual([settled.length, drains.open], [1, 0])
})

test('[NATIVE-DRAIN-01] C02 a client that left before the answer began: it is read all the same', async () => {
  const { metered, source, upstream, settled } = rig()
  metered.cancel()
  assert.deepEqual(source.heard, ['start'])
  upstream().end(chunkOf('whole'))
  await turn()
  assert.deepEqual([settled[0]?.outcome, settled[0]?.usageSource], ['client_gone', 'final'])
})

const BOUNDS: readonly [string, DrainLimits][] = [
  ['bytes', { count: 1, timeout: 60_000, bytes: 10 }],
  ['time', { count: 1, timeout: 1, bytes: 1_000 }],
  ['places', { count: 0, timeout: 60_000, bytes: 1_000 }],
]

for (const [name, limits] of BOUNDS) {
  test(`[NATIVE-DRAIN-01] B7 out of ${name}: the upstream is hung up on, and what is known is booked once`, async () => {
    const { metered, sink, source, upstream, settled, drains, flights } = rig({
      limits,
      reading: { usage: undefined },
      call: { delivery: 'sse' },
    })
    metered.start(sink)
    upstream().chunk(chunkOf('delivered'))
    const late = upstream()
    metered.cancel()
    late.chunk(chunkOf('more than ten bytes'))
    if (name === 'time') await new Promise((resolve) => setTimeout(resolve, 20))
    await turn()
    assert.equal(source.heard.at(-1), 'cancel')
    late.end(chunkOf('too late'))
    await turn()
    assert.equal(settled.length, 1)
    assert.deepEqual([settled[0]?.outcome, settled[0]?.usageSource], ['client_gone', 'estimated'])
    assert.ok((settled[0]?.usage?.totalTokenCount ?? 0) > 0, 'never zero')
    assert.deepEqual([drains.open, flights.size], [0, 0])
  })
}

test('[STOP-01] an interrupted answer is told and booked once, a drain too', async () => {
  const told = rig()
  told.metered.start(told.sink)
  const drained = rig()
  drained.metered.start(drained.sink)
  drained.metered.cancel()
  for (const { flights, source, settled } of [told, drained]) {
    flights.interrupt('all', new GatewayError('shutting_down', 'x'))
    await turn()
    flights.interrupt('all', new GatewayError('shutting_down', 'x'))
    await turn()
    assert.equal(source.heard.filter((one) => one === 'cancel').length, 1)
    assert.deepEqual([settled.length, flights.size], [1, 0])
  }
  assert.deepEqual([told.heard, told.settled[0]?.outcome], [['fail shutting_down'], 'upstream_broken'])
  assert.deepEqual([drained.heard, drained.settled[0]?.outcome, drained.drains.open], [[], 'client_gone', 0])
})

test('a client that leaves after the end is nobody’s drain', async () => {
  const { metered, sink, upstream, settled, drains } = rig()
  metered.start(sink)
  upstream().end(chunkOf('last'))
  metered.cancel()
  await turn()
  assert.deepEqual([settled.length, settled[0]?.outcome, drains.open], [1, 'complete', 0])
})

test('objects are weighed by what they take on the wire', async () => {
  const { metered, source, settled } = rig({ reading: { usage: undefined } })
  metered.cancel()
  const response = { candidates: [{ content: { parts: [{ text: 'x'.repeat(400) }] } }] }
  source.sink?.chunk({ response })
  source.sink?.end()
  await turn()
  assert.equal(settled[0]?.usage?.candidatesTokenCount, Math.ceil(JSON.stringify(response).length / 4))
})

test('[LEDGER-01] an answer that cannot say what it read is settled all the same', async () => {
  const reading = () => {
    throw new Error('malformed')
  }
  const { metered, sink, upstream, settled, flights } = rig({ answer: { reading } })
  metered.start(sink)
  upstream().chunk(chunkOf('a'))
  upstream().fail(new GatewayError('upstream_broken', 'cut'))
  await turn()
  assert.deepEqual(
    [settled[0]?.outcome, settled[0]?.usageSource, flights.size],
    ['upstream_broken', 'estimated', 0],
  )
})

test('[NEV-61] C10 a client that closed its half counts as one that left, and is handed its answer', async () => {
  const { metered, source, sink, settled, heard, drains } = rig()
  metered.start(sink)
  metered.linger?.()
  assert.equal(drains.open, 1)
  source.sink?.end(chunkOf('whole'))
  await turn()
  assert.deepEqual([settled[0]?.outcome, settled[0]?.deliveredBytes, drains.open], ['client_gone', 12, 0])
  assert.deepEqual(heard, ['end whole'])
})

test('[NEV-61] C10 when too many wait like this, it is told so, before it starts or after', async () => {
  for (const isStarted of [true, false]) {
    const { metered, source, sink, settled, heard } = rig({
      limits: { count: 0, timeout: 1_000, bytes: 100 },
    })
    if (isStarted) metered.start(sink)
    metered.linger?.()
    if (!isStarted) metered.start(sink)
    await turn()
    assert.equal(settled.length, 1)
    assert.deepEqual(heard, ['fail overloaded'])
    assert.equal(source.heard.at(-1), 'cancel')
  }
})

test('[NEV-61] C10 one that then leaves for good is handed nothing', async () => {
  const { metered, source, sink, settled, heard, drains } = rig()
  metered.start(sink)
  metered.linger?.()
  metered.cancel()
  source.sink?.end(chunkOf('whole'))
  await turn()
  assert.deepEqual([settled[0]?.outcome, settled[0]?.deliveredBytes, drains.open], ['client_gone', 7, 0])
  assert.deepEqual(heard, [])
})
