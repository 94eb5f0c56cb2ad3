import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { Redis } from 'iovalkey'
import { countersContract } from '../../../test/contracts/counters.ts'
import { claimOf, freshId, granted } from '../../../test/contracts/counters-subject.ts'
import type { RedisServer } from '../../../test/servers/redis-server.ts'
import { type Disposable, SERVICES_SKIP, startRedis } from '../../../test/servers/services.ts'
import { GatewayError } from '../../errors.ts'
import type { Claim, Counters } from '../../nouns/counters.ts'
import { createDegradingCounters } from '../degrading-counters.ts'
import { createMemoryCounters } from '../memory/counters.ts'
import { createRedisCounters } from './counters.ts'

const START = Date.UTC(2026, 10, 21, 12)
/** What a test asks for is an answer, however busy the machine is. */
const SILENCE_MAX_MS = 20_000
const MINUTE_MS = 60_000

test('[LIM-07] an address that cannot be read is refused, and its password is not repeated', () => {
  for (const url of ['redis://:hunter2@[', 'redis://u:hunter2%ZZ@127.0.0.1:1']) {
    assert.throws(
      () => createRedisCounters(url),
      (error: unknown) =>
        error instanceof GatewayError &&
        !inspect(error, { depth: 9 }).includes('hunter2') &&
        error.hint !== undefined,
    )
  }
})

if (SERVICES_SKIP) test('counters in Redis', { skip: SERVICES_SKIP })
else all()

function all(): void {
  let server: RedisServer & Disposable
  let direct: Redis
  before(async () => {
    server = await startRedis()
    direct = new Redis(server.url)
  })
  after(async () => {
    direct.disconnect()
    await server.dispose()
  })

  /** Counters that go by a clock which lies in Redis too. */
  async function open(t: TestContext | undefined, clock = `clock:${freshId()}`) {
    let now = START
    const setClock = () => direct.set(clock, JSON.stringify([Math.floor(now / 1_000), (now % 1_000) * 1_000]))
    await setClock()
    const changes: unknown[] = []
    const counters = createDegradingCounters({
      shared: createRedisCounters(server.url, {
        time: `cjson.decode(redis.call('GET', '${clock}'))`,
        silenceMaxMs: SILENCE_MAX_MS,
      }),
      local: createMemoryCounters(),
      replicas: () => 1,
      onChange: (...change) => changes.push(change),
    })
    const subject = {
      clock,
      counters,
      changes,
      holderMaxMs: 35 * MINUTE_MS,
      advance: async (ms: number) => {
        now += ms
        await setClock()
      },
      settled: () => settled(counters),
      dispose: async () => {
        await counters.close()
        assert.deepEqual(changes, [])
      },
    }
    t?.after(subject.dispose)
    return subject
  }

  countersContract('redis', () => open(undefined))

  test('[LIM-01] three replicas over one Redis grant together what one would', async (t) => {
    const one = await open(t)
    const replicas = [one, await open(t, one.clock), await open(t, one.clock)]
    const scope = `key:${freshId()}`
    const claims = [
      claimOf({ scope, max: 100 }),
      claimOf({ scope, kind: 'concurrentRequests', max: 90 }),
      claimOf({ scope, kind: 'tokensPerDay', max: 100_000, amount: 1_000 }),
    ]
    const taken = await takeAll(replicas, claims, 300)
    assert.equal(taken.filter(({ granted }) => granted).length, 90)
  })

  test('[LIM-04] what a process held that died is free again when its lease is over', async (t) => {
    const dead = await open(t)
    const alive = await open(t, dead.clock)
    const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'concurrentRequests', max: 2 })]
    granted(await dead.counters.take(claims, freshId()))
    await dead.dispose()
    await alive.advance(34 * MINUTE_MS)
    const { ticket } = granted(await alive.counters.take(claims, freshId()))
    assert.equal((await alive.counters.take(claims, freshId())).granted, false)
    await alive.advance(MINUTE_MS)
    granted(await alive.counters.take(claims, freshId()))
    assert.equal((await alive.counters.take(claims, freshId())).granted, false)
    alive.counters.giveBack(ticket, 0)
    await alive.settled()
    granted(await alive.counters.take(claims, freshId()))
  })

  test('[LIM-08] S21 a lease does not grow by the time that a clock is set back', async (t) => {
    const dead = await open(t)
    const alive = await open(t, dead.clock)
    const claims = [claimOf({ scope: `key:${freshId()}`, kind: 'concurrentRequests', max: 1 })]
    granted(await dead.counters.take(claims, freshId()))
    await dead.dispose()
    await alive.advance(-10 * 60 * MINUTE_MS)
    assert.equal((await alive.counters.take(claims, freshId())).granted, false)
    await alive.advance(35 * MINUTE_MS)
    granted(await alive.counters.take(claims, freshId()))
  })

  test('[LIM-01] everything that is written expires, and no name reaches another key', async (t) => {
    const subject = await open(t)
    const keysBefore = new Set(await direct.keys('*'))
    const scope = `key:a\r\nSET evil 1\r\n{b}*${freshId()}`
    const claims = (
      [
        'requestsPerMinute',
        'tokensPerMinute',
        'requestsPerDay',
        'tokensPerDay',
        'concurrentRequests',
      ] as const
    ).map((kind) => claimOf({ scope, kind, amount: 1 }))
    const { ticket } = granted(await subject.counters.take(claims, freshId()))
    const keys = (await direct.keys('*')).filter((key) => !keysBefore.has(key))
    assert.deepEqual(new Set(keys), new Set(claims.map(({ kind }) => `wasat:{counters}:${kind}:${scope}`)))
    for (const key of keys) assert.ok((await direct.pttl(key)) > MINUTE_MS, key)
    subject.counters.giveBack(ticket, undefined)
    await subject.settled()
    assert.equal(await direct.exists(`wasat:{counters}:concurrentRequests:${scope}`), 0)
  })

  test("[LIM-08] by default it goes by the server's own time", async () => {
    const shared = createRedisCounters(server.url, { silenceMaxMs: SILENCE_MAX_MS })
    const scope = `key:${freshId()}`
    const taken = await shared.take([claimOf({ scope })], freshId())
    assert.ok(taken?.granted)
    const [seconds] = await direct.time()
    const head = await direct.hget(`wasat:{counters}:requestsPerMinute:${scope}`, 'head')
    assert.ok(Math.abs(Number(seconds) - Number(head)) <= 1)
    await shared.close()
  })
}

/** One connection, one order: what was sent before two answers is done, its script unknown or not. */
async function settled(counters: Counters): Promise<void> {
  for (let trip = 0; trip < 2; trip++)
    await counters.take([claimOf({ scope: 'key:settled', max: 1e9 })], 'settled')
}

async function takeAll(
  replicas: readonly { readonly counters: Counters }[],
  claims: readonly Claim[],
  times: number,
) {
  return Promise.all(
    Array.from({ length: times }, (_, index) =>
      replicas[index % replicas.length]!.counters.take(claims, freshId()),
    ),
  )
}
