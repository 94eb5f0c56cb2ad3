/** What the tests of this folder share. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { assertSound, reservationOf, rowOf } from '../../../test/contracts/ledger/subject.ts'
import { GatewayError } from '../../errors.ts'
import type { SettledRow, UsageRow } from '../../nouns/ledger.ts'
import { openSqliteBook, openSqliteStore, type SqliteOptions, type SqliteStore } from './store.ts'

const CHILD = new URL('./store-child.fixture.ts', import.meta.url).pathname

export const ADMITTED_AT = Date.UTC(2026, 5, 15, 12)

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-store-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A store that is closed at the end of the test, before its folder goes. */
export async function storeIn(
  t: TestContext,
  folder: string,
  options: SqliteOptions = {},
): Promise<SqliteStore> {
  const store = await openSqliteStore(folder, options)
  t.after(() => store.close())
  return store
}

export function inDatabase<Result>(folder: string, work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(join(folder, 'wasat.db'))
  try {
    return work(database)
  } finally {
    database.close()
  }
}

/** A request that nobody reserved and that cost five. */
export function rowNamed(id: string, changes: Partial<UsageRow> = {}): UsageRow {
  return rowOf(reservationOf(id, { projectId: undefined }), ADMITTED_AT, 5, changes)
}

export function allRows({ ledger }: Pick<SqliteStore, 'ledger'>): Promise<SettledRow[]> {
  return Array.fromAsync(ledger.rows({ from: 0, to: Number.MAX_SAFE_INTEGER, filter: {} }))
}

export function refusal(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, text)
    assert.ok(error.hint, 'a refusal to start says what to do')
    return true
  }
}

/** What the folder's database says of itself, by name. */
export async function soundness(folder: string): Promise<Record<string, string>> {
  const book = await openSqliteBook(folder)
  try {
    const found = await book.soundness()
    return Object.fromEntries(found.map(({ name, ok, detail }) => [name, ok ? 'ok' : detail]))
  } finally {
    await book.close()
  }
}

/** Every invariant holds, and the database says the same of itself. */
export async function assertSoundFolder(folder: string): Promise<void> {
  await assertSound({ openBook: () => openSqliteBook(folder) } as SqliteStore['ledger'])
  for (const [name, said] of Object.entries(await soundness(folder))) assert.equal(said, 'ok', name)
}

export interface RunningChild {
  readonly child: ChildProcess
  readonly lines: AsyncIterator<string> & AsyncIterable<string>
}

/** A process that opens the folder, serves requests without end and prints each id once it is settled. */
export function startChild(t: TestContext, folder: string, limit = ':'): RunningChild {
  const script = `${limit} && exec "$0" "$@"`
  const child = spawn('/bin/sh', ['-c', script, process.execPath, CHILD, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}
