/** The data as a whole: copied while it is used, and taken to a new schema by a process that dies on the way. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { readMigrations } from '../../src/stores/migration-files.ts'
import { openSqliteBook } from '../../src/stores/sqlite/book.ts'
import { applyMigrations } from '../../src/stores/sqlite/migrations.ts'
import { restoreSqlite } from '../../src/stores/sqlite/restore.ts'
import { openSqliteStore } from '../../src/stores/sqlite/store.ts'
import { until } from '../gateway/rig.ts'
import { assertSound, openPlace, readBook } from './books.ts'
import { assertExact, keepAsking, openScene } from './scene.ts'

const MIGRATIONS = readMigrations(new URL('../../src/stores/sqlite/migrations/', import.meta.url))

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-data-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('[STO-12] S12 a backup under load is whole, has everything from before it, and starts a gateway', async (context) => {
  const place = await openPlace('sqlite')
  const scene = await openScene({ place })
  context.after(async () => {
    await scene.close()
    await place.remove()
  })
  const load = keepAsking(scene, 8, () => ({ key: scene.told.length % 2 === 0 ? scene.paid : scene.free }))
  await until('the load is on', () => scene.told.length > 50)
  const copies = folderFor(context)
  const known = scene.told.filter(({ isWhole }) => isWhole).map(({ requestId }) => requestId as string)
  const backup = join(copies, 'backup.db')
  await backUp(place.folder(), backup)
  await until('the load goes on', () => scene.told.length > known.length + 50)
  await load.stop()
  const restored = join(copies, 'restored')
  await restoreSqlite(backup, restored)
  const books = await readBook(await openSqliteBook(restored))
  assertSound(books)
  assert.deepEqual(
    known.filter((id) => !books.rows.has(id)),
    [],
  )
  const again = await openSqliteStore(restored)
  await again.ledger.recover()
  await again.close()
  assert.deepEqual((await readBook(await openSqliteBook(restored))).open, [])
  await assertExact(scene)
})

/** As an operator's tool does it, on a file that a gateway has open. */
async function backUp(folder: string, path: string): Promise<void> {
  const database = new DatabaseSync(join(folder, 'wasat.db'), { readOnly: true })
  try {
    database.prepare('VACUUM INTO ?').run(path)
  } finally {
    database.close()
  }
}

/** Rows of the release that knew no money: what came later has to carry them along. */
const BEFORE_MONEY = 2
const OLD_ROWS = `
  INSERT INTO requests (
    request_id, key_id, admitted_at, settled_at, verb, model, outcome, status, upstream, upstream_model,
    model_version, attempts, usage_source, prompt_tokens, cached_tokens, candidates_tokens, thoughts_tokens,
    tool_use_prompt_tokens, total_tokens, finish_reason, delivered_bytes, first_byte_ms, duration_ms
  ) SELECT 'old-' || value, 'k', 1700000000000 + value * 60000, 1700000000500 + value * 60000, 'generateContent', 'm',
    'complete', 200, 'u', 'm', 'v', 1, 'final', 10, 0, 20, 0, 0, 30, 'STOP', 100, 1.5, 2.5
  FROM json_each('[1,2,3,4,5,6,7,8,9]')`

/** The statements of a migration; SQLite itself says where each one ends. */
function statementsOf(context: TestContext, upTo: number): string[] {
  const database = new DatabaseSync(':memory:')
  context.after(() => database.close())
  for (const { sql } of MIGRATIONS.slice(0, upTo - 1)) database.exec(sql)
  const statements: string[] = []
  let rest = MIGRATIONS[upTo - 1]!.sql
  while (rest.replaceAll(/--.*$/gm, '').trim() !== '') {
    const statement = database.prepare(rest)
    statements.push(statement.sourceSQL)
    rest = rest.slice(statement.sourceSQL.length)
    statement.run()
  }
  return statements
}

for (const { number, name } of MIGRATIONS) {
  test(`[STO-26] S26 the migration ${name} is interrupted at each of its statements: the next start completes it`, async (context) => {
    const base = folderFor(context)
    const copies = folderFor(context)
    const database = new DatabaseSync(join(base, 'wasat.db'))
    context.after(() => database.close())
    database.exec('PRAGMA journal_mode = WAL')
    applyMigrations(database, MIGRATIONS.slice(0, Math.min(BEFORE_MONEY, number - 1)))
    if (number > BEFORE_MONEY) database.exec(OLD_ROWS)
    applyMigrations(database, MIGRATIONS.slice(0, number - 1))
    const statements = statementsOf(context, number)
    database.exec('BEGIN IMMEDIATE')
    for (const [index, statement] of statements.entries()) {
      database.exec(statement)
      // What a kill at this moment leaves on the disk.
      const copy = join(copies, String(index))
      cpSync(base, copy, { recursive: true })
      const store = await openSqliteStore(copy)
      assert.equal(store.ledger.trouble(), undefined)
      await store.ledger.recover()
      await store.close()
      const books = await readBook(await openSqliteBook(copy))
      assertSound(books)
      assert.equal(books.rows.size, number > BEFORE_MONEY ? 9 : 0)
      rmSync(copy, { recursive: true })
    }
    database.exec('ROLLBACK')
  })
}
