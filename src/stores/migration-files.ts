/** The steps of a schema as files, and whether a database was made by them. Shared by the databases. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { GatewayError } from '../errors.ts'

/** One step of the schema, from a file `0001-what-it-does.sql`. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
  /** SHA-256 of the text with LF line ends, hexadecimal: a checkout on Windows must not look like a change. */
  readonly checksum: string
}

/** One step as the database remembers it. */
export interface AppliedMigration {
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
 * What is still to be applied. Throws `failed_precondition` when the database was made by a newer program or by an
 * altered migration.
 */
export function pendingMigrations(
  applied: readonly AppliedMigration[],
  migrations: readonly Migration[],
): readonly Migration[] {
  applied.forEach((row, index) => {
    const known = migrations[index]
    if (known === undefined) throw newerSchema(row.name, migrations.length)
    if (row.number === known.number && row.checksum === known.checksum) return
    throw new GatewayError(
      'failed_precondition',
      `The data store was made with another text of the migration ${known.name}.`,
      {
        hint: 'Run the release of Wasat that made this data store, or restore a backup. Nothing was changed.',
      },
    )
  })
  return migrations.slice(applied.length)
}

function newerSchema(name: string, known: number): GatewayError {
  return new GatewayError(
    'failed_precondition',
    `The data store was made by a newer Wasat: it has the migration ${name}, this release knows ${known}.`,
    { hint: 'Upgrade Wasat, or restore the backup made before the upgrade. Nothing was changed.' },
  )
}
