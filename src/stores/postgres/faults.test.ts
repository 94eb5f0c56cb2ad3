/** The server goes away, comes back, and answers that nobody hears. Each test has a server or a way to it of its own. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  admit,
  assertSound,
  budgetOf,
  hasCode,
  people,
  reservationOf,
  rowOf,
  standing,
} from '../../../test/contracts/ledger/subject.ts'
import type { LedgerDoors } from '../../../test/contracts/ledger.ts'
import type { PostgresServer } from '../../../test/servers/postgres-server.ts'
import { SERVICES_SKIP, startPostgres } from '../../../test/servers/services.ts'
import { startTcpProxy, type TcpProxy } from '../../../test/servers/tcp-proxy.ts'
import { openPostgresStore, type PostgresStore } from './store.ts'
import { execute, takeDatabase } from './subject.fixture.ts'

const skip = SERVICES_SKIP
/** A server that starts again recovers for a moment, and is looked for a few times a second. */
const HEAL_MS = 10_000

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** A store that reaches the shared server through a proxy. */
async function proxied(t: TestContext): Promise<{ store: PostgresStore; proxy: TcpProxy; url: string }> {
  const { url, giveBack } = await takeDatabase()
  const address = new URL(url)
  const proxy = await startTcpProxy(Number(address.port))
  address.port = String(proxy.port)
  const store = await openPostgresStore(address.href, { connectionsMax: 4 })
  t.after(async () => {
    await store.close()
    await proxy.close()
    await giveBack()
  })
  await people(store)
  return { store, proxy, url }
}

async function privateServer(t: TestContext): Promise<PostgresServer> {
  const server = await startPostgres()
  t.after(() => server.dispose())
  return server
}

async function healed(store: LedgerDoors): Promise<void> {
  const deadline = performance.now() + HEAL_MS
  while (store.ledger.trouble() !== undefined) {
    assert.ok(performance.now() < deadline, `still in trouble: ${store.ledger.trouble()}`)
    await sleep(20)
  }
}

// ---------------------------------------------------------------------------------------------
// Answers that are lost after the commit.

test('[PGL-02] S15 a reserve whose answer is lost is found again, and taken once', { skip }, async (t) => {
  const { store, proxy } = await proxied(t)
  await store.directory.createBudget(budgetOf('b'))
  const cut = proxy.cutAnswerTo('wasat.reserve')
  const admittedAt = await admit(store.ledger, reservationOf('r1'))
  await cut
  assert.deepEqual(await standing(store, 'b'), [0, 100])
  await assert.rejects(store.ledger.reserve(reservationOf('r1')), hasCode('already_exists'))
  await store.ledger.settle(rowOf(reservationOf('r1'), admittedAt, 60))
  await assertSound(store.ledger)
})

test('[PGL-02] S15 a settle whose answer is lost is done once', { skip }, async (t) => {
  const { store, proxy } = await proxied(t)
  await store.directory.createBudget(budgetOf('b', { limitNanoUsd: 10_000 }))
  const ids = numbers(20).map((n) => `r${n}`)
  const rows = await Promise.all(
    ids.map(async (id) => rowOf(reservationOf(id), await admit(store.ledger, reservationOf(id)), 60)),
  )
  const cut = proxy.cutAnswerTo('wasat.settle')
  await Promise.all(rows.map((row) => store.ledger.settle(row)))
  await cut
  assert.deepEqual(await standing(store, 'b'), [20 * 60, 0])
  await assertSound(store.ledger)
})

test('[PGL-02] what was taken by a reserve that was given up is given back', { skip }, async (t) => {
  const { store, proxy, url } = await proxied(t)
  await store.directory.createBudget(budgetOf('b'))
  void proxy.cutAnswerTo('wasat.reserve').then(proxy.cutAll)
  await assert.rejects(store.ledger.reserve(reservationOf('r1')), hasCode('store_unavailable'))
  const reserved = 'SELECT reserved_nano_usd AS reserved FROM wasat.budget_windows'
  assert.deepEqual(await execute(url, reserved), [{ reserved: '100' }])
  proxy.restore()
  await healed(store)
  const deadline = performance.now() + HEAL_MS
  while ((await standing(store, 'b'))[1] !== 0) {
    assert.ok(performance.now() < deadline, 'it was never given back')
    await sleep(50)
  }
  await assertSound(store.ledger)
})

test('[PGL-03] every connection is cut under load: nobody waits for long, nothing is lost or done twice', {
  skip,
}, async (t) => {
  const { store, proxy } = await proxied(t)
  await store.directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000_000 }))
  const outcomes = { settled: 0, refused: 0 }
  const request = async (id: string): Promise<void> => {
    const reservation = reservationOf(id)
    const reserved = await store.ledger.reserve(reservation).catch((error: unknown) => {
      assert.ok(hasCode('store_unavailable')(error), String(error))
      outcomes.refused++
      return undefined
    })
    if (!reserved?.granted) return
    await store.ledger.settle(rowOf(reservation, reserved.admittedAt, 50))
    outcomes.settled++
  }
  let isOver = false
  const worker = async (name: number): Promise<void> => {
    for (let n = 0; !isOver; n++) await request(`r${name}-${n}`)
  }
  const workers = numbers(10).map(worker)
  for (const _ of numbers(4)) {
    await sleep(150)
    proxy.cutAll()
    await sleep(100)
    proxy.restore()
  }
  await healed(store)
  isOver = true
  await Promise.all(workers)
  assert.ok(outcomes.settled > 20, JSON.stringify(outcomes))
  const [spent] = await standing(store, 'b')
  assert.equal(spent, outcomes.settled * 50)
  await assertSound(store.ledger)
})

test('[PGL-03] S18 a server that is frozen is given up in time, and heals by itself', { skip }, async (t) => {
  const { store, proxy } = await proxied(t)
  await store.directory.createBudget(budgetOf('b'))
  const admittedAt = await admit(store.ledger, reservationOf('r1'))
  proxy.freeze()
  const startedAt = performance.now()
  await assert.rejects(store.ledger.reserve(reservationOf('r2')), hasCode('store_unavailable'))
  const waitedMs = performance.now() - startedAt
  assert.ok(waitedMs < 3_500, `refused after ${waitedMs} ms`)
  await assert.rejects(store.directory.getKey('k1'), hasCode('store_unavailable'))
  proxy.thaw()
  await healed(store)
  await store.ledger.settle(rowOf(reservationOf('r1'), admittedAt, 60))
  assert.equal((await standing(store, 'b'))[0], 60)
  await assertSound(store.ledger)
})

// ---------------------------------------------------------------------------------------------
// A server of one's own.

test('[PGL-03] S22 S13 down at the start, stopped and killed: each time it heals by itself', {
  skip,
}, async (t) => {
  const server = await privateServer(t)
  await server.stop()
  const store = await openPostgresStore(server.url, { connectionsMax: 4 })
  t.after(() => store.close())
  assert.match(store.ledger.trouble() ?? '', /ECONNREFUSED/)
  await assert.rejects(store.directory.getKey('k1'), hasCode('store_unavailable'))
  await assert.rejects(store.ledger.reserve(reservationOf('r0')), hasCode('store_unavailable'))
  await server.start()
  await healed(store)
  await people(store)
  await store.directory.createBudget(budgetOf('b', { limitNanoUsd: 10_000 }))

  const faults: [string, () => Promise<void>, () => Promise<void>][] = [
    ['stopped', () => server.stop('fast'), server.start],
    ['immediately stopped', () => server.stop('immediate'), server.start],
    ['killed', server.kill, server.start],
  ]
  let spent = 0
  for (const [name, breakIt, mend] of faults) {
    const admittedAt = await admit(store.ledger, reservationOf(name))
    await breakIt()
    const startedAt = performance.now()
    await assert.rejects(store.ledger.reserve(reservationOf(`${name} no`)), hasCode('store_unavailable'))
    assert.ok(performance.now() - startedAt < 3_000, `${name}: refused in time`)
    assert.ok(store.ledger.trouble() !== undefined)
    // A settlement waits for a server that comes back within seconds.
    const settled = store.ledger.settle(rowOf(reservationOf(name), admittedAt, 60)).then(
      () => true,
      (error: unknown) => {
        assert.ok(hasCode('store_unavailable')(error), String(error))
        return false
      },
    )
    await mend()
    await healed(store)
    if (!(await settled)) await store.ledger.settle(rowOf(reservationOf(name), admittedAt, 60))
    spent += 60
    assert.deepEqual(await standing(store, 'b'), [spent, 0], name)
  }
  await assertSound(store.ledger)
})
