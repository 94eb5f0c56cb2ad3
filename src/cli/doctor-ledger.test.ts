import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { budgetOf, keyOf, NO_USE, reservationOf, rowOf } from '../../test/contracts/ledger/subject.ts'
import type { LedgerDoors } from '../../test/contracts/ledger.ts'
import { SERVICES_SKIP, services } from '../../test/servers/services.ts'
import type { Rates } from '../nouns/money.ts'
import { costOf } from '../prices/cost.ts'
import { priceOf } from '../prices/document.ts'
import { openPostgresStore } from '../stores/postgres/store.ts'
import { openSqliteStore } from '../stores/sqlite/store.ts'
import { runProgram } from './program.ts'
import { memoryTerminal, run } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-doctor-ledger-'))
after(() => rmSync(folder, { recursive: true }))

const RATES: Rates = {
  input: 300_000_000,
  output: 2_500_000_000,
  thoughts: 2_600_000_000,
  cachedInput: 30_000_000,
  tierPercent: { batch: 50 },
}

/** A data folder with something in it. */
async function booksIn(name: string) {
  const data = join(folder, name)
  const store = await openSqliteStore(data)
  await fill(store)
  return { data, store }
}

/** A hard budget and three requests at a real price. */
async function fill({ directory, ledger }: LedgerDoors): Promise<void> {
  await directory.createKey(keyOf('k1'))
  await directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000_000_000 }))
  const price = priceOf('gemini-2.5-flash', RATES)
  for (const [index, tier] of (['standard', 'batch', 'standard'] as const).entries()) {
    const reservation = reservationOf(`r${index}`, { projectId: undefined, reservedNanoUsd: 1_000_000 })
    const reserved = await ledger.reserve(reservation)
    assert.ok(reserved.granted)
    const used = { promptTokens: 100, cachedTokens: 20, candidatesTokens: 7 + index, thoughtsTokens: 3 }
    const quantities = { ...used, toolUsePromptTokens: 0, totalTokens: 110 + index, details: undefined }
    const cost = costOf(RATES, quantities, tier)
    const failed = index === 2 ? ({ ...NO_USE, outcome: 'upstream_error', status: 503 } as const) : {}
    await ledger.settle(
      rowOf(reservation, reserved.admittedAt, cost, { price, tier, ...quantities, ...failed }),
    )
  }
}

interface Report {
  readonly ok: boolean
  readonly invariants: { id: string; state: string; checked: number; detail: string; examples: string[] }[]
}

test('[AUD-05] right books: exit code 0, a table for people and JSON for programs', async () => {
  const { data, store } = await booksIn('right')
  await store.close()
  const { exitCode, stdout, stderr } = await run(`doctor ledger --json --data ${data}`, folder)
  assert.equal(stderr, '')
  const { ok, invariants } = JSON.parse(stdout) as Report
  assert.deepEqual([exitCode, ok, invariants.length], [0, true, 32])
  assert.deepEqual(
    invariants.filter(({ state }) => state === 'fail'),
    [],
  )
  const pinned = invariants.find(({ id }) => id === 'L17')
  assert.ok(pinned && pinned.state === 'ok' && pinned.checked >= 3)
  const human = await run(`doctor ledger --data ${data}`, folder)
  assert.equal(human.exitCode, 0)
  assert.match(human.stdout, /^ok {7}L1 {3}what a request reserved is what it gave back.* \(\d+ checked\)$/m)
  assert.match(human.stdout, /^skipped {2}L12 {2}/m)
  assert.match(human.stdout, /\nThe books add up: \d+ invariants hold, \d+ cannot be seen in the store\.\n$/)
})

test('[AUD-06] a gateway may run on the books meanwhile', async () => {
  const { data, store } = await booksIn('running')
  const open = reservationOf('open', { projectId: undefined })
  const reserved = await store.ledger.reserve(open)
  const { exitCode, stdout } = await run(`doctor ledger --json --data ${data}`, folder)
  assert.deepEqual([exitCode, (JSON.parse(stdout) as Report).ok], [0, true])
  assert.ok(reserved.granted)
  await store.ledger.settle(rowOf(open, reserved.admittedAt, 0, { ...NO_USE, outcome: 'refused' }))
  await store.close()
})

test('[AUD-05] books that were tampered with: exit code 1, with the invariant and an example', async () => {
  const { data, store } = await booksIn('wrong')
  await store.close()
  const database = new DatabaseSync(join(data, 'wasat.db'))
  database.exec('UPDATE budget_windows SET spent_nano_usd = spent_nano_usd + 1')
  database.close()
  const { exitCode, stdout } = await run(`doctor ledger --json --data ${data}`, folder)
  const { ok, invariants } = JSON.parse(stdout) as Report
  assert.deepEqual([exitCode, ok], [1, false])
  const cache = invariants.find(({ id }) => id === 'L3')
  assert.equal(cache?.state, 'fail')
  assert.match(cache!.detail, /a key budget has spent 0\.\d+ USD, and its requests say 0\.\d+/)
  assert.deepEqual(cache?.examples, ['b@1970-01-01T00:00:00.000Z'])
  const human = await run(`doctor ledger --data ${data}`, folder)
  assert.equal(human.exitCode, 1)
  assert.match(human.stdout, /^fail {5}L3 /m)
  assert.match(human.stdout, /such as b@1970-01-01T00:00:00\.000Z/)
  assert.match(human.stdout, /do not add up: \d+ invariants? fail/)
})

test('[AUD-05] a folder without books, a bad address and an unknown word are told apart', async () => {
  const none = await run(`doctor ledger --json --data ${join(folder, 'none')}`, folder)
  assert.equal(none.exitCode, 4)
  assert.match(none.stdout + none.stderr, /there are no books in/)
  assert.equal((await run('doctor ledger --ledger mysql://x', folder)).exitCode, 1)
  assert.equal((await run('doctor leger', folder)).exitCode, 2)
})

test('[AUD-05] books in PostgreSQL are checked alike', { skip: SERVICES_SKIP }, async () => {
  const database = await services().postgres.newDatabase()
  const store = await openPostgresStore(database.url)
  try {
    await fill(store)
    const { exitCode, stdout } = await run(`doctor ledger --json --ledger ${database.url}`, folder)
    const { ok, invariants } = JSON.parse(stdout) as Report
    assert.deepEqual([exitCode, ok], [0, true])
    assert.ok(invariants.find(({ id }) => id === 'L17')!.checked >= 3)
  } finally {
    await store.close()
    await database.drop()
  }
})

test('progress goes to a screen, and only there', async () => {
  const { data, store } = await booksIn('screen')
  await store.close()
  const terminal = { ...memoryTerminal(folder), showsProgress: true }
  assert.equal(await runProgram(['doctor', 'ledger', '--data', data], terminal), 0)
  assert.match(terminal.err.join(''), /\r\u001b\[K$/)
})
