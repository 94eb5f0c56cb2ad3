/** A PostgreSQL that is slow, stuck, or loses a reply, and what its clients and its ledger have of it. */
import assert from 'node:assert/strict'
import { beforeEach, describe, type TestContext, test } from 'node:test'
import { Client } from 'pg'
import { openPostgresStore } from '../../src/stores/postgres/store.ts'
import { until } from '../gateway/rig.ts'
import { SERVICES_SKIP, services } from '../servers/services.ts'
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts'
import { assertSound, readBook, readBooks } from './books.ts'
import {
  administer,
  ask,
  changeBudget,
  type MoneyGateway,
  makeKey,
  moneyConfig,
  startMoneyGateway,
} from './rig.ts'
import { assertExact, assertRefused, openPostgresScene, type Scene, untilReadiness } from './scene.ts'

const HEALTHY_MS = 300
/** Reservations of which nobody knew whether they were made. */
const GIVEN_BACK_WITHIN_MS = 15_000

describe('a PostgreSQL behind a proxy', { skip: SERVICES_SKIP }, () => {
  let database: Awaited<ReturnType<ReturnType<typeof services>['postgres']['newDatabase']>>
  let proxy: TcpProxy
  let through: string
  beforeEach(async () => {
    database = await services().postgres.newDatabase()
    const { port } = new URL(database.url)
    proxy = await startTcpProxy(Number(port))
    through = database.url.replace(`:${port}/`, `:${proxy.port}/`)
  })

  async function proxied(context: TestContext): Promise<Scene> {
    const scene = await openPostgresScene(context, database.url, through)
    context.after(async () => {
      await proxy.close()
      await database.drop()
    })
    return scene
  }

  test('[STO-15] S15 the reply to a reservation and to a settlement is lost after the commit: each counts once', async (context) => {
    const scene = await proxied(context)
    for (let round = 0; round < 3; round++) {
      // The id of the key is in what is reserved, and again in what is settled.
      const reserved = proxy.cutAnswerTo(scene.paid.id)
      const answer = scene.ask({ key: scene.paid, prompt: 'before=200' })
      await reserved
      const settled = proxy.cutAnswerTo(scene.paid.id)
      const { isWhole, text } = await answer
      if (!isWhole) assert.match(text, /UNAVAILABLE/)
      else await settled
    }
    await untilReadiness(scene, 200)
    const { books } = await assertExact(scene)
    assert.ok(books.rows.size >= 1, 'at least one got through')
  })

  test('[STO-18] S18 half a second slow: it takes the two trips, and nothing piles up', async (context) => {
    const scene = await proxied(context)
    const quick = performance.now()
    await scene.ask({ key: scene.paid })
    const baseMs = Math.max(HEALTHY_MS, performance.now() - quick)
    let turn = 0
    proxy.setDelay(() => 300 + ((turn++ * 97) % 400))
    const startedAtMs = performance.now()
    const answers = await Promise.all(Array.from({ length: 50 }, () => scene.ask({ key: scene.paid })))
    const tookMs = performance.now() - startedAtMs
    proxy.setDelay(() => 0)
    const counts = answers.filter(({ status }) => status === 200).length
    assert.ok(counts >= 45, `${counts} of 50 were answered`)
    assert.ok(tookMs < baseMs + 6 * 700, `${tookMs} ms`)
    await assertExact(scene)
  })
})

/** Pieces from the client until the schema is made, and some. */
const PIECES_MAX = 16

test('[STO-26] S26 the making of the schema is cut off after each message: it heals, and the books open sound', {
  skip: SERVICES_SKIP,
}, async () => {
  for (let pieces = 1; pieces <= PIECES_MAX; pieces++) {
    const { url, drop } = await services().postgres.newDatabase()
    const { port } = new URL(url)
    const proxy = await startTcpProxy(Number(port))
    proxy.cutAfter(pieces)
    const store = await openPostgresStore(url.replace(`:${port}/`, `:${proxy.port}/`))
    try {
      await until('it is well', () => store.ledger.trouble() === undefined)
      assertSound(await readBook(await store.ledger.openBook()))
    } finally {
      await store.close()
      await proxy.close()
      await drop()
    }
  }
})

describe('a PostgreSQL that is there', { skip: SERVICES_SKIP }, () => {
  test('[STO-16] S16 every connection is stuck: refused in time, and never more connections than configured', async (context) => {
    const { url, drop } = await services().postgres.newDatabase()
    const scene = await openPostgresScene(context, url)
    context.after(drop)
    await scene.ask({ key: scene.paid })
    const blocker = new Client({ connectionString: url })
    await blocker.connect()
    await blocker.query('BEGIN')
    await blocker.query('LOCK TABLE budget_windows, reservations IN ACCESS EXCLUSIVE MODE')
    const startedAtMs = performance.now()
    const asked = Promise.all(Array.from({ length: 200 }, () => scene.ask({ key: scene.paid })))
    const { rows } = await blocker.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    assert.ok(rows[0]!.count <= 10, `${rows[0]!.count} connections`)
    const answers = await asked
    assert.ok(performance.now() - startedAtMs < 12_000)
    for (const answer of answers) assertRefused(answer, 503, 'UNAVAILABLE')
    await blocker.query('ROLLBACK')
    await blocker.end()
    await until('it serves again', async () => (await scene.ask({ key: scene.paid })).status === 200)
    // What was committed after its client had been refused is given back.
    const isGivenBack = async () => (await readBooks(scene.place)).open.length === 0
    await until('nothing is open', isGivenBack, GIVEN_BACK_WITHIN_MS)
    await assertExact(scene)
  })

  test('[STO-25] S25 a key disabled and a budget lowered on one replica hold on the other within a second', async (context) => {
    const { url, drop } = await services().postgres.newDatabase()
    const scene = await openPostgresScene(context, url)
    const config = moneyConfig({ upstreamUrl: scene.billing.url, ledger: url })
    const other: MoneyGateway = await startMoneyGateway({ config, dataFolder: scene.place.folder(1) })
    context.after(async () => {
      await other.kill()
      await drop()
    })
    const onOther = async (key: string) => {
      const answer = await ask(other, {
        form: 'unary',
        id: `o${Math.random()}`,
        prompt: '',
        key,
        maxOutputTokens: 200,
      })
      scene.told.push(answer)
      return answer.status
    }
    const doomed = await makeKey(scene.gateway, 'doomed')
    assert.deepEqual([await onOther(doomed.secret), await onOther(scene.paid.secret)], [200, 200])
    await changeBudget(scene.gateway, scene.budgetId, 1)
    await administer(scene.gateway, 'POST', `/keys/${doomed.id}:disable`, {})
    const changedAtMs = performance.now()
    assert.equal(await onOther(scene.paid.secret), 429)
    await until('the key is refused', async () => (await onOther(doomed.secret)) !== 200)
    assert.ok(performance.now() - changedAtMs < 1_500, `${performance.now() - changedAtMs} ms`)
    await other.stop()
    await assertExact(scene)
  })
})
