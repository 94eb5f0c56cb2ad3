import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import {
  admit,
  budgetOf,
  hasCode,
  LARGEST,
  reservationOf,
  standing,
} from '../../../test/contracts/ledger/subject.ts'
import { resourceRow } from '../../../test/contracts/resource-table.ts'
import { keyRecord } from '../../../test/contracts/store.ts'
import { WAL_BYTES_MAX } from './book.ts'
import { openSqliteStore, type SqliteStore } from './store.ts'
import {
  allRows,
  assertSoundFolder,
  inDatabase,
  rowNamed,
  startChild,
  storeIn,
  temporaryFolder,
} from './testing.fixture.ts'
import { LOCKED_MS_MAX, QUEUE_ROWS_MAX } from './writer.ts'

/** Holds the database as another process would; returns what lets it go. */
function lock(folder: string): () => void {
  const other = new DatabaseSync(join(folder, 'wasat.db'))
  other.exec('BEGIN EXCLUSIVE')
  return () => {
    other.exec('ROLLBACK')
    other.close()
  }
}

/** Through the queue. */
const queued = ({ directory, ledger }: SqliteStore): Promise<unknown>[] => [
  ledger.settle(rowNamed('r1')),
  ledger.reserve(reservationOf('r2', { projectId: undefined })),
  directory.createKey(keyRecord()),
  directory.createBudget(budgetOf('b')),
  directory.initSetting('a', 'b'),
]
const writes = (store: SqliteStore): Promise<unknown>[] => [
  ...queued(store),
  store.resources.insert(resourceRow()),
]

/** Turns of the event loop while something is under way. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  await work()
  clearInterval(timer)
  return turns
}

// ---------------------------------------------------------------------------------------------
// Locks.

test('[LEDGER-05] S01 while another process holds the database, writes wait and the event loop does not', async (t) => {
  const folder = temporaryFolder(t)
  const store = await storeIn(t, folder)
  const unlock = lock(folder)
  const turns = await turnsDuring(async () => {
    const all = Promise.all(writes(store))
    assert.equal(await store.directory.getKey('k1'), undefined, 'reading goes on')
    setTimeout(unlock, 300)
    await all
  })
  assert.ok(turns >= 20, `${turns} turns in 300 ms`)
  assert.equal(store.ledger.trouble(), undefined)
  assert.equal((await store.directory.getKey('k1'))?.id, 'k1')
  assert.deepEqual(await standing(store, 'b'), [5, 100])
})

test('[LEDGER-05] S01 after five seconds it refuses everything, tells it, and recovers', async (t) => {
  const folder = temporaryFolder(t)
  const store = await storeIn(t, folder)
  const unlock = lock(folder)
  const startedAtMs = performance.now()
  const results = await Promise.allSettled(writes(store))
  const waitedMs = performance.now() - startedAtMs
  assert.ok(waitedMs >= LOCKED_MS_MAX - 100, `waited ${waitedMs} ms`)
  const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'fine'))
  assert.deepEqual(codes, Array(6).fill('store_unavailable'))
  assert.match(store.ledger.trouble() ?? '', /locked/)
  unlock()
  await Promise.all(writes(store))
  assert.equal(store.ledger.trouble(), undefined)
  await assertSoundFolder(folder)
})

test('[LEDGER-05] S01 what waits for a lock at the end is written before it closes', async (t) => {
  const folder = temporaryFolder(t)
  const store = await openSqliteStore(folder)
  const unlock = lock(folder)
  const waiting = Promise.all(queued(store))
  setTimeout(unlock, 100)
  await store.close()
  await waiting
  assert.equal((await allRows(await storeIn(t, folder))).length, 1)
})

// ---------------------------------------------------------------------------------------------
// Disks.

/** What a damaged schema does, or a disk: every settlement fails, after its budget was moved. */
const breakRows = (folder: string): void =>
  inDatabase(folder, (database) => database.exec('ALTER TABLE commits RENAME TO commits_away'))
const mendRows = (folder: string): void =>
  inDatabase(folder, (database) => database.exec('ALTER TABLE commits_away RENAME TO commits'))

test('[LEDGER-05] S03 a commit that fails leaves nothing half done, and trouble lasts until one succeeds', async (t) => {
  const folder = temporaryFolder(t)
  const store = await storeIn(t, folder)
  const { directory, ledger } = store
  await directory.createBudget(budgetOf('b', { alertPercent: 1 }))
  const reservation = reservationOf('r1', { projectId: undefined })
  const admittedAt = await admit(ledger, reservation)
  breakRows(folder)
  const row = rowNamed('r1', { admittedAt, reservedNanoUsd: 100, billedNanoUsd: 60 })
  await assert.rejects(ledger.settle(row), hasCode('store_unavailable'))
  await assert.rejects(ledger.reserve(reservationOf('r2')), hasCode('store_unavailable'))
  await assert.rejects(directory.createBudget(budgetOf('c', { period: 'day' })), hasCode('store_unavailable'))
  assert.match(ledger.trouble() ?? '', /commits/)
  assert.deepEqual(await standing(store, 'b'), [0, 100])
  assert.equal(await directory.getBudget('c'), undefined)
  mendRows(folder)
  assert.equal((await ledger.settle(row)).length, 1, 'the alert was not lost with the commit')
  assert.equal(ledger.trouble(), undefined)
  assert.deepEqual(await standing(store, 'b'), [60, 0])
})

test('[LEDGER-05] S02 trouble ends by itself: nobody need come for the disk to be tried again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const folder = temporaryFolder(t)
  const { ledger } = await storeIn(t, folder)
  breakRows(folder)
  await assert.rejects(ledger.settle(rowNamed('r1')), hasCode('store_unavailable'))
  assert.ok(ledger.trouble())
  mendRows(folder)
  t.mock.timers.tick(5_000)
  // The probe waits for its turn behind this one.
  await ledger.reserve(reservationOf('r2', { projectId: undefined }))
  assert.equal(ledger.trouble(), undefined)
})

test('[LEDGER-05] S02 when the disk takes no more, requests are refused and those told durable are there', async (t) => {
  if (process.platform === 'win32') return t.skip('needs a limit on the size of files')
  const folder = temporaryFolder(t)
  const { child, lines } = startChild(t, folder, 'ulimit -f 4096')
  const printed: string[] = []
  for await (const line of lines) printed.push(line)
  assert.equal(child.exitCode ?? (await once(child, 'close'))[0], 0)
  assert.equal(printed.pop(), 'store_unavailable')
  assert.ok(printed.length > 100, `${printed.length} requests fitted`)
  const store = await storeIn(t, folder)
  await store.ledger.recover()
  await assertHolds(store, printed)
  await store.ledger.settle(rowNamed('there is room again'))
  await assertSoundFolder(folder)
})

async function assertHolds(store: SqliteStore, printed: Iterable<string>): Promise<void> {
  const rows = new Map((await allRows(store)).map((row) => [row.requestId, row]))
  const lost = [...printed].filter((id) => rows.get(id)?.outcome !== 'complete')
  assert.deepEqual(lost, [])
}

// ---------------------------------------------------------------------------------------------
// The file.

/** A store whose watch is in the test's hand. */
async function watched(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const folder = temporaryFolder(t)
  return { folder, path: join(folder, 'wasat.db'), store: await storeIn(t, folder) }
}

test('[LEDGER-05] S08 a file that is gone is noticed, and nothing is written to nowhere', async (t) => {
  const { path, store } = await watched(t)
  await store.ledger.settle(rowNamed('r1'))
  t.mock.timers.tick(5_000)
  assert.equal(store.ledger.trouble(), undefined)
  renameSync(path, `${path}.moved`)
  t.mock.timers.tick(5_000)
  assert.match(store.ledger.trouble() ?? '', /deleted or replaced/)
  for (const write of writes(store)) await assert.rejects(write, hasCode('store_unavailable'))
  await assert.rejects(store.directory.getKey('k1'), hasCode('store_unavailable'))
  await assert.rejects(store.ledger.recover(), hasCode('store_unavailable'))
  assert.equal(existsSync(path), false, 'and none is made anew')
})

test('[LEDGER-05] S08 a file in its place is not taken for it, and its log is left alone', async (t) => {
  const { path, store } = await watched(t)
  renameSync(path, `${path}.moved`)
  writeFileSync(path, 'another database')
  t.mock.timers.tick(5_000)
  await assert.rejects(store.ledger.settle(rowNamed('r1')), hasCode('store_unavailable'))
  writeFileSync(`${path}-wal`, 'the log of another database')
  await store.close()
  assert.equal(existsSync(`${path}-wal`), true)
})

test('[LEDGER-05] S09 a book that keeps the log from being tidied up is given up', async (t) => {
  const { path, store } = await watched(t)
  await store.ledger.settle(rowNamed('r1'))
  const book = await store.ledger.openBook()
  assert.equal((await Array.fromAsync(book.requests())).length, 1)
  // What lies behind the last frame of the log is nothing to SQLite.
  truncateSync(`${path}-wal`, WAL_BYTES_MAX + 1)
  t.mock.timers.tick(5_000)
  await assert.rejects(Array.fromAsync(book.requests()), hasCode('store_unavailable'))
  assert.match(store.ledger.trouble() ?? '', /257|256 MiB/)
  await book.close()
  truncateSync(`${path}-wal`, 0)
  t.mock.timers.tick(5_000)
  assert.equal(store.ledger.trouble(), undefined)
})

// ---------------------------------------------------------------------------------------------
// Bounds.

test('sqlite: the queue of rows is bounded', async (t) => {
  const { directory, ledger } = await storeIn(t, temporaryFolder(t))
  await directory.createBudget(budgetOf('b'))
  // Refused by the budget, which costs the disk nothing.
  const unpriced = reservationOf('r1', { isPriced: false })
  const answers = Array.from({ length: QUEUE_ROWS_MAX + 1 }, () => ledger.reserve(unpriced))
  const results = await Promise.allSettled(answers)
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, QUEUE_ROWS_MAX)
  assert.equal((results.at(-1) as PromiseRejectedResult).reason.code, 'store_unavailable')
})

test('sqlite: a soft budget goes on where a double ends', async (t) => {
  const store = await storeIn(t, temporaryFolder(t))
  await store.directory.createBudget(budgetOf('b', { hardStop: false }))
  const huge = { billedNanoUsd: LARGEST, candidatesTokens: LARGEST, promptTokens: 0, cachedTokens: 0 }
  for (const id of ['r1', 'r2', 'r3']) await store.ledger.settle(rowNamed(id, huge))
  assert.deepEqual(await standing(store, 'b'), [LARGEST, 0])
})

// ---------------------------------------------------------------------------------------------
// Kill.

const KILLS = 6

test('[LEDGER-02] S05 nothing that was told durable is lost when the process is killed, and nothing stays open', async (t) => {
  const folder = temporaryFolder(t)
  const printed = new Set<string>()
  for (let round = 0; round < KILLS; round++) {
    const { child, lines } = startChild(t, folder)
    let left = 1 + Math.floor(Math.random() * 400)
    for await (const line of lines) {
      printed.add(line)
      if (--left === 0) child.kill('SIGKILL')
    }
    assert.equal(child.signalCode ?? (await once(child, 'close'))[1], 'SIGKILL')
    await assertSoundFolder(folder)
  }
  const store = await storeIn(t, folder)
  await store.ledger.recover()
  await assertHolds(store, printed)
  assert.equal((await store.directory.getBudget('b'))?.reservedNanoUsd, 0)
  await assertSoundFolder(folder)
})
