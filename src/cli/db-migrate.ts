import type { Command } from 'commander'
import { addPlaceOptions, type DbOptions, placeOf } from './db-place.ts'
import { CliError } from './failure.ts'
import { print, type Terminal } from './output.ts'

export function addDbMigrate(db: Command, terminal: Terminal): void {
  addPlaceOptions(db.command('migrate'))
    .description('bring the database to this version; a start does it as well')
    .action(async (options: DbOptions) => {
      const place = await placeOf(options, terminal)
      const { openBooks } = await import('../main/open-store.ts')
      const books = await openBooks(place)
      const trouble = books.ledger.trouble()
      await books.close()
      if (trouble !== undefined)
        throw new CliError('unreachable', trouble, 'check the address of the database')
      const where = place.stores.ledger === 'sqlite' ? place.data : 'PostgreSQL'
      const result = { migrated: true, ledger: place.stores.ledger === 'sqlite' ? 'sqlite' : 'postgres' }
      print(terminal, options.json === true, result, () => `the database in ${where} is up to date\n`)
    })
}
