import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countersContract } from '../../../test/contracts/counters.ts'
import { claimOf, freshId, granted } from '../../../test/contracts/counters-subject.ts'
import type { Claim, Counters } from '../../nouns/counters.ts'
import type { UsageCount } from '../../nouns/ledger.ts'
import { createMemoryCounters, type Seed } from './counters.ts'
import { Scopes } from './scopes.ts'

/** A whole hour of UTC. */
const START = Date.UTC(2026, 10, 21, 12)
const HOUR_MS = 3_600_000

/** A clock in the test's hand. */
function rig(options: { readonly seed?: Seed; readonly scopesMax?: number } = {}) {
  const clock = { now: START }
  const counters = createMemoryCounters({ ...options, now: () => clock.now })
  return { clock, counters }
}

countersContract('memory', async () => {
  const { clock, counters } = rig()
  return {
    counters,
    holderMaxMs: Number.POSITIVE_INFINITY,
    advance: (ms) => {
      clock.now += ms
    },
    settled: async () => undefined,
    dispose: () => counters.close(),
  }
})

const count = async (counters: Counters, claims: readonly Claim[], times: number) => {
  let granted = 0
  for (let index = 0; index < times; index++) {
    if ((await counters.take(claims, freshId())).granted) granted++
  }
  return granted
}

test('[LIM-01] memory answers at once, without a promise', () => {
  const { counters } = rig()
  assert.ok(!(counters.take([claimOf()], 'r') instanceof Promise))
})

test('[LIM-01] without a clock of its own it goes by one that nobody can set', async () => {
  const counters = createMemoryCounters()
  assert.equal(await count(counters, [claimOf({ max: 3 })], 5), 3)
})

test('[LIM-09] a restart goes on counting, in the slots in which it was used', async () => {
  const asked: unknown[] = []
  const seed: Seed = async (scope, since, unit) => {
    asked.push([scope, since, unit])
    return unit === 'second'
      ? [
          { at: START - 59_000, requests: 2, tokens: 100 },
          { at: START - 1_000, requests: 1, tokens: 50 },
        ]
      : [{ at: START - 23 * HOUR_MS, requests: 7, tokens: 900 }]
  }
  const { clock, counters } = rig({ seed })
  const perMinute = [claimOf({ scope: 'key:a', max: 4 })]
  assert.equal(await count(counters, perMinute, 5), 1)
  clock.now += 2_000
  assert.equal(await count(counters, perMinute, 5), 2)
  assert.equal(await count(counters, [claimOf({ scope: 'project:p', kind: 'requestsPerDay', max: 9 })], 5), 2)
  const tokens = claimOf({ scope: 'key:a', kind: 'tokensPerDay', max: 1_000, amount: 101 })
  assert.equal(await count(counters, [tokens], 1), 0)
  assert.equal(await count(counters, [{ ...tokens, amount: 100 }], 2), 1)
  assert.deepEqual(asked, [
    [{ keyId: 'a' }, START - 60_000, 'second'],
    [{ projectId: 'p' }, START - 24 * HOUR_MS, 'hour'],
    [{ keyId: 'a' }, START - 24 * HOUR_MS, 'hour'],
  ])
})

test('[LIM-09] the ledger is asked once for each window, also by 100 requests at once', async () => {
  let asked = 0
  const known = Promise.withResolvers<readonly UsageCount[]>()
  const seed: Seed = () => {
    asked++
    return known.promise
  }
  const { counters } = rig({ seed })
  const all = Array.from({ length: 100 }, () => counters.take([claimOf({ max: 10 })], freshId()))
  known.resolve([{ at: START, requests: 4, tokens: 0 }])
  const granted = (await Promise.all(all)).filter((taken) => taken.granted).length
  assert.deepEqual([asked, granted], [1, 6])
  assert.ok(!(counters.take([claimOf()], 'r') instanceof Promise))
})

test('[LIM-09] a ledger that fails or says nothing is not waited for', { timeout: 10_000 }, async (t) => {
  for (const seed of [
    () => Promise.reject(new Error('gone')),
    () => {
      throw new Error('gone')
    },
  ]) {
    assert.equal(await count(rig({ seed }).counters, [claimOf({ max: 2 })], 3), 2)
  }
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const silent = rig({ seed: () => new Promise(() => undefined) }).counters.take([claimOf()], 'r')
  t.mock.timers.tick(1_000)
  assert.equal((await silent).granted, true)
})

test('[LIM-08] S24 what the ledger wrote under a clock that ran ahead counts from now on, and no longer', async () => {
  const seed: Seed = async () => [{ at: START + 5 * HOUR_MS, requests: 3, tokens: 0 }]
  const { clock, counters } = rig({ seed })
  const claims = [claimOf({ kind: 'requestsPerDay', max: 3 })]
  assert.equal(await count(counters, claims, 1), 0)
  clock.now += 25 * HOUR_MS
  assert.equal(await count(counters, claims, 4), 3)
})

test('[LIM-04] scopes are bounded: the least recently used goes, but none that is held', async () => {
  const { counters } = rig({ scopesMax: 3 })
  const rate = (scope: string) => [claimOf({ scope, max: 1 })]
  const held = [claimOf({ scope: 'key:held', kind: 'concurrentRequests', max: 1 })]
  const { ticket } = granted(await counters.take(held, 'r'))
  for (const scope of ['key:a', 'key:b', 'key:c', 'key:d'])
    assert.equal(await count(counters, rate(scope), 2), 1)
  // Forgotten, and so counted anew; the newest ones are not, and the one that is held is not.
  assert.equal(await count(counters, rate('key:d'), 1), 0)
  assert.equal(await count(counters, rate('key:a'), 1), 1)
  assert.equal(await count(counters, held, 1), 0)
  counters.giveBack(ticket, 0)
  assert.equal(await count(counters, held, 2), 1)
})

test('[LIM-04] when all scopes are held none is forgotten, and the bound holds again later', () => {
  const scopes = new Scopes(2)
  for (const name of ['a', 'b', 'c']) scopes.use(name).holders.take(1)
  assert.equal(scopes.size, 3)
  for (const name of ['a', 'b', 'c']) {
    assert.equal(scopes.use(name).holders.count, 1)
    scopes.use(name).holders.correct(0, -1)
  }
  assert.equal(scopes.size, 2)
  scopes.use('d')
  assert.equal(scopes.size, 2)
})
