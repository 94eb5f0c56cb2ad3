import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { ResourceTable } from '../../nouns/resource-table.ts'
import type { Store } from '../../nouns.ts'
import { type Migration, readMigrations } from '../migration-files.ts'
import { createDirectory } from './directory.ts'
import { storeClosed } from './failures.ts'
import { watchHealth } from './health.ts'
import { createBooksAndLedger } from './ledger.ts'
import { createPrivateFile, lockDataFolder } from './lock.ts'
import { createGuarded, type Guarded } from './locked.ts'
import { applyMigrations, MIGRATIONS } from './migrations.ts'
import { createResourceTable } from './resources.ts'
import { LOCKED_MS_MAX } from './writer.ts'

export { backUpSqlite } from './backup.ts'
export { openSqliteBook } from './book.ts'
export { isDataFolderInUse } from './lock.ts'
export { restoreSqlite } from './restore.ts'

/** How long a start waits for another connection; there is no event loop to hold up yet. */
const START_TIMEOUT_MS = 5_000
/** A write-ahead log that a long read made bigger is cut back to this after the next checkpoint. */
const WAL_BYTES_KEPT = 64 * 1024 * 1024
/**
 * Pages of the log after which a commit also copies them into the file, for some milliseconds. At 1,000 requests a
 * second that is once a second; with SQLite's 1,000 pages it was four times, which one request in fifty met.
 */
const CHECKPOINT_PAGES = 4_000

/** All that one process keeps in its data folder. */
export type SqliteStore = Omit<Store, 'counters'>

export interface SqliteOptions {
  /** The ledger's clock, milliseconds since the epoch. */
  readonly now?: () => number
  /** How long an operation waits for another connection, in milliseconds. Default 5,000. */
  readonly lockedMaxMs?: number
}

/**
 * Opens (and on the first start makes) the data folder's `wasat.db`.
 * Throws `failed_precondition` when another process has the folder or the schema is not this program's,
 * `store_unavailable` when the file cannot be opened or is not a sound database.
 */
export async function openSqliteStore(dataFolder: string, options: SqliteOptions = {}): Promise<SqliteStore> {
  return openWith(dataFolder, readMigrations(MIGRATIONS), options)
}

/** The same with a given schema history; for the tests of migrations. */
export async function openWith(
  dataFolder: string,
  migrations: readonly Migration[],
  options: SqliteOptions = {},
): Promise<SqliteStore> {
  const path = join(dataFolder, 'wasat.db')
  let unlock: (() => void) | undefined
  let database: DatabaseSync | undefined
  try {
    // An existing folder keeps its mode: it may be one that others use too, and every file in it is 0600.
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
    unlock = lockDataFolder(dataFolder)
    refuseOrphan(path)
    createPrivateFile(path)
    database = openDatabase(path)
    applyMigrations(database, migrations)
    database.exec('PRAGMA busy_timeout = 0')
    return createStore(database, path, unlock, { now: Date.now, lockedMaxMs: LOCKED_MS_MAX, ...options })
  } catch (error) {
    database?.close()
    unlock?.()
    throw error instanceof GatewayError ? error : cannotOpen(path, error)
  }
}

/** Where a log is left, there was a database: a new one in its place would be a loss that nobody is told. */
function refuseOrphan(path: string): void {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  if (existsSync(path) || log === undefined || log.size === 0) return
  throw new GatewayError('failed_precondition', `The data store ${path} is gone; only its log is left.`, {
    hint: `Put it back, or restore a backup with \`wasat db restore\`. To begin anew, delete ${path}-wal.`,
  })
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: START_TIMEOUT_MS, enableForeignKeyConstraints: true })
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${WAL_BYTES_KEPT};
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA trusted_schema = OFF;`)
    // Without it INSERT OR REPLACE would delete a row past the trigger that keeps the ledger append-only.
    database.exec('PRAGMA recursive_triggers = ON')
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function createStore(
  database: DatabaseSync,
  path: string,
  unlock: () => void,
  { now, lockedMaxMs }: Required<SqliteOptions>,
): SqliteStore {
  let isClosed = false
  const health = watchHealth(path, () => parts.probe())
  const check = (): void => {
    if (isClosed) throw storeClosed()
    health.check()
  }
  const read = createGuarded(check, lockedMaxMs)
  const parts = createBooksAndLedger(database, { path, now, read, check, health, lockedMaxMs })
  const directory = createDirectory(database, { ...parts, read, now })

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    health.stop()
    try {
      await parts.drain()
      // Closing removes the log by its name, which may by now belong to another file.
      if (!health.isGone) database.close()
    } finally {
      unlock()
    }
  }

  return Object.freeze({ directory, ledger: parts.ledger, resources: createResources(database, read), close })
}

function createResources(database: DatabaseSync, read: Guarded): ResourceTable {
  const rows = createResourceTable(database)
  return Object.freeze({
    insert: (row, alongside) => read(() => rows.insert(row, alongside)),
    get: (keyId, name) => read(() => rows.get(keyId, name)),
    find: (name) => read(() => rows.find(name)),
    findByBlob: (blob) => read(() => rows.findByBlob(blob)),
    update: (row) => read(() => rows.update(row)),
    delete: (keyId, name) => read(() => rows.delete(keyId, name)),
    list: (query) => read(() => rows.list(query)),
    expired: (now, limit) => read(() => rows.expired(now, limit)),
    totals: (keyId, collection) => read(() => rows.totals(keyId, collection)),
  } satisfies ResourceTable)
}

function cannotOpen(path: string, cause: unknown): GatewayError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new GatewayError('store_unavailable', `Cannot open the data store ${path}: ${reason}.`, {
    hint: 'Check the folder, its owner and the free space. A damaged file is never repaired: restore a backup.',
    cause,
  })
}
