/**
 * The bytes of files and caches, in one private folder. A blob's name is random and ours; while it is being written
 * it is `<name>.part`, and only a whole and durable one loses that ending.
 *
 * What a crash leaves: a row is written after its blob is whole, and removed before its blob. So a row always has its
 * blob, and a blob that no row names is rubbish, which `removeOrphans` finds at the next start.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type FileHandle, open, opendir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../../errors.ts'
import { type BlobWriter, createWriter } from './writer.ts'

export interface Blobs {
  /** A name that nothing has yet. */
  newName(): string
  /** Opens the blob for writing at its end; makes it when there is none. It is unfinished from now on. */
  write(name: string): Promise<BlobWriter>
  /** Bytes of the blob, finished or not; undefined when there is none. */
  sizeOf(name: string): Promise<number | undefined>
  /** Makes the blob durable and gives it its final name; nothing to do when it has it. */
  finish(name: string): Promise<void>
  /** Bytes from `start` to before `end`; fewer when it ends before. */
  read(name: string, start: number, end: number): Promise<Buffer>
  /** Every byte in order. */
  scan(name: string, visit: (piece: Buffer) => void): Promise<void>
  remove(name: string): Promise<void>
  /** Removes every blob that `isOwned` does not know. */
  removeOrphans(isOwned: (name: string) => Promise<boolean>): Promise<void>
}

const PART = '.part'
const SCAN_BYTES = 256 * 1024
const NAME_BYTES = 16
const FILE_NAME = /^([0-9a-f]{32})(?:\.part)?$/

/** Makes the folder when it is not there; only our own user can enter it. */
export function openBlobs(folder: string): Blobs {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  /** Named since this start: their rows may not be written yet. Of no use once the orphans are gone. */
  let young: Set<string> | undefined = new Set()
  const partOf = (name: string) => join(folder, name + PART)
  const wholeOf = (name: string) => join(folder, name)

  async function openForReading(name: string): Promise<FileHandle> {
    try {
      return await open(wholeOf(name), 'r')
    } catch (error) {
      if (!isMissing(error)) throw error
      return open(partOf(name), 'r')
    }
  }

  async function sizeOf(name: string): Promise<number | undefined> {
    return (await sizeOfFile(wholeOf(name))) ?? sizeOfFile(partOf(name))
  }

  async function write(name: string): Promise<BlobWriter> {
    // Finished, and then the process died before the row was written: so it goes on where it was.
    if ((await sizeOfFile(wholeOf(name))) !== undefined) await rename(wholeOf(name), partOf(name))
    return createWriter(partOf(name))
  }

  async function finish(name: string): Promise<void> {
    if ((await sizeOfFile(wholeOf(name))) !== undefined) return
    const part = await open(partOf(name), 'r+')
    try {
      await part.sync()
    } finally {
      await part.close()
    }
    await rename(partOf(name), wholeOf(name))
    await syncFolder(folder)
  }

  async function read(name: string, start: number, end: number): Promise<Buffer> {
    const handle = await openForReading(name)
    try {
      const bytes = Buffer.allocUnsafe(end - start)
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return bytes.subarray(0, filled)
    } finally {
      await handle.close()
    }
  }

  async function scan(name: string, visit: (piece: Buffer) => void): Promise<void> {
    const handle = await openForReading(name)
    try {
      const piece = Buffer.allocUnsafe(SCAN_BYTES)
      for (let at = 0; ; ) {
        const { bytesRead } = await handle.read(piece, 0, SCAN_BYTES, at)
        if (bytesRead === 0) return
        visit(piece.subarray(0, bytesRead))
        at += bytesRead
      }
    } finally {
      await handle.close()
    }
  }

  async function remove(name: string): Promise<void> {
    await Promise.all([rm(wholeOf(name), { force: true }), rm(partOf(name), { force: true })])
  }

  async function removeOrphans(isOwned: (name: string) => Promise<boolean>): Promise<void> {
    for await (const entry of await opendir(folder)) {
      const name = FILE_NAME.exec(entry.name)?.[1]
      // What is not ours by its name is not ours to remove.
      if (name === undefined || young?.has(name)) continue
      if (!(await isOwned(name))) await remove(name)
    }
    young = undefined
  }

  return {
    newName: () => {
      const name = randomBytes(NAME_BYTES).toString('hex')
      young?.add(name)
      return name
    },
    write: (name) => orFull(write(name)),
    sizeOf,
    finish: (name) => orFull(finish(name)),
    read: (name, start, end) => orFull(read(name, start, end)),
    scan: (name, visit) => orFull(scan(name, visit)),
    remove: (name) => orFull(remove(name)),
    removeOrphans,
  }
}

async function sizeOfFile(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Without it a crash of the machine could take back the new name. Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

async function orFull<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw error instanceof GatewayError ? error : diskFailed(error)
  }
}

/** Full, read-only, broken: nothing that the client did. */
function diskFailed(cause: unknown): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', {
    hint: `The folder of stored files failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  })
}
