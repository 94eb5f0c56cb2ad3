import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { patience } from './patience.ts'

/** Time in the test's hand; `turn` lets `setImmediate` run. */
function rig(t: TestContext) {
  const clock = { now: 1_000, heardAtMs: 0, gaveUp: 0 }
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(performance, 'now', () => clock.now)
  const stop = patience(
    100,
    () => clock.heardAtMs,
    () => clock.gaveUp++,
  )
  const pass = async (ms: number) => {
    clock.now += ms
    t.mock.timers.tick(ms)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
  }
  return { clock, stop, pass }
}

test('[LIM-07] S19 silence ends it, once', async (t) => {
  const { clock, pass } = rig(t)
  await pass(99)
  assert.equal(clock.gaveUp, 0)
  await pass(1)
  assert.equal(clock.gaveUp, 1)
  await pass(10_000)
  assert.equal(clock.gaveUp, 1)
})

test('[LIM-07] S19 who answers others is waited for, up to five times as long', async (t) => {
  const { clock, pass } = rig(t)
  for (let step = 0; step < 49; step++) {
    clock.heardAtMs = clock.now
    await pass(10)
  }
  assert.equal(clock.gaveUp, 0)
  clock.heardAtMs = clock.now
  await pass(110)
  assert.equal(clock.gaveUp, 1)
})

test('[LIM-07] S19 an answer in time ends it, also when it is read one turn after the time was up', async (t) => {
  const { clock, stop, pass } = rig(t)
  clock.now += 100
  t.mock.timers.tick(100)
  stop()
  await pass(10_000)
  assert.equal(clock.gaveUp, 0)
})
