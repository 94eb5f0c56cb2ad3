import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { reservationOf, rowOf } from '../../test/contracts/ledger/subject.ts'
import { SERVICES_SKIP, services } from '../../test/servers/services.ts'

import { openSqliteStore } from '../stores/sqlite/store.ts'
import { runProgram } from './program.ts'
import { memoryTerminal } from './testing.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasat-db-'))
after(() => rmSync(folder, { recursive: true }))
let folders = 0

/** A data folder with one request on its books. */
async function books(): Promise<string> {
  const data = join(folder, String(folders++))
  const store = await openSqliteStore(data)
  const reservation = reservationOf('01900000-0000-7000-8000-000000000001')
  const reserved = await store.ledger.reserve(reservation)
  assert.ok(reserved.granted)
  await store.ledger.settle(rowOf(reservation, reserved.admittedAt, 7))
  await store.close()
  return data
}

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = memoryTerminal(folder)
  const code = await runProgram(words, terminal)
  return { code, out: terminal.out.join(''), err: terminal.err.join('') }
}

test('a backup is restored into another folder, and the books there add up', async () => {
  const data = await books()
  const file = `${data}.backup`
  const backup = await run('db', 'backup', file, '--data', data, '--json')
  assert.deepEqual([backup.code, JSON.parse(backup.out).file], [0, file], backup.err)
  const restored = join(folder, String(folders++))
  assert.equal((await run('db', 'restore', file, '--data', restored)).code, 0)
  const checked = await run('doctor', 'ledger', '--data', restored, '--json')
  assert.equal(JSON.parse(checked.out).ok, true)
  const again = await run('db', 'backup', file, '--data', data)
  assert.deepEqual([again.code, /exists already/.test(again.err)], [1, true], 'nothing is written over')
  const twice = await run('db', 'restore', file, '--data', restored)
  assert.deepEqual([twice.code, /has a database already/.test(twice.err)], [1, true])
})

test('migrate brings a folder up to date, and makes one', async () => {
  const data = join(folder, String(folders++))
  assert.equal((await run('db', 'migrate', '--data', data)).code, 0)
  assert.ok(existsSync(join(data, 'wasat.db')))
})

test('[ADM-08] bad input to each command is told with what to do, and changes nothing', async () => {
  const data = await books()
  const nothing = join(folder, 'nothing')
  const damaged = join(folder, 'damaged')
  writeFileSync(damaged, 'this is no database')
  const before = readFileSync(join(data, 'wasat.db'))
  const cases: [string[], number, RegExp][] = [
    [['backup'], 2, /missing required argument/],
    [['backup', 'x', '--data', nothing], 4, /there is no database/],
    [['backup', join(folder, 'no', 'such', 'folder'), '--data', data], 1, /Cannot write/],
    [['backup', 'x', '--data', data, '--ledger', 'postgres://localhost/x'], 2, /pg_dump/],
    [['backup', 'x', '--data', data, '--ledger', 'mysql://x'], 1, /stores\.ledger/],
    [['restore', 'missing', '--data', nothing], 1, /There is no file/],
    [['restore', damaged, '--data', nothing], 1, /damaged/],
    [['copy', '--data', data], 2, /--to/],
    [['copy', '--data', data, '--to', 'mysql://x'], 2, /postgres:/],
    [['copy', '--data', nothing, '--to', 'postgres://127.0.0.1:1/x'], 4, /there is no database/],
    [['copy', '--data', data, '--to', 'postgres://127.0.0.1:1/x'], 1, /./],
    [['explode'], 2, /unknown command/],
  ]
  for (const [words, code, text] of cases) {
    const { code: found, out, err } = await run('db', ...words)
    assert.deepEqual([found, out, text.test(err)], [code, '', true], `${words.join(' ')}: ${found} ${err}`)
  }
  assert.ok(!existsSync(join(nothing, 'wasat.db')))
  assert.deepEqual(readFileSync(join(data, 'wasat.db')), before)
})

test('copy takes the books to PostgreSQL, where they add up', { skip: SERVICES_SKIP }, async (t) => {
  const { postgres } = services()
  const target = await postgres.newDatabase()
  t.after(() => target.drop())
  const data = await books()
  const copied = await run('db', 'copy', '--data', data, '--to', target.url, '--json')
  assert.equal(copied.code, 0, copied.err)
  const checked = await run('doctor', 'ledger', '--data', data, '--ledger', target.url, '--json')
  assert.equal(JSON.parse(checked.out).ok, true, checked.err)
  const twice = await run('db', 'copy', '--data', data, '--to', target.url)
  assert.equal(twice.code, 1, 'never into a database that holds anything')
})
