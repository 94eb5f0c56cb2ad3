import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Health } from '../nouns/health.ts'
import { CALLER, callOf, targetOf, upstreamOf } from '../nouns.fixture.ts'
import { createHealth } from '../routing/health.ts'
import { ALL_WELL, busy, good, SETTINGS, says } from './dispatch.fixture.ts'
import { createDispatch } from './dispatch.ts'
import { createRetryBudget } from './retry-budget.ts'

const WINDOW_MS = 10_000

test('[NEV-03] retries are a fifth of the requests of ten seconds, or three', () => {
  const clock = { ms: 123_456 }
  const budget = createRetryBudget(SETTINGS, () => clock.ms)
  const one = upstreamOf('one')
  const takeAll = () => {
    let taken = 0
    while (budget.take(one)) taken++
    return taken
  }
  assert.equal(takeAll(), 3)
  for (let count = 0; count < 100; count++) budget.request(one)
  assert.equal(takeAll(), 17)
  assert.equal(budget.take(upstreamOf('two')), true, 'each upstream has its own')
  clock.ms += WINDOW_MS
  assert.equal(takeAll(), 3)
  clock.ms += 365 * 86_400_000
  assert.equal(takeAll(), 3)
  const none = createRetryBudget({ budgetMin: 0, budgetPercent: 0 }, () => clock.ms)
  none.request(one)
  assert.equal(none.take(one), false)
})

test('[NEV-03] whatever comes when, no ten seconds see more retries than that', () => {
  const step = fc.record({ gapMs: fc.integer({ min: 0, max: 4_000 }), isRetry: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const clock = { ms: 0 }
      const budget = createRetryBudget(SETTINGS, () => clock.ms)
      const upstream = upstreamOf('one')
      const requests: number[] = []
      const retries: number[] = []
      for (const { gapMs, isRetry } of steps) {
        clock.ms += gapMs
        // Counted second by second: the oldest of the ten may have gone by in part.
        const within = (times: number[]) =>
          times.filter((at) => Math.floor(at / 1_000) > Math.floor(clock.ms / 1_000) - 10).length
        if (!isRetry) {
          budget.request(upstream)
          requests.push(clock.ms)
        } else {
          const isFree = within(retries) < Math.max(3, Math.floor(within(requests) / 5))
          assert.equal(budget.take(upstream), isFree)
          if (isFree) retries.push(clock.ms)
        }
      }
    }),
  )
})

/** Time that goes by when the test says so. */
function virtualTime() {
  const sleepers = new Set<{ at: number; wake: () => void }>()
  const time = { ms: 1_000_000 }
  const sleep = (ms: number) =>
    new Promise<void>((wake) => sleepers.add({ at: time.ms + Math.max(1, ms), wake }))
  const pass = async (ms: number) => {
    time.ms += ms
    for (const sleeper of sleepers) {
      if (sleeper.at > time.ms) continue
      sleepers.delete(sleeper)
      sleeper.wake()
    }
    await new Promise(setImmediate)
  }
  return { time, sleep, pass }
}

const HEALTH = {
  ...{ failures: 5, openFor: 30_000, openForMax: 300_000 },
  ...{ parkedFor: 1_000, parkedForMax: 60_000, credentialParkedFor: 60_000 },
}

test('[NEV-03] U22 a thousand at once without a hint: at most 1.2 times the load', async () => {
  const { time, sleep, pass } = virtualTime()
  for (const health of [ALL_WELL, createHealth({ settings: HEALTH, now: () => time.ms })] as Health[]) {
    const dispatch = createDispatch({ health, settings: SETTINGS, now: () => time.ms, sleep })
    let sent = 0
    const upstream = upstreamOf('one', {
      send: async () => {
        sent++
        await sleep(5)
        return busy()
      },
    })
    const asking = Array.from({ length: 1_000 }, () => dispatch(callOf(), [targetOf(upstream)], CALLER))
    for (let step = 0; step < 400; step++) await pass(10)
    const statuses = new Set((await Promise.all(asking)).map(({ answer }) => answer.status))
    assert.deepEqual([...statuses], [429])
    assert.ok(sent > 1_000 && sent <= 1_200, `${sent}`)
  }
})

test('[NEV-03] U23 an upstream that is down for 30 s is asked now and then, the rest is told so at once; the first good answer ends it', async () => {
  const { time, sleep, pass } = virtualTime()
  const health = createHealth({ settings: HEALTH, now: () => time.ms })
  const dispatch = createDispatch({ health, settings: SETTINGS, now: () => time.ms, sleep })
  let isDown = true
  let sent = 0
  const upstream = upstreamOf('one', {
    send: async () => {
      sent++
      await sleep(20)
      return isDown ? says(503) : good()
    },
  })
  const statuses = { good: 0, busy: 0, fast: 0 }
  const ask = async () => {
    try {
      const { answer } = await dispatch(callOf(), [targetOf(upstream)], CALLER)
      statuses[answer.status === 200 ? 'good' : 'busy']++
    } catch (error) {
      const { code, headers } = error as { code?: string; headers?: Record<string, string> }
      assert.equal(code, 'upstream_unavailable')
      assert.match(headers?.['retry-after'] ?? '', /^[1-5]$/)
      statuses.fast++
    }
  }
  const asked: Promise<void>[] = []
  const load = async (seconds: number) => {
    for (let step = 0; step < seconds * 100; step++) {
      asked.push(ask())
      await pass(10)
    }
  }
  await load(30)
  assert.ok(sent <= 60, `${sent} went there while it was down`)
  assert.equal(statuses.good, 0)
  assert.ok(statuses.fast > 2_900, JSON.stringify(statuses))
  isDown = false
  const before = statuses.fast
  await load(5)
  for (let step = 0; step < 300; step++) await pass(10)
  await Promise.all(asked)
  assert.equal(health.stateOf(targetOf(upstream)).kind, 'ok')
  assert.ok(statuses.fast - before <= 110, 'a second until it was asked again')
  assert.ok(statuses.good >= 390, JSON.stringify(statuses))
})

test('[NEV-03] who is open is left to others; who is limited is the last hope at any time; nobody there takes no time', async () => {
  const time = { ms: 1_000_000 }
  const health = createHealth({ settings: HEALTH, now: () => time.ms })
  const settings = { ...SETTINGS, attemptsMax: 1 }
  const dispatch = createDispatch({ health, settings, now: () => time.ms, random: () => 0 })
  const asked: string[] = []
  const targetThat = (name: string, answers: () => ReturnType<typeof good>) =>
    targetOf(
      upstreamOf(name, {
        send: async () => {
          asked.push(name)
          return answers()
        },
      }),
    )
  const sick = targetThat('sick', () => says(500))
  const well = targetThat('well', good)
  const full = targetThat('full', busy)
  for (let turn = 0; turn < 5; turn++) await dispatch(callOf(), [sick], CALLER)
  await dispatch(callOf(), [full], CALLER)
  asked.length = 0
  const { attempts, failedAttempts } = await dispatch(callOf(), [sick, full, well], CALLER)
  assert.deepEqual([asked, attempts, failedAttempts], [['well'], 1, []])
  for (let turn = 0; turn < 3; turn++)
    assert.equal((await dispatch(callOf(), [sick, full], CALLER)).answer.status, 429)
  assert.deepEqual(asked.splice(0), ['well', 'full', 'full', 'full'])
  await dispatch(callOf(), [sick], CALLER)
  const startedAt = performance.now()
  await assert.rejects(dispatch(callOf(), [sick], CALLER), {
    ...{ code: 'upstream_unavailable', headers: { 'retry-after': '1' } },
  })
  assert.ok(performance.now() - startedAt < 5)
  assert.deepEqual(asked, ['sick'], 'one in a second')
  time.ms += 1_000
  await dispatch(callOf(), [sick], CALLER)
  assert.deepEqual(asked, ['sick', 'sick'])
})

test('[NEV-03] a spent budget lets the error out, and leaves other upstreams alone', async () => {
  const time = { ms: 0 }
  const sleep = async (ms: number) => {
    time.ms += ms
  }
  const settings = { ...SETTINGS, budgetMin: 1, budgetPercent: 0 }
  const dispatch = createDispatch({ health: ALL_WELL, settings, now: () => time.ms, sleep })
  let sent = 0
  const send = async () => {
    sent++
    return says(503)
  }
  const first = upstreamOf('first', { credentials: 4, send })
  const second = upstreamOf('second', { send: async () => good() })
  assert.equal((await dispatch(callOf(), [targetOf(first)], CALLER)).attempts, 2)
  assert.equal((await dispatch(callOf(), [targetOf(first)], CALLER)).attempts, 1)
  assert.equal((await dispatch(callOf(), [targetOf(first), targetOf(second)], CALLER)).answer.status, 200)
  assert.equal(sent, 4)
})
