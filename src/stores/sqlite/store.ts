import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { Ledger, ResourceTable, Store } from '../../nouns.ts'
import { storeClosed, storeUnavailable } from './failures.ts'
import { createKeyTable } from './keys.ts'
import { createPrivateFile, lockDataFolder } from './lock.ts'
import { applyMigrations, type Migration, readMigrations } from './migrations.ts'
import { createRequestWriter } from './requests.ts'
import { createResourceTable } from './resources.ts'

export { isDataFolderInUse } from './lock.ts'

/** How long a statement waits for another connection, such as a backup or a console's long read. */
const BUSY_TIMEOUT_MS = 5_000
/** A write-ahead log that a long read made bigger is cut back to this after the next checkpoint. */
const WAL_BYTES_KEPT = 64 * 1024 * 1024

const MIGRATIONS = new URL('./migrations/', import.meta.url)

/**
 * Opens (and on the first start makes) the data folder's `wasat.db`.
 * Throws `failed_precondition` when another process has the folder or the schema is not this program's,
 * `store_unavailable` when the file cannot be opened or is not a sound database.
 */
export async function openSqliteStore(dataFolder: string): Promise<Store> {
  return openWith(dataFolder, readMigrations(MIGRATIONS))
}

/** The same with a given schema history; for the tests of migrations. */
export async function openWith(dataFolder: string, migrations: readonly Migration[]): Promise<Store> {
  const path = join(dataFolder, 'wasat.db')
  let unlock: (() => void) | undefined
  let database: DatabaseSync | undefined
  try {
    // An existing folder keeps its mode: it may be one that others use too, and every file in it is 0600.
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
    unlock = lockDataFolder(dataFolder)
    createPrivateFile(path)
    database = openDatabase(path)
    applyMigrations(database, migrations)
    return createStore(database, unlock)
  } catch (error) {
    database?.close()
    unlock?.()
    throw error instanceof GatewayError ? error : cannotOpen(path, error)
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true })
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${WAL_BYTES_KEPT};
      PRAGMA trusted_schema = OFF;`)
    // Without it INSERT OR REPLACE would delete a row past the trigger that keeps the ledger append-only.
    database.exec('PRAGMA recursive_triggers = ON')
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function createStore(database: DatabaseSync, unlock: () => void): Store {
  const requests = createRequestWriter(database)
  const keys = createKeyTable(database)
  const rows = createResourceTable(database)
  let closed = false

  /** Turns what SQLite throws into the one error, and keeps callers out of a closed database. */
  async function guarded<Result>(work: () => Result): Promise<Result> {
    if (closed) throw storeClosed()
    try {
      return work()
    } catch (error) {
      throw error instanceof GatewayError ? error : storeUnavailable(error)
    }
  }

  const ledger: Ledger = Object.freeze({
    append: (row) => (closed ? Promise.reject(storeClosed()) : requests.append(row)),
    findKeyByDigest: (digest) => guarded(() => keys.findKeyByDigest(digest)),
    getKey: (id) => guarded(() => keys.getKey(id)),
    listKeys: () => guarded(() => keys.listKeys()),
    createKey: (key) => guarded(() => keys.createKey(key)),
    updateKey: (key) => guarded(() => keys.updateKey(key)),
    deleteKey: (id) => guarded(() => keys.deleteKey(id)),
    getSetting: (name) => guarded(() => keys.getSetting(name)),
    initSetting: (name, value) => guarded(() => keys.initSetting(name, value)),
  } satisfies Ledger)

  const resources: ResourceTable = Object.freeze({
    insert: (row, alongside) => guarded(() => rows.insert(row, alongside)),
    get: (keyId, name) => guarded(() => rows.get(keyId, name)),
    find: (name) => guarded(() => rows.find(name)),
    findByBlob: (blob) => guarded(() => rows.findByBlob(blob)),
    update: (row) => guarded(() => rows.update(row)),
    delete: (keyId, name) => guarded(() => rows.delete(keyId, name)),
    list: (query) => guarded(() => rows.list(query)),
    expired: (now, limit) => guarded(() => rows.expired(now, limit)),
    totals: (keyId, collection) => guarded(() => rows.totals(keyId, collection)),
  } satisfies ResourceTable)

  async function close(): Promise<void> {
    if (closed) return
    closed = true
    try {
      requests.flush()
      database.close()
    } finally {
      unlock()
    }
  }

  return Object.freeze({ ledger, resources, close })
}

function cannotOpen(path: string, cause: unknown): GatewayError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new GatewayError('store_unavailable', `Cannot open the data store ${path}: ${reason}.`, {
    hint: 'Check the folder, its owner and the free space. A damaged file is never repaired: restore a backup.',
    cause,
  })
}
