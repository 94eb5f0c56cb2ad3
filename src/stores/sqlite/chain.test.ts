/** Nobody changes the books without a trace: triggers refuse it, and the chain of commits tells it. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import {
  admit,
  budgetOf,
  people,
  reservationOf,
  rowOf,
  spend,
  UNIT_PRICE,
} from '../../../test/contracts/ledger/subject.ts'
import { openSqliteStore } from './store.ts'
import {
  assertSoundFolder,
  inDatabase,
  rowNamed,
  soundness,
  storeIn,
  temporaryFolder,
} from './testing.fixture.ts'

const CHAIN = 'chain of commits'
const TABLES = [
  'reservations',
  'requests',
  'other_attempts',
  'adjustments',
  'budget_history',
  'commits',
] as const

/** A folder whose books have a row of every kind, with nothing in the log. */
async function everyKind(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t)
  const store = await openSqliteStore(folder)
  const { directory, ledger } = store
  await people(store)
  await directory.createBudget(budgetOf('b', { alertPercent: 80 }))
  await directory.updateBudget(budgetOf('b', { limitNanoUsd: 9_000, alertPercent: 90 }))
  const reservation = reservationOf('r1', { tags: { team: 'red' } })
  const attempt = {
    upstream: 'u',
    upstreamModel: 'm',
    status: 503,
    reason: 'status',
    exposureNanoUsd: 9,
    durationMs: 1.5,
  }
  const changes = {
    attempts: 3,
    otherAttempts: [2, 1].map((number) => ({ ...attempt, number })),
    details: { 'prompt.AUDIO': 3 },
  } as const
  await ledger.settle(rowOf(reservation, await admit(ledger, reservation), 30, changes))
  await Promise.all(Array.from({ length: 50 }, (_, index) => spend(ledger, `many ${index}`, 7)))
  await ledger.settle(rowNamed('unpriced', { price: undefined, billedNanoUsd: 0, upstreamCostNanoUsd: 0 }))
  await ledger.reprice(() => ({ price: UNIT_PRICE, cost: () => 5 }))
  await ledger.settle(rowNamed('half a pair \ud83d', { model: 'm \ud83d' }))
  await ledger.reserve(reservationOf('open'))
  await store.close()
  return folder
}

/** A copy of the folder on which somebody has been at work who knows how to take triggers away. */
function forged(t: TestContext, folder: string, work: (database: DatabaseSync) => void): string {
  const copy = join(temporaryFolder(t), 'data')
  mkdirSync(copy)
  copyFileSync(join(folder, 'wasat.db'), join(copy, 'wasat.db'))
  inDatabase(copy, (database) => {
    const triggers = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all()
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
    database.exec('PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF')
    work(database)
    for (const { sql } of triggers) database.exec(String(sql))
  })
  return copy
}

interface Column {
  readonly name: string
  readonly type: string
}

const columnsOf = (database: DatabaseSync, table: string): Column[] =>
  database.prepare(`SELECT name, type FROM pragma_table_info('${table}')`).all() as unknown as Column[]

/** One row's column, to something else. */
function change(database: DatabaseSync, table: string, { name, type }: Column): void {
  const value = type === 'TEXT' ? `coalesce(${name}, '') || '1'` : `coalesce(${name}, 0) + 1000001`
  const [key] = table === 'commits' ? ['sequence'] : table === 'budget_history' ? ['number'] : ['admission']
  database.exec(`UPDATE ${table} SET ${name} = ${value} WHERE ${key} = (SELECT min(${key}) FROM ${table})`)
}

test('[LDG-04] books that nobody touched verify', async (t) => {
  await assertSoundFolder(await everyKind(t))
})

test('[LDG-04] L27 a change of any column of any row is told', async (t) => {
  const folder = await everyKind(t)
  for (const table of TABLES) {
    const columns = inDatabase(folder, (database) => columnsOf(database, table))
    for (const column of columns) {
      const copy = forged(t, folder, (database) => change(database, table, column))
      const said = (await soundness(copy))[CHAIN]
      assert.notEqual(said, 'ok', `${table}.${column.name}`)
    }
  }
})

const FORGERIES: [string, string][] = [
  ['a row that was taken away', 'DELETE FROM requests WHERE admission = 3'],
  ['a reservation that was taken away', 'DELETE FROM reservations WHERE admission = 3'],
  ['an adjustment that was taken away', 'DELETE FROM adjustments'],
  ['an attempt that was taken away', 'DELETE FROM other_attempts WHERE number = 1'],
  ['a change of a budget that was taken away', 'DELETE FROM budget_history WHERE number = 1'],
  ['a commit that was taken away', 'DELETE FROM commits WHERE sequence = 3'],
  [
    'the newest commit taken away',
    'DELETE FROM commits WHERE sequence = (SELECT max(sequence) FROM commits)',
  ],
  ['the first commits taken away', 'DELETE FROM commits WHERE sequence < 4'],
  [
    'a request that was put in',
    `INSERT INTO reservations SELECT 9999, 'forged', key_id, project_id, admitted_at, verb, model, tags,
       reserved_nano_usd, is_priced, lease_until, origin FROM reservations WHERE admission = 1`,
  ],
  [
    'an adjustment that was put in',
    "INSERT INTO adjustments VALUES (1, 1, 'repriced', -30, 0, NULL, 5, NULL)",
  ],
  [
    'two rows that changed places',
    `UPDATE requests SET billed_nano_usd = 37 - billed_nano_usd WHERE admission IN (1, 2)`,
  ],
]

test('[LDG-04] L27 whatever is taken away or put in is told', async (t) => {
  const folder = await everyKind(t)
  assert.equal((await soundness(forged(t, folder, () => undefined)))[CHAIN], 'ok')
  for (const [name, sql] of FORGERIES) {
    const copy = forged(t, folder, (database) => database.exec(sql))
    assert.notEqual((await soundness(copy))[CHAIN], 'ok', name)
  }
})

test('[LDG-04] L27 after a prune the rest still verifies, and a forgery in it is told', async (t) => {
  const folder = await everyKind(t)
  const store = await openSqliteStore(folder)
  await store.ledger.recover()
  const spendLater = { admittedAt: Date.now() }
  await store.ledger.settle(rowNamed('kept', spendLater))
  await store.ledger.prune(Date.now() - 3_600_000)
  await store.close()
  await assertSoundFolder(folder)
  const last = 'SELECT max(admission) FROM requests'
  const sql = `UPDATE requests SET billed_nano_usd = 1 WHERE admission = (${last})`
  const copy = forged(t, folder, (database) => database.exec(sql))
  assert.notEqual((await soundness(copy))[CHAIN], 'ok')
})

test('[LDG-03] L27 a trigger that is gone is told', async (t) => {
  const folder = await everyKind(t)
  const names = inDatabase(folder, (database) =>
    database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all(),
  )
  assert.equal(names.length, 14)
  for (const { name } of names) {
    const copy = forged(t, folder, () => undefined)
    inDatabase(copy, (database) => database.exec(`DROP TRIGGER ${name}`))
    assert.match((await soundness(copy)).triggers ?? '', new RegExp(String(name)))
  }
})

test('[LDG-03] the books are append-only, also for REPLACE and UPSERT', async (t) => {
  const folder = await everyKind(t)
  const store = await storeIn(t, folder)
  for (const table of [...TABLES, 'prices'])
    inDatabase(folder, (database) => {
      database.exec('PRAGMA recursive_triggers = ON')
      const [column] = columnsOf(database, table)
      const refused = [
        `UPDATE ${table} SET ${column?.name} = ${column?.name}`,
        `DELETE FROM ${table}`,
        `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`,
        `INSERT INTO ${table} SELECT * FROM ${table} WHERE true
         ON CONFLICT DO UPDATE SET ${column?.name} = ${column?.name}`,
      ]
      for (const sql of refused) assert.throws(() => database.exec(sql), /append-only/, sql)
    })
  await store.ledger.settle(rowNamed('after'))
  await assertSoundFolder(folder)
})
