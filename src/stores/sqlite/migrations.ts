import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'

/** One step of the schema, from a file `0001-what-it-does.sql`. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
  /** SHA-256 of the text with LF line ends, hexadecimal: a checkout on Windows must not look like a change. */
  readonly checksum: string
}

interface Applied {
  readonly number: number
  readonly name: string
  readonly checksum: string
}

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/

/** The migrations that this program knows, in order. Throws when a number is missing or stands twice. */
export function readMigrations(folder: URL): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => FILE_NAME.test(name))
  const migrations = names.sort().map((name) => readMigration(folder, name))
  migrations.forEach((migration, index) => {
    if (migration.number === index + 1) return
    throw new GatewayError('internal', `The migration ${migration.name} should have number ${index + 1}.`)
  })
  return migrations
}

function readMigration(folder: URL, name: string): Migration {
  const sql = readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n')
  const checksum = createHash('sha256').update(sql).digest('hex')
  return { number: Number(name.slice(0, 4)), name: name.replace(/\.sql$/, ''), sql, checksum }
}

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
  const rows = database.prepare('SELECT number, name, checksum FROM migrations ORDER BY number').all()
  const applied = rows as unknown as Applied[]
  checkApplied(applied, migrations)
  const pending = migrations.slice(applied.length)
  for (const migration of pending) applyMigration(database, migration)
  return pending.map((migration) => migration.name)
}

function checkApplied(applied: readonly Applied[], migrations: readonly Migration[]): void {
  applied.forEach((row, index) => {
    const known = migrations[index]
    if (known === undefined) throw newerSchema(row.name, migrations.length)
    if (row.number === known.number && row.checksum === known.checksum) return
    throw new GatewayError(
      'failed_precondition',
      `The data store was made with another text of the migration ${known.name}.`,
      {
        hint: 'Run the release of Wasat that made this data folder, or restore a backup. Nothing was changed.',
      },
    )
  })
}

function newerSchema(name: string, known: number): GatewayError {
  return new GatewayError(
    'failed_precondition',
    `The data store was made by a newer Wasat: it has the migration ${name}, this release knows ${known}.`,
    { hint: 'Upgrade Wasat, or restore the backup made before the upgrade. Nothing was changed.' },
  )
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
