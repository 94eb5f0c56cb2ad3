/** The books of a data folder, taken to PostgreSQL. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import {
  admit,
  assertSound,
  budgetOf,
  costOf,
  DAY_MS,
  HOSTILE,
  hasCode,
  keyOf,
  people,
  reservationOf,
  rowOf,
  spend,
  standing,
  UNIT_PRICE,
} from '../../test/contracts/ledger/subject.ts'
import { SERVICES_SKIP, services } from '../../test/servers/services.ts'
import type { GatewayError } from '../errors.ts'
import type { Book, UsageRow } from '../nouns/ledger.ts'
import { openJournal } from '../stores/journal/journal.ts'
import { readMigrations } from '../stores/migration-files.ts'
import { openPostgresStore, type PostgresStore } from '../stores/postgres/store.ts'
import { execute } from '../stores/postgres/subject.fixture.ts'
import { openSqliteStore, openWith } from '../stores/sqlite/store.ts'
import { copyLedger } from './copy-ledger.ts'

const skip = SERVICES_SKIP
const LISTS = [
  'events',
  'reservations',
  'requests',
  'attempts',
  'adjustments',
  'budgets',
  'windows',
  'hours',
  'prices',
] as const

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-copy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function databaseOf(t: TestContext): Promise<string> {
  const database = await services().postgres.newDatabase()
  t.after(() => database.drop())
  return database.url
}

async function target(t: TestContext, url: string): Promise<PostgresStore> {
  const store = await openPostgresStore(url, { connectionsMax: 3 })
  t.after(() => store.close())
  return store
}

/** Rows that a release without money left behind. */
async function writeOldRows(folder: string): Promise<void> {
  const history = readMigrations(new URL('../stores/sqlite/migrations/', import.meta.url))
  await (await openWith(folder, history.slice(0, 2)).catch(() => undefined))?.close()
  const file = new DatabaseSync(join(folder, 'wasat.db'))
  for (const id of ['old-2', 'old-1'])
    file.exec(`
      INSERT INTO requests (request_id, key_id, admitted_at, settled_at, verb, model, outcome, status, attempts,
        usage_source, prompt_tokens, cached_tokens, candidates_tokens, thoughts_tokens, tool_use_prompt_tokens,
        total_tokens, delivered_bytes, duration_ms)
      VALUES ('${id}', 'k1', 1700000000000, 1700000000500, 'generateContent', 'm', 'complete', 200, 1, 'final', 3, 0, 4,
        0, 0, 7, 99, 12.5)`)
  file.close()
}

/** A folder in which everything has happened that can happen. */
async function fillFolder(folder: string, isPruned: boolean): Promise<void> {
  let now = Date.UTC(2026, 5, 1, 12)
  let store = await openSqliteStore(folder, { now: () => now })
  await people(store)
  await store.directory.initSetting('pepper', 'secret')
  for (const [index, text] of HOSTILE.entries())
    await store.directory.createKey(
      keyOf(`h${index}`, { name: text, models: [text], digest: `digest ${index}` }),
    )
  await store.directory.createBudget(budgetOf('b', { limitNanoUsd: 10_000, alertPercent: 1 }))
  await store.directory.createBudget(budgetOf('gone', { scope: 'gateway', scopeId: '', period: 'month' }))
  const day = budgetOf('day', { scope: 'project', scopeId: 'p1', period: 'day', hardStop: false })
  await store.directory.createBudget(day)
  for (let n = 0; n < 30; n++) {
    now += DAY_MS / 4
    const tags = n % 3 === 0 ? { [HOSTILE[n % HOSTILE.length]!]: 'x', team: 'a' } : undefined
    await spend(store.ledger, `r${n}`, 10 + n, { tags, model: HOSTILE[n % HOSTILE.length]! })
  }
  await store.directory.updateBudget({ ...day, limitNanoUsd: 77, updatedAt: now })
  await store.directory.deleteBudget('gone')
  const unpriced = { price: undefined, billedNanoUsd: 0, upstreamCostNanoUsd: 0 }
  for (const id of ['unpriced', 'unpriced too'])
    await store.ledger.settle(
      rowOf(reservationOf(id), await admit(store.ledger, reservationOf(id)), 5, unpriced),
    )
  const find = (_: string, __: string, at: number) => ({
    price: UNIT_PRICE,
    cost: (quantities: Parameters<typeof costOf>[1]) =>
      at > 0 ? costOf(UNIT_PRICE.document, quantities) : 0,
  })
  await store.ledger.reprice(find)
  const late = reservationOf('late')
  const admittedAt = await admit(store.ledger, late)
  await store.ledger.settle(rowOf(late, admittedAt, 4, { outcome: 'crash_recovered', ...NOTHING }))
  const attempt = { number: 1, upstream: 'a', upstreamModel: 'm', status: undefined, reason: 'timeout' }
  const otherAttempts = [{ ...attempt, exposureNanoUsd: 3, durationMs: 1.5 }]
  await store.ledger.settle(rowOf(late, admittedAt, 4, unpriced))
  await spend(store.ledger, 'big', 100)
  const twice = reservationOf('twice')
  await store.ledger.settle(rowOf(twice, await admit(store.ledger, twice), 9, { attempts: 2, otherAttempts }))
  if (isPruned) await store.ledger.prune(Date.UTC(2026, 5, 3))
  await admit(store.ledger, reservationOf('left open'))
  await store.close()
  store = await openSqliteStore(folder)
  await store.close()
}

const NOTHING = {
  ...{ usageSource: 'none', promptTokens: 0, cachedTokens: 0, candidatesTokens: 0, thoughtsTokens: 0 },
  ...{ toolUsePromptTokens: 0, totalTokens: 0, billedNanoUsd: 0, upstreamCostNanoUsd: 0, price: undefined },
  ...{ attempts: 0, status: 0, upstream: undefined, upstreamModel: undefined, modelVersion: undefined },
} as const satisfies Partial<UsageRow>

async function contentOf(book: Book): Promise<Record<string, unknown[]>> {
  const content: Record<string, unknown[]> = {}
  for (const list of LISTS) {
    const rows = await Array.fromAsync<unknown>(book[list]())
    content[list] = rows.map((row) => ({ ...(row as object) })).sort(byText)
  }
  // In their order, which is that of the commits.
  content.events = (await Array.fromAsync(book.events())).map((event) => ({ ...event }))
  return content
}

const text = (row: unknown): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
const byText = (one: unknown, other: unknown): number => (text(one) < text(other) ? -1 : 1)

for (const isPruned of [false, true]) {
  const which = isPruned ? 'pruned books' : 'books'
  test(`[PGL-04] a copy of ${which} is equal to its source, row for row, and goes on from there`, {
    skip,
  }, async (t) => {
    const folder = folderOf(t)
    await writeOldRows(folder)
    await fillFolder(folder, isPruned)
    // A settlement that waits in the journal is no crash.
    const journal = await openJournal(folder)
    await journal.append(rowOf(reservationOf('left open'), Date.UTC(2026, 5, 8, 18), 8))
    await journal.close()

    const url = await databaseOf(t)
    const progress: string[] = []
    const copied = await copyLedger(folder, url, (table, rows) => progress.push(`${table} ${rows}`))
    assert.ok(copied.some(({ table, rows, sum }) => table === 'requests' && rows > 20 && sum > 0n))
    assert.ok(progress.length >= 10)

    const source = await openSqliteStore(folder)
    const store = await target(t, url)
    const [there, here] = [await source.ledger.openBook(), await store.ledger.openBook()]
    assert.deepEqual(await contentOf(here), await contentOf(there))
    assert.equal(here.prunedBefore, there.prunedBefore)
    await Promise.all([there.close(), here.close()])
    assert.deepEqual(await store.directory.listKeys(), await source.directory.listKeys())
    assert.deepEqual(await store.directory.listProjects(), await source.directory.listProjects())
    assert.equal(await store.directory.getSetting('pepper'), 'secret')
    const query = { from: 0, to: 8e15, by: ['key', 'tag', 'month'], filter: {}, limit: 0 } as const
    assert.deepEqual(await store.ledger.report(query), await source.ledger.report(query))
    await source.close()
    await assertSound(store.ledger)

    // It goes on: what was settled is known, what comes next comes after it.
    const [spent] = await standing(store, 'b')
    await spend(store.ledger, 'next', 11)
    assert.deepEqual(await standing(store, 'b'), [spent + 11, 0])
    assert.equal(await store.ledger.recover(), 0)
    await assert.rejects(store.ledger.reserve(reservationOf('r20')), hasCode('already_exists'))
    await assertSound(store.ledger)
  })
}

test('[PGL-04] a database that holds anything, or that a gateway uses, is left alone', {
  skip,
}, async (t) => {
  const folder = folderOf(t)
  await (await openSqliteStore(folder)).close()
  const url = await databaseOf(t)
  const store = await openPostgresStore(url)
  await assert.rejects(copyLedger(folder, url), hasCode('failed_precondition'))
  await store.directory.initSetting('pepper', 'other')
  await store.close()
  await assert.rejects(copyLedger(folder, url), hasCode('failed_precondition'))
  assert.equal(await (await target(t, url)).directory.getSetting('pepper'), 'other')
  await assert.rejects(copyLedger(folder, 'postgres://'), hasCode('invalid_argument'))
  await assert.rejects(copyLedger(folder, url.replace(/:\d+\//, ':1/')), hasCode('store_unavailable'))
})

test('[PGL-04] rows that do not arrive are noticed, and then nothing was copied', { skip }, async (t) => {
  const folder = folderOf(t)
  const source = await openSqliteStore(folder)
  await people(source)
  await spend(source.ledger, 'r1', 10)
  await source.close()
  const url = await databaseOf(t)
  await (await openPostgresStore(url)).close()
  await execute(
    url,
    `CREATE FUNCTION wasat.test_lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER test_lose BEFORE INSERT ON wasat.requests FOR EACH ROW EXECUTE FUNCTION wasat.test_lose()`,
  )
  await assert.rejects(copyLedger(folder, url), (error) => {
    const { code, hint } = error as GatewayError
    assert.equal(code, 'internal', String(hint))
    assert.match(hint ?? '', /requests: 1 rows .* and 0 /)
    return true
  })
  assert.deepEqual(await (await target(t, url)).directory.listKeys(), [])
})
