import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import { readMigrations } from '../migration-files.ts'
import { copyWhole, messageOf, refused } from './backup.ts'
import { lockDataFolder } from './lock.ts'
import { isSchemaWhole, MIGRATIONS } from './migrations.ts'

/**
 * Puts a backup in place in a data folder that has no database and no gateway.
 * Throws `failed_precondition` when it has, or when the backup is damaged or no data store of this program.
 */
export async function restoreSqlite(from: string, dataFolder: string): Promise<void> {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const unlock = lockDataFolder(dataFolder)
  try {
    const path = join(dataFolder, 'wasat.db')
    if (existsSync(path))
      throw refused(
        `The data folder ${dataFolder} has a database already.`,
        'Move it away, or choose an empty folder.',
      )
    verify(from)
    putAside(path)
    await copyWhole(from, path)
  } finally {
    unlock()
  }
}

function verify(from: string): void {
  if (!existsSync(from)) throw refused(`There is no file ${from}.`, 'Check the path of the backup.')
  try {
    const database = new DatabaseSync(from, { readOnly: true })
    try {
      isSchemaWhole(database, readMigrations(MIGRATIONS))
      const said = database.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string }
      if (said.integrity_check !== 'ok') throw new Error(said.integrity_check)
    } finally {
      database.close()
    }
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw refused(`The backup ${from} is damaged: ${messageOf(cause)}.`, 'Use another backup.', cause)
  }
}

/** A log that a deleted database left behind would be played into the restored one, and spoil it. */
function putAside(path: string): void {
  const suffix = `.lost-${new Date().toISOString().replaceAll(':', '')}`
  for (const name of [`${path}-wal`, `${path}-shm`]) if (existsSync(name)) renameSync(name, name + suffix)
}
