import type { Client } from 'pg'
import { GatewayError } from '../../errors.ts'
import { type AppliedMigration, type Migration, pendingMigrations } from '../migration-files.ts'

/** Only one process migrates at a time; the others wait here and then find it done. */
const MIGRATION_LOCK = '7740321470002'
/** A migration may rewrite a large table. */
const MIGRATION_TIMEOUT = '30min'

/**
 * Brings the database to the schema of `migrations`, each in a transaction of its own, and returns what was applied.
 * May be cut anywhere and run again. Throws `failed_precondition` when the database is not fit, was made by a newer
 * program or by an altered migration; any other error is the server's.
 */
export async function applyMigrations(
  client: Client,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const applied: string[] = []
  for (;;) {
    const name = await inTransaction(client, () => applyNext(client, migrations))
    if (name === undefined) return applied
    applied.push(name)
  }
}

async function applyNext(client: Client, migrations: readonly Migration[]): Promise<string | undefined> {
  await client.query(`SET LOCAL statement_timeout = '${MIGRATION_TIMEOUT}'`)
  await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`)
  const [next] = pendingMigrations(await readApplied(client), migrations)
  if (next === undefined) return undefined
  if (next.number === 1) await begin(client)
  await client.query(next.sql)
  await client.query(
    `INSERT INTO wasat.migrations (number, name, checksum, applied_at)
     VALUES ($1, $2, $3, floor(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT)`,
    [next.number, next.name, next.checksum],
  )
  return next.name
}

async function begin(client: Client): Promise<void> {
  const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding')
  const encoding = rows[0]?.server_encoding
  if (encoding !== 'UTF8') {
    throw new GatewayError('failed_precondition', `The database has the encoding ${encoding}, not UTF8.`, {
      hint: "Make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
    })
  }
  await client.query('CREATE SCHEMA IF NOT EXISTS wasat')
  await client.query(`
    CREATE TABLE wasat.migrations (
      number     INTEGER PRIMARY KEY,
      name       TEXT NOT NULL,
      checksum   TEXT NOT NULL,
      applied_at BIGINT NOT NULL
    )`)
}

async function readApplied(client: Client): Promise<readonly AppliedMigration[]> {
  const found = await client.query("SELECT to_regclass('wasat.migrations') IS NOT NULL AS is_there")
  if (!(found.rows[0] as { is_there: boolean }).is_there) return []
  const { rows } = await client.query<AppliedMigration>(
    'SELECT number, name, checksum FROM wasat.migrations ORDER BY number',
  )
  return rows
}

async function inTransaction<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN')
  try {
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    // When the connection is gone, so is the transaction.
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}
