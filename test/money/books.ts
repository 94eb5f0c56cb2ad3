/** Where the books of a test lie, and how they are read and checked. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Book, SettledRow } from '../../src/nouns/ledger.ts'
import { costOf } from '../../src/prices/cost.ts'
import { priceOfDocument } from '../../src/prices/document.ts'
import { type AuditReport, audit } from '../../src/stores/audit/audit.ts'
import { openPostgresStore } from '../../src/stores/postgres/store.ts'
import { openSqliteBook } from '../../src/stores/sqlite/book.ts'
import { leaksIn } from '../servers/canaries.ts'
import { rowsIn, type TestDatabase } from '../servers/postgres-server.ts'
import { services } from '../servers/services.ts'
import { ADMIN_KEY, CLIENT_KEY } from '../servers/wasat-process.ts'

export type StoreKind = 'sqlite' | 'postgres'

/** Where one test's books lie. The gateways of PostgreSQL are replicas and have a folder each. */
export interface Place {
  readonly kind: StoreKind
  /** The value of `stores.ledger`. */
  readonly ledger: string
  /** The data folder of replica `number`. */
  folder(number?: number): string
  openBook(): Promise<Book>
  remove(): Promise<void>
}

export async function openPlace(kind: StoreKind, postgresUrl?: string): Promise<Place> {
  const home = await mkdtemp(join(tmpdir(), 'wasat-money-'))
  const folder = (number = 0) => join(home, `data-${number}`)
  const removeHome = () => rm(home, { recursive: true, force: true })
  if (kind === 'sqlite') {
    return {
      kind,
      ledger: 'sqlite',
      folder,
      openBook: async () => openSqliteBook(folder()),
      remove: removeHome,
    }
  }
  const database: TestDatabase | undefined =
    postgresUrl === undefined ? await services().postgres.newDatabase() : undefined
  const url = database?.url ?? (postgresUrl as string)
  return {
    kind,
    ledger: url,
    folder,
    openBook: () => openPostgresBook(url),
    remove: async () => {
      // Every gateway of the money tests had these keys; no row may hold them.
      const leaks = database === undefined ? [] : leaksIn(await rowsIn(url), TEST_KEYS)
      await database?.drop()
      assert.deepEqual(leaks, [], '[NEV-64] the books hold a secret')
      await removeHome()
    },
  }
}

const TEST_KEYS = new Map([
  ['the client key', CLIENT_KEY],
  ['the admin key', ADMIN_KEY],
])

async function openPostgresBook(url: string): Promise<Book> {
  const store = await openPostgresStore(url)
  const book = await store.ledger.openBook()
  return {
    ...book,
    close: async () => {
      await book.close()
      await store.close()
    },
  }
}

export interface Books {
  readonly rows: ReadonlyMap<string, SettledRow & { readonly hasReservation: boolean }>
  /** Reservations without a settlement. */
  readonly open: readonly string[]
  readonly windows: readonly {
    readonly budgetId: string
    readonly spentNanoUsd: number
    readonly reservedNanoUsd: number
  }[]
  readonly report: AuditReport
}

/** Everything at one moment, checked. */
export async function readBooks(place: Place): Promise<Books> {
  return readBook(await place.openBook())
}

export async function readBook(book: Book): Promise<Books> {
  try {
    const rows = new Map<string, SettledRow & { readonly hasReservation: boolean }>()
    for await (const row of book.requests()) rows.set(row.requestId, row)
    const open: string[] = []
    for await (const { requestId } of book.reservations()) if (!rows.has(requestId)) open.push(requestId)
    const windows = await Array.fromAsync(book.windows())
    const report = await audit(book, {
      costOf: (document, quantities, tier) => costOf(priceOfDocument(document), quantities, tier),
    })
    return { rows, open, windows, report }
  } finally {
    await book.close()
  }
}

export function assertSound({ report }: Books): void {
  assert.deepEqual(
    report.invariants.filter((invariant) => invariant.state === 'fail'),
    [],
  )
}
