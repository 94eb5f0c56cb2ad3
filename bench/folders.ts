/** Where a run keeps its files: on a disk, and on a file system in memory to tell what the disk costs. */
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Linux keeps nothing of it on a disk: there an fsync has nothing to do. */
const MEMORY_FOLDER = '/dev/shm'
/** A temporary folder may be in memory itself; this one outlives a restart. */
const DISK_FOLDERS = [tmpdir(), '/var/tmp']
/** The magic numbers of tmpfs and ramfs. */
const MEMORY_TYPES: readonly number[] = [0x01021994, 0x858458f6]

export type NewFolder = (label: string) => string

export interface Folders {
  /** Makes an empty folder for one start of a subject. */
  readonly newFolder: NewFolder
  /** The same in memory; undefined where that would be no different, or is not to be had. */
  readonly newMemoryFolder: NewFolder | undefined
  /** Removes them all. */
  readonly remove: () => void
}

export function openFolders(): Folders {
  const disk = DISK_FOLDERS.find((path) => canWrite(path) && !isInMemory(path))
  const root = mkdtempSync(join(disk ?? tmpdir(), 'wasat-bench-'))
  const hasMemory = disk !== undefined && canWrite(MEMORY_FOLDER) && isInMemory(MEMORY_FOLDER)
  const memoryRoot = hasMemory ? mkdtempSync(join(MEMORY_FOLDER, 'wasat-bench-')) : undefined
  return {
    newFolder: maker(root),
    newMemoryFolder: memoryRoot === undefined ? undefined : maker(memoryRoot),
    remove: () => {
      for (const path of [root, memoryRoot])
        if (path !== undefined) rmSync(path, { recursive: true, force: true })
    },
  }
}

function maker(root: string): NewFolder {
  let count = 0
  return (label) => {
    count += 1
    const folder = join(root, `${count}-${label}`)
    mkdirSync(folder)
    return folder
  }
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function isInMemory(path: string): boolean {
  return MEMORY_TYPES.includes(statfsSync(path).type)
}
