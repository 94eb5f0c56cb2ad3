/** What PostgreSQL brings along besides the contract: several replicas, a server of its own, text that it cannot keep. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Client } from 'pg'
import {
  admit,
  assertSound,
  budgetOf,
  hasCode,
  keyOf,
  people,
  projectOf,
  reservationOf,
  rowOf,
  standing,
} from '../../../test/contracts/ledger/subject.ts'
import type { LedgerDoors } from '../../../test/contracts/ledger.ts'
import { SERVICES_SKIP, services } from '../../../test/servers/services.ts'
import { GatewayError } from '../../errors.ts'
import { readMigrations } from '../migration-files.ts'
import { WAITING_ROWS_MAX } from './batches.ts'
import { MIGRATIONS, openPostgresStore, openWith } from './store.ts'
import { execute, openSubject, type PostgresSubject } from './subject.fixture.ts'

const skip = SERVICES_SKIP

async function subjectOf(t: TestContext): Promise<PostgresSubject> {
  const subject = await openSubject()
  t.after(() => subject.dispose())
  return subject
}

/** A database without our schema. */
async function bareDatabase(t: TestContext): Promise<string> {
  const database = await services().postgres.newDatabase()
  t.after(() => database.drop())
  return database.url
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

// ---------------------------------------------------------------------------------------------
// Several replicas.

test('[PGL-01] 1,000 at once over three replicas: exactly the 100 fit that the budget covers', {
  skip,
}, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  await subject.directory.createBudget(budgetOf('b', { limitNanoUsd: 10_099 }))
  const replicas = [subject, await subject.replica(), await subject.replica()]
  const wanted = numbers(1_000).map((n) => replicas[n % 3]!.ledger.reserve(reservationOf(`r${n}`)))
  const granted = (await Promise.all(wanted)).filter((reserved) => reserved.granted)
  assert.equal(granted.length, 100)
  assert.deepEqual(await standing(subject, 'b'), [0, 10_000])
  await assertSound(subject.ledger)
})

test('[PGL-01] three replicas that reserve and settle under eight budgets never exceed one', {
  skip,
}, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  const scopes = [
    ['key', 'k1'],
    ['key', 'k2'],
    ['project', 'p1'],
    ['gateway', ''],
  ] as const
  for (const [scope, scopeId] of scopes)
    for (const [period, limitNanoUsd] of [
      ['day', 40_000],
      ['month', 60_000],
    ] as const)
      await subject.directory.createBudget(
        budgetOf(`${scope}${scopeId}${period}`, { scope, scopeId, period, limitNanoUsd }),
      )
  const replicas = [subject, await subject.replica(), await subject.replica()]
  const oneRequest = async ({ ledger }: LedgerDoors, n: number) => {
    const owner = n % 2 === 0 ? {} : { keyId: 'k2', projectId: undefined }
    const reservation = reservationOf(`r${n}`, { ...owner, reservedNanoUsd: 50 + (n % 7) * 20 })
    const reserved = await ledger.reserve(reservation)
    if (!reserved.granted) return 0
    await ledger.settle(rowOf(reservation, reserved.admittedAt, 40 + (n % 5) * 2))
    return 1
  }
  const worker = async (doors: LedgerDoors, first: number) => {
    let granted = 0
    for (const n of numbers(12)) granted += await oneRequest(doors, first + n * 90)
    return granted
  }
  const granted = await Promise.all(numbers(90).map((n) => worker(replicas[n % 3]!, n)))
  assert.ok(granted.reduce((sum, count) => sum + count, 0) > 500)
  // The checker replays every reservation against every budget.
  await assertSound(subject.ledger)
})

test('replicas see each other, and a closed one is not counted', { skip }, async (t) => {
  const subject = await subjectOf(t)
  const other = await openPostgresStore(subject.url, { connectionsMax: 2 })
  assert.equal(other.ledger.replicas(), 2)
  await other.close()
  const alive = 'SELECT count(*)::INTEGER AS count FROM wasat.instances WHERE alive_until > 0'
  assert.deepEqual(await execute(subject.url, alive), [{ count: 1 }])
  const next = await subject.replica()
  assert.equal(next.ledger.replicas(), 2)
})

test('a lowered budget and a disabled key count at once on every replica', { skip }, async (t) => {
  const subject = await subjectOf(t)
  const other = await subject.replica()
  await people(subject)
  await subject.directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000 }))
  await admit(other.ledger, reservationOf('r1'))
  await subject.directory.updateBudget(budgetOf('b', { limitNanoUsd: 150 }))
  assert.equal((await other.ledger.reserve(reservationOf('r2'))).granted, false)
  await subject.directory.updateKey(keyOf('k1', { projectId: 'p1', disabled: true }))
  assert.equal((await other.directory.findKeyByDigest('digest k1'))?.key.disabled, true)
})

test('[LDG-05] of many that recover at once each reservation is closed by one', { skip }, async (t) => {
  const subject = await subjectOf(t)
  const [other, third] = [await subject.replica(), await subject.replica()]
  await people(subject)
  await subject.directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000_000 }))
  await admit(other.ledger, reservationOf('alive'))
  await Promise.all(numbers(700).map((n) => admit(subject.ledger, reservationOf(`r${n}`))))
  // The process starts again, and all three look for what it left.
  const again = await subject.reopen()
  const counts = await Promise.all([again, other, third, again].map(({ ledger }) => ledger.recover()))
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    700,
  )
  assert.deepEqual(await standing(subject, 'b'), [0, 100])
  await assertSound(other.ledger)
})

test('[LDG-05] a process that is silent is over for those that could hear it, and for nobody else', {
  skip,
}, async (t) => {
  const subject = await subjectOf(t)
  const other = await subject.replica()
  await people(subject)
  await admit(subject.ledger, reservationOf('r1'))
  await execute(subject.url, "UPDATE wasat.instances SET alive_until = 1 WHERE name = 'one'")
  assert.equal(await other.ledger.recover(), 0, 'this one has not listened for long enough')
  const recover = async (judge: string) => {
    const sql = `SELECT wasat.recover((SELECT id FROM wasat.instances WHERE ${judge}), TRUE, 10) AS answer`
    const [row] = await execute<{ answer: { verdicts: number[] } | null }>(subject.url, sql)
    return row?.answer?.verdicts
  }
  assert.equal(await recover("name = 'one'"), undefined, 'for one that is over itself the clock has jumped')
  assert.deepEqual(await recover("name <> 'one'"), [1])
})

// ---------------------------------------------------------------------------------------------
// The books.

test('what comes in one turn of the event loop is one transaction', { skip }, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  const reservations = numbers(300).map((n) => reservationOf(`r${n}`))
  const admitted = await Promise.all(reservations.map((reservation) => admit(subject.ledger, reservation)))
  await Promise.all(reservations.map((one, n) => subject.ledger.settle(rowOf(one, admitted[n]!, 1))))
  for (const table of ['reservations', 'requests']) {
    const [row] = await execute<{ count: number }>(
      subject.url,
      `SELECT count(DISTINCT xmin::TEXT)::INTEGER AS count FROM wasat.${table}`,
    )
    assert.equal(row?.count, 1, table)
  }
})

test('[LDG-03] the books refuse UPDATE, DELETE and TRUNCATE, whoever asks', { skip }, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  await subject.directory.createBudget(budgetOf('b'))
  const admittedAt = await admit(subject.ledger, reservationOf('r1'))
  const attempt = {
    ...{ number: 1, upstream: 'u', upstreamModel: 'm', status: 503, reason: 'status' },
    ...{ exposureNanoUsd: 1, durationMs: 1.5 },
  }
  await subject.ledger.settle(
    rowOf(reservationOf('r1'), admittedAt, 9, { attempts: 2, otherAttempts: [attempt] }),
  )
  await admit(subject.ledger, reservationOf('r2'))
  const again = await subject.reopen()
  await again.ledger.recover()
  await again.ledger.settle(rowOf(reservationOf('r2'), admittedAt, 9))
  const tables = {
    reservations: 'lease_until = 0',
    requests: 'billed_nano_usd = 0',
    other_attempts: 'number = 7',
    adjustments: 'billed_nano_usd = 0',
    budget_history: 'limit_nano_usd = 0',
    prices: "document = ''",
  }
  for (const [table, change] of Object.entries(tables)) {
    const [row] = await execute<{ count: number }>(
      subject.url,
      `SELECT count(*)::INTEGER AS count FROM wasat.${table}`,
    )
    assert.ok((row?.count ?? 0) > 0, `${table} has a row`)
    for (const sql of [
      `UPDATE wasat.${table} SET ${change}`,
      `DELETE FROM wasat.${table}`,
      `TRUNCATE wasat.${table}`,
    ])
      for (const role of ['', 'SET LOCAL session_replication_role = replica;'])
        await assert.rejects(execute(subject.url, `BEGIN; ${role} ${sql}; COMMIT`), /append-only/, sql)
  }
  await assertSound(again.ledger)
})

test('[LDG-03] the checker tells of a trigger that is off', { skip }, async (t) => {
  const subject = await subjectOf(t)
  const soundness = async () => {
    const book = await subject.ledger.openBook()
    const facts = await book.soundness()
    await book.close()
    return facts.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)
  }
  assert.deepEqual(await soundness(), [])
  await execute(subject.url, 'ALTER TABLE wasat.requests DISABLE TRIGGER no_change')
  assert.deepEqual(await soundness(), ['append-only triggers: missing or off: requests.no_change'])
})

test('text comes back as it went, also what PostgreSQL cannot keep', { skip }, async (t) => {
  const { directory, ledger } = await subjectOf(t)
  const texts = ['a\0b', '\0', '\u0001', '\u00010\u00011\0', 'line\nbreak', '😀', '"\\u0000"']
  await directory.createProject(projectOf('p\0'))
  for (const [n, text] of texts.entries()) {
    const key = keyOf(`k${n}${text}`, { name: text, digest: text, projectId: 'p\0', models: [text] })
    await directory.createKey(key)
    assert.deepEqual((await directory.findKeyByDigest(text))?.key, key)
    const owner = { keyId: key.id, projectId: 'p\0', model: text, tags: { [text]: text } }
    const reservation = reservationOf(`r${n}${text}`, owner)
    const row = rowOf(reservation, await admit(ledger, reservation), 5, {
      upstream: text,
      finishReason: text,
    })
    await ledger.settle(row)
    const filter = { keyId: key.id, model: text, upstream: text, tag: `${text}=${text}` }
    const [found] = await Array.fromAsync(ledger.rows({ from: 0, to: 8e15, filter }))
    assert.deepEqual(
      [found?.requestId, found?.model, found?.tags, found?.upstream, found?.finishReason],
      [row.requestId, text, { [text]: text }, text, text],
    )
    const [sum] = await ledger.report({ from: 0, to: 8e15, by: ['model', 'tag'], filter, limit: 0 })
    assert.deepEqual(sum?.group, { model: text, tag: `${text}=${text}` })
  }
  const half = reservationOf('half', { model: 'x\ud800y' })
  await admit(ledger, half)
  const neighbour = reservationOf('neighbour')
  await admit(ledger, neighbour)
  await assertSound(ledger)
})

test('a value that only the server refuses leaves its neighbours alone', { skip }, async (t) => {
  const subject = await subjectOf(t)
  // An index takes no row of more than a third of a page.
  const long = reservationOf(Array.from({ length: 9_000 }, () => Math.random().toString(36)).join(''))
  const results = await Promise.allSettled(
    [reservationOf('before'), long, reservationOf('after')].map((one) => subject.ledger.reserve(one)),
  )
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.ok(hasCode('internal')((results[1] as PromiseRejectedResult).reason))
})

// ---------------------------------------------------------------------------------------------
// A server that is slow, and calls that meet.

/** Holds the budgets of everybody until it is told to let go. */
async function holdBudgets(t: TestContext, url: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('BEGIN; SELECT * FROM wasat.budgets FOR UPDATE')
  let isHeld = true
  const letGo = async () => {
    if (!isHeld) return
    isHeld = false
    await client.query('ROLLBACK')
    await client.end()
  }
  t.after(letGo)
  return letGo
}

test('S16: calls that are stuck are given up in time, with no connection too many', { skip }, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  await subject.directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000_000 }))
  const letGo = await holdBudgets(t, subject.url)
  const startedAt = performance.now()
  const wanted: Promise<unknown>[] = []
  const send = setInterval(() => {
    const reserved = subject.ledger.reserve(reservationOf(`r${wanted.length}`))
    // Some are given up, and some come to their turn.
    wanted.push(reserved.catch((error: unknown) => assert.ok(hasCode('store_unavailable')(error))))
  }, 20)
  await assert.rejects(subject.ledger.reserve(reservationOf('first')), hasCode('store_unavailable'))
  clearInterval(send)
  assert.ok(performance.now() - startedAt < 3_500, 'it did not wait for longer than it says')
  const [row] = await execute<{ count: number }>(
    subject.url,
    "SELECT count(*)::INTEGER AS count FROM pg_stat_activity WHERE application_name = 'wasat' AND datname = current_database()",
  )
  assert.ok((row?.count ?? 99) <= 4, `${row?.count} connections of 4`)
  assert.match(subject.ledger.trouble() ?? '', /statement timeout/)
  await letGo()
  await Promise.all(wanted)
  await admit(subject.ledger, reservationOf('last'))
  assert.equal(subject.ledger.trouble(), undefined)
  await assertSound(subject.ledger)
})

test('the queue of rows is bounded', { skip }, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  await subject.directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000 }))
  const wanted = numbers(WAITING_ROWS_MAX + 1).map((n) => subject.ledger.reserve(reservationOf(`r${n}`)))
  const last = wanted.at(-1)!
  await assert.rejects(last, hasCode('store_unavailable'))
  const results = await Promise.allSettled(wanted)
  assert.equal(results.filter((one) => one.status === 'fulfilled' && one.value.granted).length, 10)
})

test('S17: what the server undoes because of others is tried again', { skip }, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  t.after(() =>
    execute(subject.url, 'DROP FUNCTION wasat.test_conflict CASCADE; DROP SEQUENCE wasat.test_conflicts'),
  )
  await execute(
    subject.url,
    `CREATE SEQUENCE wasat.test_conflicts;
     CREATE FUNCTION wasat.test_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE n BIGINT := nextval('wasat.test_conflicts');
     BEGIN
       IF n % 3 = 1 THEN RAISE EXCEPTION 'meant' USING ERRCODE = 'serialization_failure'; END IF;
       IF n % 3 = 2 THEN RAISE EXCEPTION 'meant' USING ERRCODE = 'deadlock_detected'; END IF;
       RETURN NULL;
     END $$;
     CREATE TRIGGER test_conflict AFTER INSERT ON wasat.reservations
       FOR EACH STATEMENT EXECUTE FUNCTION wasat.test_conflict();
     CREATE TRIGGER test_conflict AFTER INSERT ON wasat.requests
       FOR EACH STATEMENT EXECUTE FUNCTION wasat.test_conflict()`,
  )
  const admittedAt = await admit(subject.ledger, reservationOf('r1'))
  await subject.ledger.settle(rowOf(reservationOf('r1'), admittedAt, 7))
  await assertSound(subject.ledger)
})

test('long readings leave room for requests', { skip }, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  const book = await subject.ledger.openBook()
  await Promise.all(numbers(50).map((n) => admit(subject.ledger, reservationOf(`r${n}`))))
  assert.equal((await Array.fromAsync(book.reservations())).length, 0, 'the book is of before')
  const waiting = subject.ledger.openBook()
  await book.close()
  const next = await waiting
  assert.equal((await Array.fromAsync(next.reservations())).length, 50)
  await next.close()
})

// ---------------------------------------------------------------------------------------------
// Opening, migrating, closing.

function refusal(text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, 'failed_precondition')
    assert.match(error.message, text)
    assert.ok(error.hint, 'a refusal to start says what to do')
    return true
  }
}

test('of several that open an empty database one migrates, and the others find it done', {
  skip,
}, async (t) => {
  const url = await bareDatabase(t)
  const stores = await Promise.all(numbers(4).map(() => openPostgresStore(url, { connectionsMax: 2 })))
  for (const store of stores) assert.equal(store.ledger.trouble(), undefined)
  const rows = await execute<{ number: number }>(url, 'SELECT number FROM wasat.migrations ORDER BY number')
  assert.equal(rows.length, readMigrations(MIGRATIONS).length)
  await Promise.all(stores.map((store) => store.close()))
})

test('S26: a migration that is cut anywhere is done again', { skip }, async (t) => {
  const url = await bareDatabase(t)
  const all = readMigrations(MIGRATIONS)
  for (const [index, migration] of all.entries()) {
    const broken = { ...migration, sql: `${migration.sql}; SELECT 1 / 0` }
    const store = await openWith(url, [...all.slice(0, index), broken], { connectionsMax: 2 })
    assert.match(store.ledger.trouble() ?? '', /division by zero/)
    await store.close()
    const rows = await execute<{ count: number }>(
      url,
      "SELECT to_regclass('wasat.migrations') IS NULL AS none",
    )
    assert.deepEqual(rows, [{ none: index === 0 }])
  }
  const store = await openPostgresStore(url)
  assert.equal(store.ledger.trouble(), undefined)
  await people(store)
  await store.close()
})

test('S11: a newer schema and an altered one are refused', { skip }, async (t) => {
  const url = await bareDatabase(t)
  const all = readMigrations(MIGRATIONS)
  await (await openPostgresStore(url)).close()
  await assert.rejects(openWith(url, all.slice(0, -1)), refusal(/made by a newer Wasat/))
  const altered = all.map((one, index) => (index === 2 ? { ...one, checksum: 'other' } : one))
  await assert.rejects(openWith(url, altered), refusal(/another text of the migration 0003/))
})

test('a database that is not UTF-8, and an address that is none, are refused', { skip }, async (t) => {
  const { postgres } = services()
  await execute(postgres.url, "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
  t.after(() => execute(postgres.url, 'DROP DATABASE latin WITH (FORCE)'))
  await assert.rejects(
    openPostgresStore(postgres.url.replace(/postgres$/, 'latin')),
    refusal(/encoding LATIN1/),
  )
  for (const url of ['', 'sqlite', 'http://x', 'postgres://', 'postgres://a b'])
    await assert.rejects(openPostgresStore(url), hasCode('invalid_argument'), url)
})

test('[NEV-25] a replica of the release before writes rows that know no routes, and leaves those that are there', {
  skip,
}, async (t) => {
  const subject = await subjectOf(t)
  const { routes: _, ...old } = { ...projectOf('old'), limits: '{}', created_at: 1, updated_at: 1 }
  const insert = 'INSERT INTO wasat.projects SELECT * FROM json_populate_record(NULL::wasat.projects, $1)'
  await execute(subject.url, insert, [JSON.stringify(old)])
  assert.deepEqual((await subject.directory.getProject('old'))?.routes, {})
  await subject.directory.updateProject(projectOf('old', { routes: { fast: 'slow' } }))
  const update = `UPDATE wasat.projects p SET name = n.name, limits = n.limits
    FROM json_populate_record(NULL::wasat.projects, $1) n WHERE p.id = n.id`
  await execute(subject.url, update, [JSON.stringify(old)])
  assert.deepEqual((await subject.directory.getProject('old'))?.routes, { fast: 'slow' })
})

test('close writes what waits, and then nothing more is taken', { skip }, async (t) => {
  const subject = await subjectOf(t)
  await people(subject)
  const store = await openPostgresStore(subject.url)
  const waiting = Promise.all(numbers(20).map((n) => admit(store.ledger, reservationOf(`r${n}`))))
  await Promise.all([store.close(), store.close()])
  await waiting
  await assert.rejects(store.ledger.reserve(reservationOf('late')), hasCode('store_unavailable'))
  await assert.rejects(store.directory.getKey('k1'), hasCode('store_unavailable'))
  await assert.rejects(
    Array.fromAsync(store.ledger.rows({ from: 0, to: 1, filter: {} })),
    hasCode('store_unavailable'),
  )
  await assert.rejects(store.ledger.backup('x'), hasCode('unimplemented'))
})
