import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import { isBusy } from './failures.ts'

/** Outlasts the moment in which `isDataFolderInUse` looks, and no more. */
const LOCK_WAIT_MS = 250

const lockDatabasePath = (dataFolder: string): string => join(dataFolder, 'lock.db')
const holderPath = (dataFolder: string): string => join(dataFolder, 'wasat.lock')

/**
 * Takes the data folder for this process and returns the function that gives it back.
 * The lock is an exclusive SQLite transaction on `lock.db`, which the operating system drops when the process dies,
 * also by `kill -9`; `wasat.lock` beside it only names the holder.
 * Throws `failed_precondition` naming the holder's pid when another process has it.
 */
export function lockDataFolder(dataFolder: string): () => void {
  createPrivateFile(lockDatabasePath(dataFolder))
  const database = new DatabaseSync(lockDatabasePath(dataFolder), { timeout: LOCK_WAIT_MS })
  try {
    database.exec('BEGIN EXCLUSIVE')
    writeHolder(dataFolder)
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw error
    throw inUse(dataFolder, error)
  }
  return () => {
    rmSync(holderPath(dataFolder), { force: true })
    database.close()
  }
}

/** Who holds the data folder now; `pid` is undefined when the holder has not written its name yet. */
export function isDataFolderInUse(dataFolder: string): { readonly pid: number | undefined } | undefined {
  if (!existsSync(lockDatabasePath(dataFolder))) return undefined
  const database = new DatabaseSync(lockDatabasePath(dataFolder), { readOnly: true, timeout: 0 })
  try {
    // A shared lock, so that two who look do not see each other.
    database.prepare('SELECT count(*) FROM sqlite_master').get()
    return undefined
  } catch (error) {
    if (!isBusy(error)) throw error
    return { pid: readHolder(dataFolder) }
  } finally {
    database.close()
  }
}

/**
 * Makes the file with mode 0600 before SQLite opens it, or narrows an existing one.
 * Never opens an existing file: closing any descriptor of it would drop the locks that SQLite holds in this process.
 */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  }
}

function writeHolder(dataFolder: string): void {
  const holder = { pid: process.pid, startedAt: new Date().toISOString() }
  writeFileSync(holderPath(dataFolder), `${JSON.stringify(holder)}\n`, { mode: 0o600 })
}

function readHolder(dataFolder: string): number | undefined {
  try {
    const holder = JSON.parse(readFileSync(holderPath(dataFolder), 'utf8')) as { pid?: unknown }
    return typeof holder.pid === 'number' ? holder.pid : undefined
  } catch {
    // Missing or half written: the holder is just starting or stopping.
    return undefined
  }
}

function inUse(dataFolder: string, cause: unknown): GatewayError {
  const pid = readHolder(dataFolder)
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return new GatewayError('failed_precondition', `The data folder ${dataFolder} is in use by ${who}.`, {
    hint: `Stop ${who}, or choose another folder with --data or WASAT_DATA.`,
    cause,
  })
}
