/** The ledger and the directory in PostgreSQL: for several replicas that share one set of books. */
import { GatewayError } from '../../errors.ts'
import type { Directory } from '../../nouns/directory.ts'
import type { Ledger } from '../../nouns/ledger.ts'
import { type Migration, readMigrations } from '../migration-files.ts'
import { openBook } from './book.ts'
import { connectionOf, type Database, openDatabase } from './database.ts'
import { createDirectory } from './directory.ts'
import { storeClosed } from './failures.ts'
import { type Link, openLink } from './link.ts'
import { createKnownPrices } from './prices.ts'
import { countsSince, report, rows } from './report.ts'
import { createReserver, RESERVE_PATIENCE_MS } from './reserve.ts'
import { createSettler } from './settle.ts'
import { createDoubts, prune, recover, reprice } from './upkeep.ts'

export const MIGRATIONS = new URL('./migrations/', import.meta.url)

const CONNECTIONS_MAX = 10
const CONNECTIONS_MIN = 2
/** How long a start waits for the server; it goes on without it, in trouble, and heals by itself. */
const OPEN_PATIENCE_MS = 3_000

export interface PostgresOptions {
  /** Connections of this process, at least 2: one is kept to see whether the server is there. Default 10. */
  readonly connectionsMax?: number
  /** How long a request waits for a connection, and for its statement, in milliseconds. Default 2,000. */
  readonly callTimeoutMs?: number
  /**
   * Who this process is over restarts, such as an id in its data folder, which no other process has: what it left
   * open when it was killed is recovered at once. Without it, 30 s after it was last heard of.
   */
  readonly name?: string
}

export interface PostgresStore {
  readonly directory: Directory
  readonly ledger: Ledger
  close(): Promise<void>
}

/**
 * Opens the books at `postgres://…` and brings their schema up to date. A server that is away does not fail it: calls
 * throw `store_unavailable`, `ledger.trouble()` says why, and all is well again when the server is.
 * Throws `invalid_argument` for an address that is none, and `failed_precondition` when the database is not fit or was
 * made by a newer program.
 */
export async function openPostgresStore(url: string, options: PostgresOptions = {}): Promise<PostgresStore> {
  return openWith(url, readMigrations(MIGRATIONS), options)
}

/** The same with a given schema history; for the tests of migrations. */
export async function openWith(
  url: string,
  migrations: readonly Migration[],
  options: PostgresOptions = {},
): Promise<PostgresStore> {
  const connection = connectionOf(url, options.callTimeoutMs)
  const connectionsMax = Math.max(CONNECTIONS_MIN, options.connectionsMax ?? CONNECTIONS_MAX)
  const link = openLink({ connection, migrations, name: options.name, patienceMs: RESERVE_PATIENCE_MS })
  const database = openDatabase(connection, connectionsMax - 1, link, options.callTimeoutMs)
  const store = createStore(database, link, migrations)
  const patience = Promise.withResolvers<void>()
  const timer = setTimeout(patience.resolve, OPEN_PATIENCE_MS)
  try {
    await Promise.race([link.first, patience.promise])
  } catch (error) {
    await store.close()
    throw error
  } finally {
    clearTimeout(timer)
  }
  return store
}

function createStore(database: Database, link: Link, migrations: readonly Migration[]): PostgresStore {
  const prices = createKnownPrices()
  const doubts = createDoubts({ database, link })
  const upkeep = { database, link, prices }
  const reserver = createReserver({ database, link, doubt: doubts.add })
  const settler = createSettler(upkeep)
  let closing: Promise<void> | undefined
  // It may be another server, or an older state of this one.
  link.onUp(prices.forget)

  const guarded =
    <Words extends readonly unknown[], Result>(work: (...words: Words) => Promise<Result>) =>
    async (...words: Words): Promise<Result> => {
      if (closing !== undefined) throw storeClosed()
      return work(...words)
    }

  const ledger: Ledger = Object.freeze({
    reserve: guarded(reserver.reserve),
    settle: guarded(settler.settle),
    recover: guarded(() => recover(upkeep)),
    replicas: link.replicas,
    countsSince: guarded((scope, since, unit) => countsSince(database, scope, since, unit)),
    report: guarded((query) => report(database, query)),
    rows: (query) => rows(database, query),
    reprice: guarded((find) => reprice(upkeep, find)),
    prune: guarded((before) => prune(upkeep, before)),
    openBook: guarded(() => openBook(database, migrations)),
    backup: async () => {
      throw new GatewayError('unimplemented', 'A ledger in PostgreSQL is not backed up by Wasat.', {
        hint: "Use PostgreSQL's own tools: pg_dump --schema=wasat, or pg_basebackup with the write-ahead log.",
      })
    },
    trouble: link.trouble,
  } satisfies Ledger)

  async function closeAll(): Promise<void> {
    doubts.close()
    await Promise.all([reserver.idle(), settler.idle()])
    await link.close()
    await database.close()
  }

  return Object.freeze({
    directory: createDirectory(database),
    ledger,
    close: () => {
      closing ??= closeAll()
      return closing
    },
  })
}
