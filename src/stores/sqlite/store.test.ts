import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { resourceTableContract } from '../../../test/contracts/resource-table.ts'
import { type StoreSubject, storeContract, usageRow } from '../../../test/contracts/store.ts'
import { GatewayError } from '../../errors.ts'
import type { Store, UsageRow } from '../../nouns.ts'
import { type Migration, readMigrations } from './migrations.ts'
import { QUEUE_ROWS_MAX } from './requests.ts'
import { isDataFolderInUse, openSqliteStore, openWith } from './store.ts'

const CHILD = new URL('./store-child.fixture.ts', import.meta.url).pathname

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
    usageRows: async () => readRows(folder),
    dispose: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-store-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function inDatabase<Result>(folder: string, work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(join(folder, 'wasat.db'))
  try {
    return work(database)
  } finally {
    database.close()
  }
}

/** The ledger's rows by plain SQL, as `UsageRow`s. */
function readRows(folder: string): UsageRow[] {
  const rows = inDatabase(folder, (database) =>
    database.prepare('SELECT * FROM requests ORDER BY rowid').all(),
  )
  const money = ['project_id', 'price_version', 'reserved_nano_usd', 'billed_nano_usd']
  return rows.map((row) => {
    const entries = Object.entries(row).filter(([column, value]) => {
      if (!money.includes(column)) return true
      assert.equal(value, null, `${column} waits for prices`)
      return false
    })
    const camel = (column: string): string =>
      column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    return Object.fromEntries(
      entries.map(([column, value]) => [camel(column), value ?? undefined]),
    ) as unknown as UsageRow
  })
}

function refusal(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, text)
    assert.ok(error.hint, 'a refusal to start says what to do')
    return true
  }
}

// ---------------------------------------------------------------------------------------------
// Files and settings of the database.

test('sqlite: the folder is 0700 and every file 0600', async (t) => {
  const folder = join(temporaryFolder(t), 'deep', 'data')
  const store = await openSqliteStore(folder)
  t.after(() => store.close())
  await store.ledger.append(usageRow('r1'))
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

test('sqlite: the ledger is append-only, also for REPLACE', async (t) => {
  const folder = temporaryFolder(t)
  const store = await openSqliteStore(folder)
  t.after(() => store.close())
  await store.ledger.append(usageRow('r1'))
  inDatabase(folder, (database) => {
    database.exec('PRAGMA recursive_triggers = ON')
    const all = 'SELECT * FROM requests'
    assert.throws(() => database.exec('UPDATE requests SET billed_nano_usd = 1'), /append-only/)
    assert.throws(() => database.exec('DELETE FROM requests'), /append-only/)
    assert.throws(() => database.exec(`INSERT OR REPLACE INTO requests ${all}`), /append-only/)
  })
  assert.deepEqual(readRows(folder), [usageRow('r1')])
})

test('S11: a damaged file is refused and left as it was', async (t) => {
  const folder = temporaryFolder(t)
  const garbage = Buffer.alloc(8192, 'not a database ')
  writeFileSync(join(folder, 'wasat.db'), garbage)
  await assert.rejects(openSqliteStore(folder), refusal('store_unavailable', /wasat\.db: .*not a database/))
  assert.deepEqual(readFileSync(join(folder, 'wasat.db')), garbage)
  assert.equal(isDataFolderInUse(folder), undefined)
})

test('S01: a write waits for another connection, then refuses every row and recovers', async (t) => {
  const folder = temporaryFolder(t)
  const store = await openSqliteStore(folder)
  t.after(() => store.close())
  const other = new DatabaseSync(join(folder, 'wasat.db'))
  other.exec('BEGIN IMMEDIATE')
  const startedAt = performance.now()
  const results = await Promise.allSettled(['r1', 'r2'].map((id) => store.ledger.append(usageRow(id))))
  assert.ok(performance.now() - startedAt >= 4_500, 'waited for the busy timeout')
  for (const result of results)
    assert.equal((result as PromiseRejectedResult).reason.code, 'store_unavailable')
  other.exec('ROLLBACK')
  other.close()
  await store.ledger.append(usageRow('r1'))
  assert.deepEqual(readRows(folder), [usageRow('r1')])
})

test('S02: when the disk takes no more, rows are refused and those told durable are there', async (t) => {
  if (process.platform === 'win32') return t.skip('needs a limit on the size of files')
  const folder = temporaryFolder(t)
  const { child, lines } = startChild(t, folder, 'ulimit -f 2048')
  const printed: string[] = []
  for await (const line of lines) printed.push(line)
  assert.equal(child.exitCode ?? (await once(child, 'close'))[0], 0)
  assert.equal(printed.pop(), 'store_unavailable')
  assert.ok(printed.length > 100, `${printed.length} rows fitted`)
  assertSound(folder, new Set(printed))
  const store = await openSqliteStore(folder)
  await store.ledger.append(usageRow('there is room again'))
  await store.close()
})

test('sqlite: the queue of rows is bounded', async (t) => {
  const folder = temporaryFolder(t)
  const store = await openSqliteStore(folder)
  t.after(() => store.close())
  const row = usageRow('same')
  const appends = Array.from({ length: QUEUE_ROWS_MAX + 1 }, () => store.ledger.append(row))
  const results = await Promise.allSettled(appends)
  assert.equal(results[0]?.status, 'fulfilled')
  assert.equal((results[1] as PromiseRejectedResult).reason.code, 'already_exists')
  assert.equal((results.at(-1) as PromiseRejectedResult).reason.code, 'store_unavailable')
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
  await store.ledger.append(usageRow('r1'))
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

// ---------------------------------------------------------------------------------------------
// Kill.

test('S05: no row that was told durable is lost when the process is killed', async (t) => {
  const folder = temporaryFolder(t)
  const printed = new Set<string>()
  for (let round = 0; round < 10; round++) {
    const { child, lines } = startChild(t, folder)
    let left = 1 + Math.floor(Math.random() * 400)
    for await (const line of lines) {
      printed.add(line)
      if (--left === 0) child.kill('SIGKILL')
    }
    assert.equal(child.signalCode ?? (await once(child, 'close'))[1], 'SIGKILL')
    assertSound(folder, printed)
  }
  const store = await openSqliteStore(folder)
  await store.ledger.append(usageRow('after the kills'))
  await store.close()
})

function assertSound(folder: string, printed: ReadonlySet<string>): void {
  const check = inDatabase(folder, (database) => database.prepare('PRAGMA integrity_check').get())
  assert.deepEqual({ ...check }, { integrity_check: 'ok' })
  const stored = new Set(readRows(folder).map((row) => row.requestId))
  const lost = [...printed].filter((id) => !stored.has(id))
  assert.deepEqual(lost, [])
}

interface RunningChild {
  readonly child: ChildProcess
  readonly lines: AsyncIterator<string> & AsyncIterable<string>
}

/** A process that opens the folder, appends without end and prints each request id once its row is durable. */
function startChild(t: TestContext, folder: string, limit = ':'): RunningChild {
  const script = `${limit} && exec "$0" "$@"`
  const child = spawn('/bin/sh', ['-c', script, process.execPath, CHILD, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

// ---------------------------------------------------------------------------------------------
// Migrations.

const FIRST: Migration = { number: 1, name: '0001-one', sql: 'CREATE TABLE one (a)', checksum: 'c1' }
const SECOND: Migration = { number: 2, name: '0002-two', sql: 'CREATE TABLE two (a)', checksum: 'c2' }

async function migrate(folder: string, migrations: readonly Migration[]): Promise<void> {
  // The room's real tables come first, because a store prepares its statements on them.
  const real = readMigrations(new URL('./migrations/', import.meta.url))
  const shifted = migrations.map((migration) => ({ ...migration, number: migration.number + real.length }))
  const store: Store = await openWith(folder, [...real, ...shifted])
  await store.close()
}

function history(folder: string): unknown[] {
  return inDatabase(folder, (database) => database.prepare('SELECT * FROM migrations ORDER BY number').all())
}

test('sqlite: opening again applies nothing', async (t) => {
  const folder = temporaryFolder(t)
  await migrate(folder, [FIRST])
  const before = history(folder)
  await migrate(folder, [FIRST])
  assert.deepEqual(history(folder), before)
  await migrate(folder, [FIRST, SECOND])
  assert.deepEqual(history(folder).slice(0, -1), before)
})

test('S11: a changed migration is refused, and nothing is touched', async (t) => {
  const folder = temporaryFolder(t)
  await migrate(folder, [FIRST])
  const before = history(folder)
  const changed = { ...FIRST, checksum: 'other' }
  await assert.rejects(
    migrate(folder, [changed, SECOND]),
    refusal('failed_precondition', /another text .*0001-one/),
  )
  assert.deepEqual(history(folder), before)
})

test('S11: a newer schema is refused', async (t) => {
  const folder = temporaryFolder(t)
  await migrate(folder, [FIRST, SECOND])
  await assert.rejects(migrate(folder, [FIRST]), refusal('failed_precondition', /newer Wasat: .*0002-two/))
})

test('S26: a migration that fails half way leaves nothing, and its cure is applied', async (t) => {
  const folder = temporaryFolder(t)
  const broken = { ...SECOND, sql: 'CREATE TABLE two (a); CREATE TABLE one (a)' }
  await assert.rejects(migrate(folder, [FIRST, broken]), refusal('store_unavailable', /0002-two failed/))
  const tables = inDatabase(folder, (database) =>
    database.prepare("SELECT name FROM sqlite_schema WHERE name IN ('one', 'two')").all(),
  )
  assert.deepEqual(
    tables.map((table) => table.name),
    ['one'],
  )
  assert.equal(isDataFolderInUse(folder), undefined)
  await migrate(folder, [FIRST, SECOND])
})

test('sqlite: migration files are numbered without gaps, and line ends do not count', (t) => {
  const folder = temporaryFolder(t)
  const url = pathToFileURL(`${folder}/`)
  writeFileSync(join(folder, '0001-one.sql'), 'CREATE TABLE one (\n  a\n);\n')
  writeFileSync(join(folder, 'notes.txt'), 'not a migration')
  const [unix] = readMigrations(url)
  writeFileSync(join(folder, '0001-one.sql'), 'CREATE TABLE one (\r\n  a\r\n);\r\n')
  const [windows] = readMigrations(url)
  assert.equal(windows?.checksum, unix?.checksum)
  assert.deepEqual([unix?.number, unix?.name], [1, '0001-one'])
  writeFileSync(join(folder, '0003-three.sql'), '')
  assert.throws(() => readMigrations(url), /0003-three should have number 2/)
})
