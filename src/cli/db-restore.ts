import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addPlaceOptions, type DbOptions, placeOf, refusePostgres } from './db-place.ts'
import { plain, print, type Terminal } from './output.ts'

export function addDbRestore(db: Command, terminal: Terminal): void {
  addPlaceOptions(db.command('restore <file>'))
    .description('put a backup into a data folder that has no database')
    .action(async (file: string, options: DbOptions) => {
      const place = await placeOf(options, terminal)
      refusePostgres(place, 'pg_restore')
      const { restoreSqlite } = await import('../stores/sqlite/store.ts')
      await restoreSqlite(resolve(terminal.cwd, file), place.data)
      const next = `check it: wasat doctor ledger --data ${plain(place.data)}`
      print(
        terminal,
        options.json === true,
        { data: place.data },
        () => `restored to ${plain(place.data)}; ${next}\n`,
      )
    })
}
