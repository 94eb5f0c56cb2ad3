/** Takes the books of another store over into an empty PostgreSQL: all of it in one transaction, or nothing. */
import { Client } from 'pg'
import { GatewayError } from '../../errors.ts'
import { readMigrations } from '../migration-files.ts'
import type { CopySource } from './copy-source.ts'
import { type CopiedTable, copiedTables } from './copy-tables.ts'
import { connectionOf } from './database.ts'
import { storeUnavailable } from './failures.ts'
import { applyMigrations } from './migrate.ts'
import { MIGRATIONS } from './store.ts'

const SLICE_ROWS = 1_000

/** What was read there and what was found here afterwards; they are equal. */
export interface Copied {
  readonly table: string
  readonly rows: number
  /** Of the amounts in it, where it has some: nano-USD, and tokens. */
  readonly sum: bigint
}

export type CopyProgress = (table: string, rows: number) => void

/**
 * Throws `failed_precondition` when the target holds anything or is in use, `invalid_argument` for an address that is
 * none, `store_unavailable` when the server cannot be asked, `internal` when it holds something else in the end than
 * was read. Then nothing was copied.
 */
export async function copyInto(
  url: string,
  source: CopySource,
  onProgress: CopyProgress = () => undefined,
): Promise<readonly Copied[]> {
  const client = new Client({ ...connectionOf(url), statement_timeout: 0 })
  // Whatever is asked of it next tells the same.
  client.on('error', () => undefined)
  const ask: Ask = async (text, values = []) => (await client.query(text, [...values]).catch(failed)).rows
  try {
    await client.connect().catch(failed)
    await applyMigrations(client, readMigrations(MIGRATIONS)).catch(failed)
    await ask('BEGIN')
    const copied = await copyAll(ask, source, onProgress)
    await ask('COMMIT')
    return copied
  } finally {
    // What was not committed goes with the connection.
    await client.end().catch(() => undefined)
  }
}

type Ask = (text: string, values?: readonly unknown[]) => Promise<readonly unknown[]>

/** What the source throws is its own. */
function failed(error: unknown): never {
  throw error instanceof GatewayError ? error : storeUnavailable(error)
}

async function copyAll(ask: Ask, source: CopySource, onProgress: CopyProgress): Promise<readonly Copied[]> {
  await ask('SELECT wasat.lock_ledger()')
  await requireEmpty(ask)
  const copied: Copied[] = []
  for (const table of copiedTables(source)) {
    const read = await load(ask, table, onProgress)
    if (table.finish !== undefined) await ask(table.finish)
    if (table.found !== undefined) await requireEqual(ask, table.found, read)
    if (table.found !== undefined) copied.push(read)
  }
  return copied
}

const HELD = ['keys', 'projects', 'settings', 'budgets', 'reservations', 'requests', 'usage_hours', 'prices']

async function requireEmpty(ask: Ask): Promise<void> {
  const held = HELD.map((table) => `SELECT '${table}' AS name WHERE EXISTS (SELECT 1 FROM wasat.${table})`)
  const rows = (await ask(held.join(' UNION ALL '))) as readonly { readonly name: string }[]
  if (rows.length > 0) {
    const names = rows.map(({ name }) => name).join(', ')
    throw new GatewayError('failed_precondition', `The database holds something already: ${names}.`, {
      hint: 'Copy into an empty database. To begin anew with this one: DROP SCHEMA wasat CASCADE.',
    })
  }
  const alive = await ask('SELECT 1 FROM wasat.instances WHERE alive_until > wasat.now_ms()')
  if (alive.length > 0) {
    throw new GatewayError('failed_precondition', 'A gateway runs on this database.', {
      hint: 'Stop it, copy, and start it again. One that was killed is forgotten after 30 seconds.',
    })
  }
}

async function load(ask: Ask, table: CopiedTable, onProgress: CopyProgress): Promise<Copied> {
  if (table.prepare !== undefined) await ask(table.prepare)
  const text = `INSERT INTO ${table.into} SELECT * FROM json_populate_recordset(NULL::${table.into}, $1)`
  let rows = 0
  let sum = 0n
  let slice: object[] = []
  const flush = async () => {
    await ask(text, [JSON.stringify(slice)])
    rows += slice.length
    slice = []
    onProgress(table.name, rows)
  }
  for await (const { cells, amount } of table.rows()) {
    slice.push(cells)
    sum += amount
    if (slice.length === SLICE_ROWS) await flush()
  }
  if (slice.length > 0) await flush()
  return { table: table.name, rows, sum }
}

async function requireEqual(ask: Ask, found: string, read: Copied): Promise<void> {
  const [there] = (await ask(found)) as readonly { readonly rows: string; readonly sum: string }[]
  if (BigInt(there?.rows ?? -1) === BigInt(read.rows) && BigInt(there?.sum ?? -1) === read.sum) return
  const hint =
    `${read.table}: ${read.rows} rows with a sum of ${read.sum} were read, ` +
    `and ${there?.rows} with ${there?.sum} are there. Run \`wasat doctor ledger\` on the source.`
  throw new GatewayError('internal', 'The copy is not equal to its source; nothing was copied.', { hint })
}
