import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createFlights, NO_SEAT } from '../metering/flights.ts'
import type { Edge } from './server.ts'
import { createShutdown } from './shutdown.ts'

const TIMEOUTS = { delay: 100, grace: 1_000, streamGrace: 5_000 }

/** A shutdown whose edge closes when the test says so; the clock is the test's. */
function rig(t: TestContext, { timeouts = TIMEOUTS, afterAll = async () => undefined as unknown } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const heard: string[] = []
  const closed = Promise.withResolvers<void>()
  const edge: Edge = {
    port: 0,
    openConnections: 0,
    bodyBytes: 0,
    listenLocally: async () => undefined,
    drain: () => void heard.push('drain'),
    close: () => {
      heard.push('close')
      return closed.promise
    },
    destroy: () => void heard.push('destroy'),
  }
  const flights = createFlights()
  const interrupt = (which: 'unary' | 'all', error: Error) => {
    heard.push(`interrupt ${which}`)
    flights.interrupt(which, error)
  }
  const shutdown = createShutdown({
    edge,
    flights: { interrupt, landed: flights.landed },
    timeouts,
    beforeAll: () => void heard.push('not ready'),
    afterAll: async () => {
      heard.push('after all')
      await afterAll()
    },
  })
  /** Lets time pass, and everything that it sets off. */
  async function pass(ms: number): Promise<void> {
    t.mock.timers.tick(ms)
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  }
  return { shutdown, heard, closed, flights, pass }
}

test('[HEALTH-01] P01 not ready and draining at once, closed to newcomers after the delay', async (t) => {
  const { shutdown, heard, closed, pass } = rig(t)
  const exit = shutdown('graceful')
  await pass(0)
  assert.deepEqual(heard, ['not ready', 'drain'])
  await pass(99)
  assert.equal(heard.length, 2)
  await pass(1)
  assert.deepEqual(heard.slice(2), ['close'])
  closed.resolve()
  assert.equal(await exit, 0)
  assert.deepEqual(heard.slice(3), ['destroy', 'after all'])
})

test('[STOP-01] quick does not wait for balancers', async (t) => {
  const { shutdown, heard, closed } = rig(t)
  closed.resolve()
  assert.equal(await shutdown('quick'), 0)
  assert.deepEqual(heard, ['not ready', 'drain', 'close', 'destroy', 'after all'])
})

test('[NEV-62] P10 a crash does not wait for balancers either, and says 1', async (t) => {
  const { shutdown, heard, closed } = rig(t)
  closed.resolve()
  assert.equal(await shutdown('crashed'), 1)
  assert.deepEqual(heard, ['not ready', 'drain', 'close', 'destroy', 'after all'])
})

test('[STOP-01] P02 unary answers are interrupted at their grace, everything at that of streams, the rest is cut', async (t) => {
  const { shutdown, heard, pass } = rig(t)
  const exit = shutdown('quick')
  await pass(999)
  assert.deepEqual(heard.slice(3), [])
  await pass(1)
  assert.deepEqual(heard.slice(3), ['interrupt unary'])
  await pass(4_000)
  assert.deepEqual(heard.slice(4), ['interrupt all'])
  // Nobody lands, nothing closes: after the last words it is cut.
  await pass(2_000)
  assert.equal(await exit, 0)
  assert.deepEqual(heard.slice(5), ['destroy', 'after all'])
})

test('[STOP-01] answers under way are waited for, though every connection is closed', async (t) => {
  const { shutdown, heard, closed, flights, pass } = rig(t)
  const drain = { isStream: true, seat: NO_SEAT, interrupt: () => undefined }
  flights.add(drain)
  const exit = shutdown('quick')
  closed.resolve()
  await pass(500)
  assert.ok(!heard.includes('destroy'))
  flights.delete(drain)
  assert.equal(await exit, 0)
})

test('[STOP-02] P03 a second call with now hurries the first, and both say 1', async (t) => {
  for (const afterMs of [0, 200]) {
    const { shutdown, heard, pass } = rig(t)
    const exits = [shutdown('graceful')]
    await pass(afterMs)
    exits.push(shutdown('now'))
    await pass(0)
    assert.ok(heard.includes('interrupt all'))
    await pass(2_000)
    assert.deepEqual(await Promise.all(exits), [1, 1])
    assert.equal(heard.filter((one) => one === 'after all').length, 1)
    t.mock.timers.reset()
  }
})

test('[STOP-01] what never closes behind the edge does not keep the process', async (t) => {
  const { shutdown, heard, closed, pass } = rig(t, { afterAll: () => new Promise(() => undefined) })
  closed.resolve()
  const exit = shutdown('quick')
  await pass(0)
  assert.equal(heard.at(-1), 'after all')
  await pass(2_000)
  assert.equal(await exit, 0)
})
