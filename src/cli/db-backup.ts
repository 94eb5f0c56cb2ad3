import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addPlaceOptions, type DbOptions, placeOf, refusePostgres, requireDatabase } from './db-place.ts'
import { plain, print, type Terminal } from './output.ts'

export function addDbBackup(db: Command, terminal: Terminal): void {
  addPlaceOptions(db.command('backup <file>'))
    .description('copy the database to a new file, also while a gateway runs on it')
    .action(async (file: string, options: DbOptions) => {
      const place = await placeOf(options, terminal)
      refusePostgres(place, 'pg_dump')
      requireDatabase(place.data)
      const to = resolve(terminal.cwd, file)
      const { backUpSqlite } = await import('../stores/sqlite/store.ts')
      await backUpSqlite(place.data, to)
      const { size: bytes } = statSync(to)
      print(terminal, options.json === true, { file: to, bytes }, () => `${plain(to)}: ${bytes} bytes\n`)
    })
}
