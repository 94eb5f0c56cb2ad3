import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { budgetOf, LARGEST, people, spend } from '../../../test/contracts/ledger/subject.ts'
import { makeOldStore } from './old-store.fixture.ts'
import { openSqliteBook, openSqliteStore, restoreSqlite } from './store.ts'
import {
  allRows,
  assertSoundFolder,
  inDatabase,
  refusal,
  rowNamed,
  startChild,
  storeIn,
  temporaryFolder,
} from './testing.fixture.ts'

const EVERYTHING = { from: 0, to: 8e15, by: ['key'], filter: {}, limit: 0 } as const

test('sqlite: S12 L30 a backup under load is whole, and a restored one adds up', async (t) => {
  const folder = temporaryFolder(t)
  const store = await storeIn(t, folder)
  await people(store)
  await store.directory.createBudget(budgetOf('b', { limitNanoUsd: LARGEST }))
  for (let round = 0; round < 5; round++)
    await Promise.all(
      Array.from({ length: 400 }, (_, index) => spend(store.ledger, `before ${round} ${index}`, 3)),
    )
  let isOver = false
  let during = 0
  const load = (async () => {
    while (!isOver) await spend(store.ledger, `during ${during++}`, 3)
  })()
  const path = join(folder, 'copy.db')
  await store.ledger.backup(path)
  isOver = true
  await load
  assert.ok(during > 0, 'requests went on')
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.ok(!readdirSync(folder).some((name) => name.endsWith('.part')))

  const restored = join(temporaryFolder(t), 'new', 'data')
  await restoreSqlite(path, restored)
  await assertSoundFolder(restored)
  const again = await storeIn(t, restored)
  await again.ledger.recover()
  const ids = new Set((await allRows(again)).map(({ requestId }) => requestId))
  assert.equal([...ids].filter((id) => id.startsWith('before')).length, 2_000)
  const [sum] = await again.ledger.report(EVERYTHING)
  const budget = await again.directory.getBudget('b')
  assert.equal(sum?.billedNanoUsd, BigInt(budget?.spentNanoUsd ?? 0))
  assert.equal((await again.directory.getKey('k1'))?.id, 'k1')
  await again.ledger.settle(rowNamed('after'))
  await assertSoundFolder(restored)
})

test('sqlite: S12 a file that is there, and a folder that is not, are refused and left as they were', async (t) => {
  const folder = temporaryFolder(t)
  const { ledger } = await storeIn(t, folder)
  const taken = join(folder, 'taken.db')
  writeFileSync(taken, 'mine')
  await assert.rejects(ledger.backup(taken), refusal('failed_precondition', /exists already/))
  assert.equal(statSync(taken).size, 4)
  const nowhere = join(folder, 'nowhere', 'copy.db')
  await assert.rejects(ledger.backup(nowhere), refusal('failed_precondition', /Cannot write/))
  await ledger.settle(rowNamed('r1'))
})

test('sqlite: L30 a restore is refused where a database is, where a gateway runs, and from what is no backup', async (t) => {
  const source = temporaryFolder(t)
  const { ledger } = await storeIn(t, source)
  await ledger.settle(rowNamed('r1'))
  const backup = join(source, 'copy.db')
  await ledger.backup(backup)

  await assert.rejects(restoreSqlite(backup, source), refusal('failed_precondition', /is in use by process/))
  const used = temporaryFolder(t)
  await (await openSqliteStore(used)).close()
  await assert.rejects(restoreSqlite(backup, used), refusal('failed_precondition', /has a database already/))

  const empty = temporaryFolder(t)
  const tries: [string, (path: string) => void, RegExp][] = [
    ['missing.db', () => undefined, /There is no file/],
    ['garbage.db', (path) => writeFileSync(path, Buffer.alloc(8192, 'garbage ')), /is damaged/],
    ['foreign.db', (path) => new DatabaseSync(path).exec('CREATE TABLE a (b)'), /no data store of Wasat/],
    ['newer.db', (path) => makeNewer(backup, path), /newer Wasat/],
  ]
  for (const [name, make, text] of tries) {
    const path = join(source, name)
    make(path)
    await assert.rejects(restoreSqlite(path, empty), refusal('failed_precondition', text), name)
    assert.equal(existsSync(join(empty, 'wasat.db')), false, name)
  }
  await restoreSqlite(backup, empty)
  await assertSoundFolder(empty)
})

function makeNewer(backup: string, path: string): void {
  copyFileSync(backup, path)
  const database = new DatabaseSync(path)
  database.exec("INSERT INTO migrations VALUES (99, '0099-later', 'x', 1)")
  database.close()
}

test('sqlite: L30 the log of a database that was lost does not spoil the one that is restored', async (t) => {
  const source = temporaryFolder(t)
  const { ledger } = await storeIn(t, source)
  await ledger.settle(rowNamed('r1'))
  const backup = join(source, 'copy.db')
  await ledger.backup(backup)
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'wasat.db-wal'), 'what was lost')
  await restoreSqlite(backup, folder)
  await assertSoundFolder(folder)
  assert.ok(
    readdirSync(folder).some((name) => name.startsWith('wasat.db-wal.lost-')),
    'it is kept aside',
  )
})

test('[LDG-08] S26 an older backup is brought up to date when it is opened', async (t) => {
  const old = temporaryFolder(t)
  makeOldStore(old, 5)
  const folder = join(temporaryFolder(t), 'data')
  await restoreSqlite(join(old, 'wasat.db'), folder)
  await assert.rejects(openSqliteBook(folder), refusal('failed_precondition', /older Wasat/))
  const store = await storeIn(t, folder)
  assert.equal((await allRows(store)).length, 5)
})

// ---------------------------------------------------------------------------------------------
// Books.

test('sqlite: a book is one moment, beside a process that goes on writing', async (t) => {
  const folder = temporaryFolder(t)
  const { child, lines } = startChild(t, folder)
  for (let count = 0; count < 50; count++) await lines.next()
  const book = await openSqliteBook(folder)
  const before = await Array.fromAsync(book.requests())
  for (let count = 0; count < 200; count++) await lines.next()
  assert.deepEqual(await Array.fromAsync(book.requests()), before)
  await book.close()
  await assert.rejects(Array.fromAsync(book.requests()), /closed/)
  await assertSoundFolder(folder)
  child.kill('SIGKILL')
})

test('sqlite: a book of nothing is refused, and nothing is made', async (t) => {
  const folder = join(temporaryFolder(t), 'data')
  mkdirSync(folder)
  await assert.rejects(openSqliteBook(folder), refusal('failed_precondition', /has no database/))
  assert.deepEqual(readdirSync(folder), [])
})

test('sqlite: a book of a closed database changes nothing in it', async (t) => {
  const folder = temporaryFolder(t)
  const store = await openSqliteStore(folder)
  await store.ledger.settle(rowNamed('r1'))
  await store.close()
  await assertSoundFolder(folder)
  const rows = inDatabase(folder, (database) =>
    database.prepare('SELECT count(*) AS rows FROM requests').get(),
  )
  assert.deepEqual({ ...rows }, { rows: 1 })
})
