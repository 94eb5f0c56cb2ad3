import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import { createPrivateFile } from './lock.ts'

/** Pages that are copied in one go, on a thread of their own. */
const PAGES_AT_ONCE = 1_000

/**
 * Copies the database at `path` to a new file, as it stands at one moment; whoever writes goes on writing.
 * Throws `failed_precondition` when the file is there already, or cannot be written.
 */
export async function backUp(path: string, to: string): Promise<void> {
  if (existsSync(to)) throw refused(`The file ${to} exists already.`, 'Choose another name for the backup.')
  await copyWhole(path, to)
}

/** The same for the database of a data folder, whoever runs on it. */
export function backUpSqlite(dataFolder: string, to: string): Promise<void> {
  return backUp(join(dataFolder, 'wasat.db'), to)
}

/** Under another name until it is whole, so that a copy that broke off looks like nothing else. */
export async function copyWhole(from: string, to: string): Promise<void> {
  const part = `${to}.part`
  try {
    rmSync(part, { force: true })
    createPrivateFile(part)
    const source = new DatabaseSync(from, { readOnly: true })
    try {
      // The snapshot is held open: otherwise every commit of another connection would make the copy begin anew.
      source.exec('BEGIN')
      source.prepare('SELECT count(*) FROM sqlite_schema').get()
      await backup(source, part, { rate: PAGES_AT_ONCE })
    } finally {
      source.close()
    }
    flush(part)
    renameSync(part, to)
    flush(dirname(to))
  } catch (cause) {
    rmSync(part, { force: true })
    throw refused(`Cannot write ${to}: ${messageOf(cause)}.`, 'Check the folder and the free space.', cause)
  }
}

function flush(path: string): void {
  // Windows opens no folders, and needs no flush of them.
  if (process.platform === 'win32') return
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export function refused(message: string, hint: string, cause?: unknown): GatewayError {
  return new GatewayError('failed_precondition', message, { hint, cause })
}
