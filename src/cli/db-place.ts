/** Where the data is that a `db` command means. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Flags, StorePlace } from '../config/load.ts'
import { addFolderOptions, loadOptions } from './config-options.ts'
import { CliError } from './failure.ts'
import type { Terminal } from './output.ts'

export type DbOptions = Flags & { readonly json?: boolean }

export function addPlaceOptions(command: Command): Command {
  return addFolderOptions(command)
    .option('--ledger <url>', 'sqlite, or postgres://…, in place of the configured one')
    .option('--json', 'print JSON')
}

export async function placeOf(options: DbOptions, terminal: Terminal): Promise<StorePlace> {
  const { loadStorePlace } = await import('../config/load.ts')
  return loadStorePlace(loadOptions(options, terminal))
}

/** Throws `CliError` when nothing was ever stored there. */
export function requireDatabase(dataFolder: string): string {
  const path = join(dataFolder, 'wasat.db')
  if (existsSync(path)) return path
  throw new CliError('notFound', `there is no database in ${dataFolder}`, 'name its folder with --data')
}

/** PostgreSQL has tools of its own for this, and they are the better ones. */
export function refusePostgres({ stores }: StorePlace, tool: string): void {
  if (stores.ledger === 'sqlite') return
  throw new CliError('usage', 'this command is for SQLite; the ledger is in PostgreSQL', `use ${tool}`)
}
