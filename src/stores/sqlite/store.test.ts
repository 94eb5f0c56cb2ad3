import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resourceTableContract } from '../../../test/contracts/resource-table.ts'
import { type StoreSubject, storeContract } from '../../../test/contracts/store.ts'
import { isDataFolderInUse, openSqliteStore } from './store.ts'
import { refusal, rowNamed, startChild, storeIn, temporaryFolder } from './testing.fixture.ts'

storeContract('sqlite', openSubject)
resourceTableContract('sqlite', openSubject)

async function openSubject(): Promise<StoreSubject> {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-store-'))
  let store = await openSqliteStore(folder)
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openSqliteStore(folder)
      return store
    },
    dispose: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

// ---------------------------------------------------------------------------------------------
// Files and settings of the database.

test('sqlite: the folder is 0700 and every file 0600', async (t) => {
  const folder = join(temporaryFolder(t), 'deep', 'data')
  const store = await openSqliteStore(folder)
  t.after(() => store.close())
  await store.ledger.settle(rowNamed('r1'))
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  for (const name of ['wasat.db', 'wasat.db-wal', 'wasat.db-shm', 'lock.db', 'wasat.lock']) {
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
  }
})

test('sqlite: a database that others could read is narrowed, an existing folder keeps its mode', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'shared'), { mode: 0o755 })
  writeFileSync(join(folder, 'shared', 'wasat.db'), '', { mode: 0o644 })
  const store = await openSqliteStore(join(folder, 'shared'))
  t.after(() => store.close())
  assert.equal(statSync(join(folder, 'shared', 'wasat.db')).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, 'shared')).mode & 0o777, 0o755)
})

test('sqlite: where only the log of a database is left, none is made anew', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'wasat.db-wal'), 'what was not yet in the file')
  await assert.rejects(
    openSqliteStore(folder),
    refusal('failed_precondition', /is gone; only its log is left/),
  )
  assert.equal(existsSync(join(folder, 'wasat.db')), false)
  assert.equal(isDataFolderInUse(folder), undefined)
  rmSync(join(folder, 'wasat.db-wal'))
  await storeIn(t, folder)
})

test('S11: a damaged file is refused and left as it was', async (t) => {
  const folder = temporaryFolder(t)
  const garbage = Buffer.alloc(8192, 'not a database ')
  writeFileSync(join(folder, 'wasat.db'), garbage)
  await assert.rejects(openSqliteStore(folder), refusal('store_unavailable', /wasat\.db: .*not a database/))
  assert.deepEqual(readFileSync(join(folder, 'wasat.db')), garbage)
  assert.equal(isDataFolderInUse(folder), undefined)
})

// ---------------------------------------------------------------------------------------------
// One process per folder.

test('S10: a second opener is refused and told the pid, until the first closes', async (t) => {
  const folder = temporaryFolder(t)
  assert.equal(isDataFolderInUse(folder), undefined)
  const store = await openSqliteStore(folder)
  assert.deepEqual(isDataFolderInUse(folder), { pid: process.pid })
  await assert.rejects(
    openSqliteStore(folder),
    refusal('failed_precondition', new RegExp(`process ${process.pid}\\.`)),
  )
  await store.ledger.settle(rowNamed('r1'))
  await store.close()
  assert.equal(existsSync(join(folder, 'wasat.lock')), false)
  assert.equal(isDataFolderInUse(folder), undefined)
  const next = await openSqliteStore(folder)
  await next.close()
})

test('S10: another process is named, and its lock ends with its life', async (t) => {
  const folder = temporaryFolder(t)
  const { child, lines } = startChild(t, folder)
  await lines.next()
  assert.deepEqual(isDataFolderInUse(folder), { pid: child.pid })
  await assert.rejects(
    openSqliteStore(folder),
    refusal('failed_precondition', new RegExp(`process ${child.pid}\\.`)),
  )
  child.kill('SIGKILL')
  await once(child, 'close')
  assert.equal(existsSync(join(folder, 'wasat.lock')), true, 'the dead process left its name')
  assert.equal(isDataFolderInUse(folder), undefined)
  const store = await openSqliteStore(folder)
  assert.deepEqual(isDataFolderInUse(folder), { pid: process.pid })
  await store.close()
})
