import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import { type AppliedMigration, type Migration, pendingMigrations } from '../migration-files.ts'

export const MIGRATIONS = new URL('./migrations/', import.meta.url)

/**
 * Brings the database to the schema of `migrations`, each in a transaction of its own, and returns what was applied.
 * Throws `failed_precondition` when the database was made by a newer program or by an altered migration.
 */
export function applyMigrations(database: DatabaseSync, migrations: readonly Migration[]): readonly string[] {
  database.exec(`
    CREATE TABLE IF NOT EXISTS migrations (
      number     INTEGER PRIMARY KEY,
      name       TEXT NOT NULL,
      checksum   TEXT NOT NULL,
      applied_at INTEGER NOT NULL
    ) STRICT`)
  const pending = pendingMigrations(appliedTo(database), migrations)
  for (const migration of pending) applyMigration(database, migration)
  return pending.map((migration) => migration.name)
}

/**
 * Whether the database has all of this program's schema; false when it was made by an older one. Changes nothing.
 * Throws `failed_precondition` when it is no data store of Wasat, or one of a newer or an altered program.
 */
export function isSchemaWhole(database: DatabaseSync, migrations: readonly Migration[]): boolean {
  const isStore =
    database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get() !== undefined
  if (!isStore)
    throw new GatewayError('failed_precondition', 'The file is no data store of Wasat.', {
      hint: 'Use a file that `wasat db backup` made, or the wasat.db of a data folder.',
    })
  return pendingMigrations(appliedTo(database), migrations).length === 0
}

function appliedTo(database: DatabaseSync): readonly AppliedMigration[] {
  const rows = database.prepare('SELECT number, name, checksum FROM migrations ORDER BY number').all()
  return rows as unknown as AppliedMigration[]
}

function applyMigration(database: DatabaseSync, migration: Migration): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(migration.sql)
    database
      .prepare('INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)')
      .run(migration.number, migration.name, migration.checksum, Date.now())
    database.exec('COMMIT')
  } catch (cause) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw new GatewayError(
      'store_unavailable',
      `The migration ${migration.name} failed and was rolled back.`,
      {
        hint: `Free the disk or restore a backup, then start again: ${(cause as Error).message}`,
        cause,
      },
    )
  }
}
