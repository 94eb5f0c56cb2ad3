import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DoctorCheck } from './doctor-check.ts'
import { failureOf } from './failure.ts'

/** Whether the gateway could write there. */
export function checkFolder(dataFolder: string): DoctorCheck {
  const name = 'data folder'
  const present = nearestPresent(dataFolder)
  const isItself = present === dataFolder
  const stats = statSync(present)
  if (!stats.isDirectory())
    return {
      name,
      state: 'fail',
      detail: `${present} is not a folder`,
      next: 'choose another one with --data',
    }
  try {
    accessSync(present, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    const detail = isItself
      ? `${dataFolder} is not writable`
      : `${dataFolder} is not there, and ${present} is not writable`
    return { name, state: 'fail', detail, next: 'change its owner or mode, or choose another with --data' }
  }
  const detail = isItself ? `${dataFolder} is writable` : `${dataFolder} will be made at the first start`
  const isPrivate = process.platform === 'win32' || (stats.mode & 0o077) === 0
  if (!isItself || isPrivate) return { name, state: 'ok', detail }
  const mode = (stats.mode & 0o777).toString(8)
  return {
    name,
    state: 'warn',
    detail: `${detail}, and others of this machine can enter it (mode ${mode})`,
    next: `chmod 700 ${dataFolder}`,
  }
}

function nearestPresent(path: string): string {
  let present = path
  while (!existsSync(present)) present = dirname(present)
  return present
}

/** Whether somebody holds the folder, and otherwise whether the store opens. */
export async function checkStore(dataFolder: string): Promise<DoctorCheck[]> {
  if (!existsSync(join(dataFolder, 'wasat.db')))
    return [{ name: 'store', state: 'ok', detail: 'nothing stored yet' }]
  const next = 'stop what uses it, check its files and the free space, or restore a backup'
  try {
    const { isDataFolderInUse, openSqliteStore } = await import('../stores/sqlite/store.ts')
    const holder = isDataFolderInUse(dataFolder)
    if (holder) {
      const who = holder.pid === undefined ? 'a gateway' : `a gateway (process ${holder.pid})`
      return [{ name: 'lock', state: 'ok', detail: `${who} runs on the data folder` }]
    }
    const store = await openSqliteStore(dataFolder)
    const keys = await store.directory.listKeys().finally(() => store.close())
    return [
      { name: 'lock', state: 'ok', detail: 'no gateway runs on the data folder' },
      { name: 'store', state: 'ok', detail: `opens; ${keys.length} keys` },
    ]
  } catch (error) {
    const failure = failureOf(error)
    return [{ name: 'store', state: 'fail', detail: failure.message, next: failure.next ?? next }]
  }
}
