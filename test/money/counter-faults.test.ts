/** Limits are counted in Redis, money never: whatever happens to Redis, requests are answered and the books are exact. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test'
import { Redis } from 'iovalkey'
import { until } from '../gateway/rig.ts'
import { SERVICES_SKIP, startRedis } from '../servers/services.ts'
import { openPlace } from './books.ts'
import { administer } from './rig.ts'
import { assertExact, openScene, type Scene } from './scene.ts'

type Server = Awaited<ReturnType<typeof startRedis>>

/** One wait for Redis, and the rest of a request on a busy machine. */
const ANSWERED_WITHIN_MS = 1_000
const LIMIT = 1_000

describe('counters that go away', { skip: SERVICES_SKIP }, () => {
  let server: Server
  before(async () => {
    server = await startRedis()
  })
  after(() => server.dispose())
  beforeEach(async () => {
    await command('FLUSHALL')
  })

  async function command(...words: string[]): Promise<void> {
    const redis = new Redis(server.url)
    await redis.call(words[0] as string, ...words.slice(1))
    redis.disconnect()
  }

  async function sceneFor(context: TestContext): Promise<Scene> {
    const place = await openPlace('sqlite')
    const scene = await openScene({ place, counters: server.url })
    context.after(async () => {
      await scene.close()
      await place.remove()
    })
    await administer(scene.gateway, 'PATCH', `/keys/${scene.paid.id}`, {
      limits: { requestsPerMinute: LIMIT },
    })
    return scene
  }

  async function assertServes(scene: Scene): Promise<void> {
    for (let index = 0; index < 5; index++) {
      const startedAtMs = performance.now()
      const { isWhole, text } = await scene.ask({ key: scene.paid })
      assert.equal(isWhole, true, text)
      assert.ok(performance.now() - startedAtMs < ANSWERED_WITHIN_MS, `${performance.now() - startedAtMs} ms`)
    }
  }

  const isDegraded = async (scene: Scene): Promise<number> => {
    const text = await (await fetch(`${scene.gateway.url}/metrics`)).text()
    const line = text.split('\n').find((one) => /ratelimit_degraded/.test(one) && !one.startsWith('#'))
    return Number(line?.split(' ').at(-1))
  }

  const untilDegraded = (scene: Scene, value: 0 | 1) =>
    until(`ratelimit_degraded is ${value}`, async () => (await isDegraded(scene)) === value)

  const FAULTS: readonly [
    name: string,
    hurt: () => Promise<void> | void,
    heal: () => Promise<void> | void,
  ][] = [
    ['paused', () => server.pause(), () => server.resume()],
    ['killed', () => server.kill(), () => server.start()],
    ['stopped', () => server.stop(), () => server.start()],
    [
      'out of memory',
      async () => {
        await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
        await command('CONFIG', 'SET', 'maxmemory', '1')
      },
      () => command('CONFIG', 'SET', 'maxmemory', '0'),
    ],
    ['read-only', () => command('REPLICAOF', '127.0.0.1', '1'), () => command('REPLICAOF', 'NO', 'ONE')],
  ]

  for (const [name, hurt, heal] of FAULTS) {
    test(`[STO-19] S19 Redis is ${name}: requests are answered in time, the books are exact, and it heals`, async (context) => {
      const scene = await sceneFor(context)
      await assertServes(scene)
      await hurt()
      try {
        await assertServes(scene)
        await untilDegraded(scene, 1)
      } finally {
        await heal()
      }
      await untilDegraded(scene, 0)
      await assertServes(scene)
      const { books } = await assertExact(scene)
      assert.equal(books.rows.size, 15)
    })
  }

  test('[STO-20] S20 FLUSHALL in the middle forgets counts, and no money', async (context) => {
    const scene = await sceneFor(context)
    await assertServes(scene)
    await command('FLUSHALL')
    await command('SCRIPT', 'FLUSH')
    await assertServes(scene)
    assert.equal(await isDegraded(scene), 0)
    const { books } = await assertExact(scene)
    assert.equal(books.rows.size, 10)
  })
})
