import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { reservationOf, UNIT_PRICE } from '../../../test/contracts/ledger/subject.ts'
import { type Migration, readMigrations } from '../migration-files.ts'
import { MIGRATIONS } from './migrations.ts'
import { makeOldStore, OLD_ADMITTED_AT, OLD_MIGRATIONS } from './old-store.fixture.ts'
import { isDataFolderInUse, openWith } from './store.ts'
import {
  allRows,
  assertSoundFolder,
  inDatabase,
  refusal,
  rowNamed,
  storeIn,
  temporaryFolder,
} from './testing.fixture.ts'

const FIRST: Migration = { number: 1, name: '0001-one', sql: 'CREATE TABLE one (a)', checksum: 'c1' }
const SECOND: Migration = { number: 2, name: '0002-two', sql: 'CREATE TABLE two (a)', checksum: 'c2' }

async function migrate(folder: string, migrations: readonly Migration[]): Promise<void> {
  // The room's real tables come first, because a store prepares its statements on them.
  const real = readMigrations(MIGRATIONS)
  const shifted = migrations.map((migration) => ({ ...migration, number: migration.number + real.length }))
  const store = await openWith(folder, [...real, ...shifted])
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

// ---------------------------------------------------------------------------------------------
// From the release before money.

const OLD_ROWS = 60

test('[LDG-08] rows of an older version stay, are summed up, and have no reservation', async (t) => {
  const folder = temporaryFolder(t)
  makeOldStore(folder, OLD_ROWS)
  const store = await storeIn(t, folder)
  const { directory, ledger } = store
  const rows = await allRows(store)
  assert.deepEqual(
    rows.map(({ requestId }) => requestId),
    Array.from({ length: OLD_ROWS }, (_, index) => `old ${String(index).padStart(4, '0')}`),
  )
  assert.deepEqual(
    { ...rows[0], settledAt: 0 },
    {
      ...{
        requestId: 'old 0000',
        keyId: 'k1',
        projectId: undefined,
        admittedAt: OLD_ADMITTED_AT,
        settledAt: 0,
      },
      ...{ verb: 'generateContent', model: 'm1', tags: undefined, outcome: 'complete', status: 200 },
      ...{
        upstream: 'sandbox',
        upstreamModel: 'm1',
        modelVersion: undefined,
        attempts: 1,
        usageSource: 'final',
      },
      ...{ tier: 'standard', promptTokens: 10, cachedTokens: 4, candidatesTokens: 20, thoughtsTokens: 5 },
      ...{ toolUsePromptTokens: 1, totalTokens: 36, details: undefined, priceVersion: undefined },
      ...{ reservedNanoUsd: 0, billedNanoUsd: 0, upstreamCostNanoUsd: 0, finishReason: 'STOP' },
      ...{ deliveredBytes: 812, firstByteMs: 12.25, durationMs: 500.5, adjustedNanoUsd: 0 },
    },
  )
  const months = await ledger.report({ from: 0, to: 8e15, by: ['month'], filter: {}, limit: 0 })
  const sums = months.map(({ requests, failed, estimated, unpriced }) => [
    requests,
    failed,
    estimated,
    unpriced,
  ])
  assert.deepEqual(sums, [
    [3n, 2n, 1n, 3n],
    [57n, 38n, 19n, 57n],
  ])
  const key = await directory.getKey('k1')
  assert.deepEqual(
    [key?.projectId, key?.addresses, key?.limits, key?.expiresAt],
    [undefined, [], {}, undefined],
  )
  const book = await ledger.openBook()
  assert.deepEqual(await Array.fromAsync(book.reservations()), [])
  assert.deepEqual(await Array.fromAsync(book.events()), [])
  const flags = (await Array.fromAsync(book.requests())).map(({ hasReservation }) => hasReservation)
  await book.close()
  assert.deepEqual(new Set(flags), new Set([false]))
  await assertSoundFolder(folder)
})

test('[LDG-08] an old id is taken for good, old rows can be priced and removed, and new ones stand beside them', async (t) => {
  const folder = temporaryFolder(t)
  makeOldStore(folder, OLD_ROWS)
  const store = await storeIn(t, folder)
  const { ledger } = store
  await assert.rejects(ledger.settle(rowNamed('old 0000')), refusalOf('already_exists'))
  await assert.rejects(
    ledger.reserve(reservationOf('old 0000', { projectId: undefined })),
    refusalOf('already_exists'),
  )
  await ledger.settle(rowNamed('new', { admittedAt: OLD_ADMITTED_AT + 1 }))
  assert.equal(await ledger.recover(), 0)
  const price = { price: UNIT_PRICE, cost: () => 7 }
  // Two of three used something at an upstream that is known.
  assert.deepEqual(await ledger.reprice(() => price), { requests: 40, billedNanoUsd: 280n })
  assert.equal(await ledger.prune(OLD_ADMITTED_AT + 5_400_000), 4)
  assert.equal((await allRows(store)).length, OLD_ROWS - 3)
  const [sum] = await ledger.report({ from: 0, to: 8e15, by: [], filter: {}, limit: 0 })
  assert.deepEqual([sum?.requests, sum?.billedNanoUsd], [61n, 285n])
})

const refusalOf = (code: string) => (error: unknown) => (error as { code?: unknown }).code === code

test('[LDG-08] S26 a migration that stops at any of its statements changes nothing, and is then made whole', async (t) => {
  const folder = temporaryFolder(t)
  makeOldStore(folder, 3)
  const [real] = readMigrations(MIGRATIONS).slice(2)
  const statements = statementsOf(real!.sql)
  assert.ok(statements.length > 40, `${statements.length} statements`)
  const dump = () =>
    inDatabase(folder, (database) => [
      database.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all(),
      database.prepare('SELECT * FROM requests').all(),
      database.prepare('SELECT * FROM migrations').all(),
    ])
  const before = dump()
  for (let count = 0; count < statements.length; count++) {
    const sql = `${statements.slice(0, count).join('\n')}\nSELECT * FROM nowhere`
    const broken = [...OLD_MIGRATIONS, { ...real!, sql }]
    await assert.rejects(openWith(folder, broken), refusal('store_unavailable', /0003-money failed/))
  }
  assert.deepEqual(dump(), before)
  const store = await storeIn(t, folder)
  assert.equal((await allRows(store)).length, 3)
  await assertSoundFolder(folder)
})

/** Each with its semicolon; a trigger is one. */
function statementsOf(sql: string): string[] {
  const lines = sql.split('\n').filter((line) => !line.trimStart().startsWith('--'))
  const statements: string[] = []
  let statement = ''
  for (const line of lines) {
    statement += `${line}\n`
    const isWhole = statement.includes('CREATE TRIGGER') ? line === 'END;' : line.endsWith(';')
    if (isWhole) statements.push(statement)
    if (isWhole) statement = ''
  }
  return statements
}
