import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { claimOf, granted } from '../../test/contracts/counters-subject.ts'
import type { Claim, Taken } from '../nouns/counters.ts'
import { createDegradingCounters, type SharedCounters } from './degrading-counters.ts'
import { createMemoryCounters } from './memory/counters.ts'

/** Shared counters in the test's hand. */
function rig(t: TestContext, replicas = 3) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const kept = createMemoryCounters({ now: () => 0 })
  const state = { isUp: true, asked: 0, probed: 0 }
  const heard: unknown[] = []
  const shared: SharedCounters = {
    trouble: 'pulled the plug',
    take: async (claims, id) => {
      state.asked++
      return state.isUp ? kept.take(claims, id) : undefined
    },
    giveBack: (ticket, tokens) => kept.giveBack(ticket, tokens),
    probe: async () => {
      state.probed++
      return state.isUp
    },
    close: async () => void heard.push('closed'),
  }
  const counters = createDegradingCounters({
    shared,
    local: createMemoryCounters({ now: () => 0 }),
    replicas: () => replicas,
    onChange: (...change) => heard.push(change),
  })
  const tick = async (ms: number) => {
    t.mock.timers.tick(ms)
    await new Promise(setImmediate)
  }
  return { counters, state, heard, tick }
}

test('[LIM-07] after one failure nobody asks the shared counters, until a probe is answered', async (t) => {
  const { counters, state, heard, tick } = rig(t)
  granted(await counters.take([claimOf()], 'a'))
  state.isUp = false
  for (let index = 0; index < 10; index++) await counters.take([claimOf({ max: 1_000 })], 'b')
  assert.deepEqual([state.asked, counters.isDegraded, heard], [2, true, [[true, 'pulled the plug']]])
  await tick(499)
  assert.equal(state.probed, 0)
  await tick(1)
  await tick(500)
  assert.deepEqual([state.probed, counters.isDegraded], [2, true])
  state.isUp = true
  await tick(500)
  assert.deepEqual([state.probed, counters.isDegraded], [3, false])
  assert.deepEqual(heard, [
    [true, 'pulled the plug'],
    [false, undefined],
  ])
  granted(await counters.take([claimOf()], 'c'))
  assert.equal(state.asked, 3)
  await tick(10_000)
  assert.equal(state.probed, 3)
})

test('[LIM-07] requests that fail at the same time tell it once', async (t) => {
  const { counters, state, heard } = rig(t)
  state.isUp = false
  await Promise.all(Array.from({ length: 50 }, () => counters.take([claimOf()], 'a')))
  assert.equal(heard.length, 1)
})

test('[LIM-07] a ticket goes back to who gave it, before, while and after they are away', async (t) => {
  const { counters, state, tick } = rig(t, 1)
  const claims = [claimOf({ kind: 'concurrentRequests', max: 1 })]
  const first = granted(await counters.take(claims, 'a'))
  state.isUp = false
  const second = granted(await counters.take(claims, 'b'))
  assert.equal((await counters.take(claims, 'c')).granted, false)
  counters.giveBack(first.ticket, 0)
  assert.equal((await counters.take(claims, 'd')).granted, false)
  state.isUp = true
  await tick(500)
  granted(await counters.take(claims, 'e'))
  counters.giveBack(second.ticket, 0)
  assert.equal((await counters.take(claims, 'f')).granted, false)
  counters.giveBack('no ticket', 0)
})

test('[LIM-07] the client is told of its limit, not of a share, and an estimate larger than the share fits', async (t) => {
  const { counters, state } = rig(t)
  state.isUp = false
  const claims: Claim[] = [
    claimOf({ max: 6 }),
    claimOf({ kind: 'tokensPerMinute', max: 3_000, amount: 2_500 }),
  ]
  const first = granted(await counters.take(claims, 'a'))
  assert.deepEqual(
    first.states.map(({ claim, remaining }) => [claim, remaining]),
    [
      [claims[0], 1],
      [claims[1], 0],
    ],
  )
  const second: Taken = await counters.take(claims, 'b')
  assert.ok(!second.granted)
  assert.equal(second.refused.claim, claims[1])
  counters.giveBack(first.ticket, 200)
  granted(
    await counters.take(
      [claims[0] as Claim, claimOf({ kind: 'tokensPerMinute', max: 3_000, amount: 800 })],
      'c',
    ),
  )
})

test('[LIM-07] a number of replicas that makes no sense is one', async (t) => {
  for (const replicas of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
    const { counters, state } = rig(t, replicas)
    state.isUp = false
    const all = await Promise.all(Array.from({ length: 9 }, () => counters.take([claimOf({ max: 4 })], 'a')))
    assert.equal(all.filter((taken) => taken.granted).length, 4, String(replicas))
    t.mock.timers.reset()
  }
})

test('[LIM-07] closing ends the probes', async (t) => {
  const { counters, state, heard, tick } = rig(t)
  state.isUp = false
  await counters.take([claimOf()], 'a')
  await counters.close()
  await tick(5_000)
  assert.deepEqual([state.probed, heard], [0, [[true, 'pulled the plug'], 'closed']])
})
