import type { Command } from 'commander'
import { addDbBackup } from './db-backup.ts'
import { addDbCopy } from './db-copy.ts'
import { addDbMigrate } from './db-migrate.ts'
import { addDbRestore } from './db-restore.ts'
import type { Terminal } from './output.ts'

const HELP = `
These commands work on the data itself: the folder of --data, or the PostgreSQL of --ledger or the configuration.
What clients uploaded lies beside the database in the data folder and is no part of it.`

export function addDbCommand(program: Command, terminal: Terminal): void {
  const db = program
    .command('db')
    .description('move, save and bring back the books')
    .addHelpText('after', HELP)
  addDbMigrate(db, terminal)
  addDbBackup(db, terminal)
  addDbRestore(db, terminal)
  addDbCopy(db, terminal)
}
