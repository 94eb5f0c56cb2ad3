/** Several keys of one upstream, several upstreams, and which of them a request goes to when some are to be left alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Health } from '../nouns/health.ts'
import { CALLER, callOf, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Target } from '../nouns.ts'
import { createHealth } from '../routing/health.ts'
import { ALL_WELL, busy, castOf, good, rigOf, says } from './dispatch.fixture.ts'

/** Where these are parked; whoever is the last is asked all the same. */
function parkedAt(isParked: (name: string, credential: number) => boolean): Health {
  const isOut = ({ upstream, credential }: Target) =>
    isParked(upstream.name, credential % upstream.credentials)
  return {
    ...ALL_WELL,
    stateOf: (target) =>
      isOut(target) ? { kind: 'parked', until: 2_000_000, reason: 'limited' } : { kind: 'ok' },
    begin: (target, isLast) => (isOut(target) && !isLast ? undefined : { ended: () => undefined }),
  }
}

test('[NEV-11] a parked key gives way to another key of its target, and only then to the next target', async () => {
  const { asked, pool, target } = castOf()
  const targets = [pool('a', 3, good), target('b', good)]
  const { dispatch } = rigOf({ health: parkedAt((name, credential) => name === 'a' && credential < 2) })
  for (let turn = 0; turn < 6; turn++) await dispatch(callOf(), targets, CALLER)
  assert.deepEqual(asked, Array(6).fill('a'))
})

test('[NEV-11] after a failure the next target comes before another key, also when keys are parked', async () => {
  const { asked, pool, target } = castOf()
  const targets = [pool('a', 4, busy), target('b', busy)]
  const health = parkedAt((name, credential) => name === 'a' && credential % 2 === 0)
  const { dispatch } = rigOf({ health, settings: { budgetMin: 100 } })
  for (let turn = 0; turn < 4; turn++) await dispatch(callOf(), targets, CALLER)
  assert.deepEqual(asked, Array(4).fill(['a', 'b', 'a']).flat())
})

test('[NEV-11] many parked keys in a row do not hide the good ones behind them', async () => {
  const taken: number[] = []
  const send = async (_: unknown, { credential, upstream }: Target) => {
    taken.push(credential % upstream.credentials)
    return good()
  }
  const targets = [targetOf(upstreamOf('up', { credentials: 60, send }))]
  const { dispatch } = rigOf({ health: parkedAt((_, credential) => credential < 30) })
  for (let turn = 0; turn < 60; turn++) await dispatch(callOf(), targets, CALLER)
  assert.ok(
    taken.every((credential) => credential >= 30),
    String(taken),
  )
})

test('[NEV-03] where one upstream has no retries left, another that may be asked again is', async () => {
  const { asked, target } = castOf()
  const settings = { budgetMin: 1, budgetPercent: 0 }
  const { dispatch } = rigOf({ settings })
  const first = target('first', busy)
  await dispatch(callOf(), [first], CALLER)
  asked.length = 0
  const { answer } = await dispatch(callOf(), [first, target('second', () => says(503), good)], CALLER)
  assert.deepEqual([asked, answer.status], [['first', 'second', 'second'], 200])
})

test('[NEV-22] the fallback of a fallback comes after every key of the fallback', async () => {
  const { asked, pool } = castOf()
  const standsIn = (target: Target, depth: number): Target => ({ ...target, standsIn: depth })
  const targets = [standsIn(pool('a', 2, busy), 1), standsIn(pool('b', 2, good), 2)]
  await rigOf().dispatch(callOf(), targets, CALLER)
  assert.deepEqual(asked, ['a', 'a', 'b'])
})

test('[NEV-10] when a target may be back, one request of many at once finds out, and the others are served', async () => {
  const clock = { ms: 1_000_000 }
  const settings = {
    ...{ failures: 1, openFor: 1_000, openForMax: 1_000 },
    ...{ parkedFor: 500, parkedForMax: 4_000, credentialParkedFor: 1_000 },
  }
  const health = createHealth({ settings, now: () => clock.ms, random: () => 0.5 })
  const { dispatch } = rigOf({ health, clock })
  const back = Promise.withResolvers<void>()
  const asked = { sick: 0, well: 0 }
  let isSick = true
  const sick = upstreamOf('sick', {
    send: async () => {
      asked.sick++
      if (isSick) return says(503)
      await back.promise
      return good()
    },
  })
  const well = upstreamOf('well', {
    send: async () => {
      asked.well++
      return good()
    },
  })
  const ask = () => dispatch(callOf(), [targetOf(sick), targetOf(well)], CALLER)
  await ask()
  isSick = false
  clock.ms += 1_000
  const all = Array.from({ length: 50 }, ask)
  await Promise.race(all.slice(1))
  assert.deepEqual(asked, { sick: 2, well: 50 }, 'one that failed, and one that finds out')
  back.resolve()
  assert.ok((await Promise.all(all)).every(({ answer }) => answer.status === 200))
  await ask()
  assert.deepEqual(asked, { sick: 3, well: 50 })
})
