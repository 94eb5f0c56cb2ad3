/** What becomes of limits when Redis fails in one of its many ways, and how they come back. Each on a Redis of its own. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Redis } from 'iovalkey'
import { claimOf, freshId, granted } from '../../../test/contracts/counters-subject.ts'
import { SERVICES_SKIP, startRedis } from '../../../test/servers/services.ts'
import type { Claim, Counters } from '../../nouns/counters.ts'
import { createDegradingCounters } from '../degrading-counters.ts'
import { createMemoryCounters } from '../memory/counters.ts'
import { createRedisCounters } from './counters.ts'
import { startProxy } from './proxy.fixture.ts'

const OPTIONS = { skip: SERVICES_SKIP, timeout: 30_000 }
const REPLICAS = 3
/** A request may wait for the first sign of trouble, and none after it. */
const FIRST_MAX_MS = 1_000
const LATER_MAX_MS = 1_000

/** One replica of three, with notes of each change. */
function replica(t: TestContext, url: string) {
  const heard = new EventEmitter()
  const changes: boolean[] = []
  const troubles: (string | undefined)[] = []
  const counters = createDegradingCounters({
    shared: createRedisCounters(url),
    local: createMemoryCounters(),
    replicas: () => REPLICAS,
    onChange: (isDegraded, trouble) => {
      changes.push(isDegraded)
      troubles.push(trouble)
      heard.emit('change')
    },
  })
  t.after(() => counters.close())
  return {
    ...{ counters, changes, troubles },
    /** Resolves when the shared ones count. A busy machine may have taken them for lost before. */
    healthy: async () => {
      await take(counters, [claimOf({ scope: `key:${freshId()}` })])
      while (counters.isDegraded) await once(heard, 'change')
    },
  }
}

async function redis(t: TestContext, args: readonly string[] = []) {
  const server = await startRedis(args)
  t.after(() => server.dispose())
  const direct = new Redis(server.url)
  direct.on('error', () => undefined)
  t.after(() => direct.disconnect())
  return { server, direct }
}

const take = async (counters: Counters, claims: readonly Claim[]) => counters.take(claims, freshId())

async function grants(counters: Counters, claims: readonly Claim[], times: number): Promise<number> {
  let count = 0
  for (let index = 0; index < times; index++) if ((await take(counters, claims)).granted) count++
  return count
}

/** From now on each replica counts its share, tells so once, and lets nobody wait. */
async function assertDegrades({ counters, changes }: ReturnType<typeof replica>): Promise<void> {
  const claims = [claimOf({ scope: `key:${freshId()}`, max: 30 })]
  const before = changes.length
  const startedAt = performance.now()
  assert.equal((await take(counters, claims)).granted, true)
  const firstMs = performance.now() - startedAt
  assert.ok(firstMs < FIRST_MAX_MS, `the first request waited ${firstMs} ms`)
  assert.equal(counters.isDegraded, true)
  assert.equal(await grants(counters, claims, 99), 9)
  const laterMs = performance.now() - startedAt - firstMs
  assert.ok(laterMs < LATER_MAX_MS, `the others waited ${laterMs} ms`)
  assert.deepEqual(changes.slice(before), [true])
}

/** The shared counters count again, with what they had counted before. */
async function assertHeals(
  subject: ReturnType<typeof replica>,
  claims: readonly Claim[],
  left: number,
): Promise<void> {
  const before = subject.changes.length
  await subject.healthy()
  assert.deepEqual(subject.changes.slice(before), [false])
  assert.equal(await grants(subject.counters, claims, left + 5), left)
}

interface Fault {
  readonly name: string
  /** Returns how to undo it. */
  inject(stage: Awaited<ReturnType<typeof redis>>): Promise<() => Promise<void> | void>
  /** What is left of 10 after 4, once it is over. */
  readonly left: number
  readonly trouble: RegExp
}

const FAULTS: readonly Fault[] = [
  {
    name: 'killed',
    inject: async ({ server }) => {
      await server.kill()
      return () => server.start()
    },
    // It forgot everything: one window more.
    left: 10,
    trouble: /ECONN|closed|writeable|retries/,
  },
  {
    name: 'paused',
    inject: async ({ server }) => {
      server.pause()
      return () => server.resume()
    },
    left: 6,
    trouble: /no answer/,
  },
  {
    name: 'out of memory',
    inject: async ({ direct }) => {
      await direct.config('SET', 'maxmemory', '1')
      return async () => void (await direct.config('SET', 'maxmemory', '0'))
    },
    left: 6,
    trouble: /^OOM/,
  },
  {
    name: 'read only',
    inject: async ({ direct }) => {
      await direct.replicaof('127.0.0.1', 1)
      return async () => void (await direct.replicaof('NO', 'ONE'))
    },
    left: 6,
    trouble: /READONLY/,
  },
  {
    name: 'loading its data',
    inject: async ({ server, direct }) => {
      for (let key = 0; key < 150; key++) await direct.set(`filler:${key}`, 'x'.repeat(2_000))
      await direct.config('SET', 'rdbcompression', 'no')
      await direct.config('SET', 'loading-process-events-interval-bytes', '1024')
      await direct.config('SET', 'key-load-delay', '10000')
      const reloaded = direct.call('DEBUG', 'RELOAD')
      const other = new Redis(server.url, { enableReadyCheck: false })
      while (!/LOADING/.test(await other.get('x').then(String, String))) await new Promise(setImmediate)
      other.disconnect()
      return async () => void (await reloaded)
    },
    left: 6,
    trouble: /LOADING|writeable|closed/,
  },
]

for (const fault of FAULTS) {
  test(
    `[LIM-07] S19 Redis ${fault.name}: a share each, no waiting, and back by itself`,
    OPTIONS,
    async (t) => {
      const stage = await redis(t, ['--enable-debug-command', 'yes'])
      const subject = replica(t, stage.server.url)
      await subject.healthy()
      const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'requestsPerDay', max: 10 })]
      assert.equal(await grants(subject.counters, claims, 4), 4)
      const undo = await fault.inject(stage)
      await assertDegrades(subject)
      assert.match(subject.troubles.at(-1) ?? '', fault.trouble)
      await undo()
      await assertHeals(subject, claims, fault.left)
    },
  )
}

for (const fault of ['reset', 'late'] as const) {
  test(`[LIM-07] S19 every connection is ${fault}: a share each, and back by itself`, OPTIONS, async (t) => {
    const { server } = await redis(t)
    const proxy = await startProxy(Number(new URL(server.url).port))
    t.after(() => proxy.close())
    const subject = replica(t, proxy.url)
    await subject.healthy()
    const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'requestsPerDay', max: 10 })]
    assert.equal(await grants(subject.counters, claims, 4), 4)
    proxy.break(fault)
    await assertDegrades(subject)
    proxy.mend()
    await assertHeals(subject, claims, 6)
  })
}

test(
  '[LIM-07] S19 a server that forgot the scripts is taught them, and nobody notices',
  OPTIONS,
  async (t) => {
    const { server, direct } = await redis(t)
    const subject = replica(t, server.url)
    await subject.healthy()
    const before = subject.changes.length
    const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'concurrentRequests', max: 10 })]
    for (let round = 0; round < 3; round++) {
      await direct.script('FLUSH')
      const all = await Promise.all(Array.from({ length: 20 }, () => take(subject.counters, claims)))
      assert.equal(all.filter((taken) => taken.granted).length, 10)
      await direct.script('FLUSH')
      for (const taken of all) if (taken.granted) subject.counters.giveBack(taken.ticket, 0)
      await subject.healthy()
      await subject.healthy()
    }
    assert.deepEqual(subject.changes.slice(before), [])
  },
)

test(
  '[LIM-07] S20 a server that lost everything grants one window more, and old tickets do no harm',
  OPTIONS,
  async (t) => {
    const { server, direct } = await redis(t)
    const subject = replica(t, server.url)
    await subject.healthy()
    const scope = `key:${freshId()}`
    const tokens = [claimOf({ scope, kind: 'tokensPerDay', max: 100, amount: 50 })]
    const holders = [claimOf({ scope, kind: 'concurrentRequests', max: 2 })]
    const takeTwo = async (claims: readonly Claim[]) => [
      granted(await take(subject.counters, claims)),
      granted(await take(subject.counters, claims)),
    ]
    const old = [...(await takeTwo(tokens)), ...(await takeTwo(holders))]
    await direct.flushall()
    granted(await take(subject.counters, tokens))
    await takeTwo(holders)
    for (const { ticket } of old) subject.counters.giveBack(ticket, 0)
    await subject.healthy()
    await subject.healthy()
    // Twice 50 were taken off the 50 that there were, and no more than those.
    assert.equal(await grants(subject.counters, tokens, 5), 2)
    assert.equal(await grants(subject.counters, holders, 5), 0)
  },
)

test('[LIM-07] S22 a server that is not there at the start is found later', OPTIONS, async (t) => {
  const { server } = await redis(t)
  await server.stop()
  const subject = replica(t, server.url)
  await assertDegrades(subject)
  await server.start()
  await assertHeals(subject, [claimOf({ scope: `key:${freshId()}` })], 10)
})

test(
  '[LIM-04] what ended while Redis was away, or came too late, holds nobody afterwards',
  OPTIONS,
  async (t) => {
    const { server } = await redis(t)
    const subject = replica(t, server.url)
    await subject.healthy()
    const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'concurrentRequests', max: 9 })]
    const before = await Promise.all(Array.from({ length: 4 }, () => take(subject.counters, claims)))
    server.pause()
    // These are in its socket when it wakes up, and nobody waits for them any more.
    const meanwhile = await Promise.all(Array.from({ length: 3 }, () => take(subject.counters, claims)))
    assert.equal(subject.counters.isDegraded, true)
    for (const taken of [...before, ...meanwhile]) subject.counters.giveBack(granted(taken).ticket, 0)
    server.resume()
    await subject.healthy()
    await subject.healthy()
    assert.equal(await grants(subject.counters, claims, 12), 9)
  },
)

test('[LIM-04] what ended while Redis was gone is given back to the one that comes', OPTIONS, async (t) => {
  const { server, direct } = await redis(t, ['--save', '3600 1'])
  const subject = replica(t, server.url)
  await subject.healthy()
  const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'concurrentRequests', max: 4 })]
  const all = await Promise.all(Array.from({ length: 4 }, () => take(subject.counters, claims)))
  await direct.save()
  await server.kill()
  for (const taken of all) subject.counters.giveBack(granted(taken).ticket, 0)
  await assertDegrades(subject)
  await server.start()
  await subject.healthy()
  await subject.healthy()
  assert.equal(await grants(subject.counters, claims, 6), 4)
})

test(
  '[LIM-07] three replicas without Redis grant together the limit, and one less than their number more when it does not divide',
  OPTIONS,
  async (t) => {
    const { server } = await redis(t)
    await server.stop()
    const replicas = Array.from({ length: REPLICAS }, () => replica(t, server.url).counters)
    for (const [max, most] of [
      [60, 60],
      [10, 12],
      [2, 3],
      [1, 3],
    ] as const) {
      for (const kind of ['requestsPerMinute', 'concurrentRequests'] as const) {
        const claims = [claimOf({ scope: `key:${freshId()}`, kind, max })]
        const counts = await Promise.all(replicas.map((counters) => grants(counters, claims, 100)))
        assert.equal(
          counts.reduce((sum, count) => sum + count, 0),
          most,
          `${kind} ${max}`,
        )
      }
    }
  },
)
