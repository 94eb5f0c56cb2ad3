/**
 * Where settlements wait while the ledger cannot take them: a file that is as large at the start as it will ever be,
 * so that a disk that fills up later does not stop it. (A file system that copies on write may still refuse; then
 * `append` says so.) What it holds survives a kill at any byte.
 */
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../../errors.ts'
import type { UsageRow } from '../../nouns/ledger.ts'
import { encodeFrame, encodeSlot, FRAMES_START, readFrames, readSlots, SLOT_BYTES, SLOTS } from './frames.ts'

/** About five thousand rows with their prices. */
export const JOURNAL_BYTES = 8 * 1024 * 1024

/** Rows that wait for one write; beyond it `append` refuses, so that a stuck disk cannot eat the memory. */
const WAITING_ROWS_MAX = 10_000

/** Room that is kept for requests that are under way when nothing new may begin any more, as a part of the whole. */
const ROOM_KEPT = 0.25
/** Between two attempts to write again after one failed. */
const PROBE_INTERVAL_MS = 500

export const journalPath = (dataFolder: string): string => join(dataFolder, 'settlements.journal')

export interface Journal {
  /** Resolves when the row is durable here. Rejects with `store_unavailable` when it is full, broken or closed. */
  append(row: UsageRow): Promise<void>
  /** Durable rows that are not on the ledger yet, in the order of their appends. */
  pending(): readonly UsageRow[]
  /** The first `count` of `pending()` are on the ledger. The file is used from its start again once none is left. */
  drained(count: number): Promise<void>
  /** Whether a request may begin that nothing but this will know of: the file can be written, and has room. */
  isReady(): boolean
  /** Writes what was appended, and keeps it for the next start. */
  close(): Promise<void>
}

export interface JournalOptions {
  /** For tests. */
  readonly bytes?: number
}

/**
 * Opens the journal of a data folder that nobody else has open, or makes it.
 * Throws `store_unavailable` when its room on the disk cannot be had.
 */
export async function openJournal(dataFolder: string, options: JournalOptions = {}): Promise<Journal> {
  const { bytes = JOURNAL_BYTES } = options
  const path = journalPath(dataFolder)
  try {
    const found = await readOrMake(path, bytes)
    if (found.length < bytes) await lengthen(path, found.length, bytes)
    return createJournal(await open(path, 'r+'), found, Math.max(bytes, found.length))
  } catch (cause) {
    throw unavailable(`The journal ${path} cannot be opened: ${(cause as Error).message}`, cause)
  }
}

async function readOrMake(path: string, bytes: number): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  // Under another name until it is whole: a kill in between leaves nothing that could be taken for a journal.
  const made = `${path}.new`
  await writeFile(made, encodeSlot(0), { mode: 0o600 })
  await lengthen(made, SLOT_BYTES, bytes)
  await rename(made, path)
  await syncFolderOf(path)
  return readFile(path)
}

const ZEROS = Buffer.alloc(256 * 1024)

/** Zeros that are really written: a hole in a sparse file would want its blocks when the disk is full. */
async function lengthen(path: string, from: number, to: number): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    for (let at = from; at < to; at += ZEROS.length) {
      await writeAll(handle, ZEROS.subarray(0, Math.min(ZEROS.length, to - at)), at)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolderOf(path: string): Promise<void> {
  // Windows has no handles of folders, and needs none.
  if (process.platform === 'win32') return
  const handle = await open(join(path, '..'), 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    if (bytesWritten === 0) throw new Error('nothing could be written')
    done += bytesWritten
  }
}

interface Waiting {
  readonly row: UsageRow
  readonly resolve: () => void
  readonly reject: (error: GatewayError) => void
}

function createJournal(handle: FileHandle, found: Buffer, bytes: number): Journal {
  const frames = [...readFrames(found)]
  const { drainedThrough, slot: newestSlot } = readSlots(found)
  let drainedSoFar = drainedThrough
  let slot = newestSlot
  const kept = frames.filter((frame) => frame.sequence > drainedThrough)
  let pending: UsageRow[] = kept.map((frame) => frame.row)
  let sequence = Math.max(drainedThrough, frames.at(-1)?.sequence ?? 0)
  let tail = kept.at(-1)?.end ?? FRAMES_START
  let waiting: Waiting[] = []
  /** Each touch of the file after the one before it. */
  let busy: Promise<void> = Promise.resolve()
  let isScheduled = false
  let isClosed = false
  let isBroken = false
  let probedAtMs = 0

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = busy.then(work)
    busy = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  function append(row: UsageRow): Promise<void> {
    if (isClosed) return Promise.reject(unavailable('The journal is closed.'))
    if (waiting.length >= WAITING_ROWS_MAX) return Promise.reject(full())
    return new Promise((resolve, reject) => {
      waiting.push({ row, resolve, reject })
      if (isScheduled) return
      isScheduled = true
      // What one turn of the event loop appends, and what comes while the disk is busy, shares one fdatasync.
      setImmediate(() => void inTurn(writeWaiting))
    })
  }

  async function writeWaiting(): Promise<void> {
    isScheduled = false
    const { taken, refused, frame } = fit(waiting)
    waiting = []
    for (const { reject } of refused) reject(full())
    if (taken.length === 0) return
    try {
      await write(frame, tail)
    } catch (error) {
      // The next batch overwrites this one. Should it still be read after a restart: each row in it is true.
      for (const { reject } of taken) reject(error as GatewayError)
      return
    }
    tail += frame.length
    sequence += taken.length
    pending.push(...taken.map(({ row }) => row))
    for (const { resolve } of taken) resolve()
  }

  /** As many as there is room for, in their order; a smaller one does not overtake a larger one. */
  function fit(batch: readonly Waiting[]): { taken: Waiting[]; refused: Waiting[]; frame: Buffer } {
    const encoded: Buffer[] = []
    let end = tail
    for (const { row } of batch) {
      const one = encodeFrame(row, sequence + encoded.length + 1)
      if (end + one.length > bytes) break
      end += one.length
      encoded.push(one)
    }
    const count = encoded.length
    return { taken: batch.slice(0, count), refused: batch.slice(count), frame: Buffer.concat(encoded) }
  }

  function drained(count: number): Promise<void> {
    return inTurn(async () => {
      const gone = Math.min(count, pending.length)
      if (gone === 0) return
      const through = sequence - pending.length + gone
      pending = pending.slice(gone)
      if (pending.length === 0) tail = FRAMES_START
      slot = (slot + 1) % SLOTS
      drainedSoFar = through
      // If this is lost, the rows are settled once more at the next start, which changes nothing.
      await writeSlot()
    })
  }

  function writeSlot(): Promise<void> {
    return write(encodeSlot(drainedSoFar), slot * SLOT_BYTES)
  }

  /** Durable, or `store_unavailable`. */
  async function write(part: Buffer, position: number): Promise<void> {
    try {
      await writeAll(handle, part, position)
      await handle.datasync()
      isBroken = false
    } catch (cause) {
      isBroken = true
      throw unavailable(`The journal cannot be written: ${(cause as Error).message}`, cause)
    }
  }

  function isReady(): boolean {
    if (isBroken) probe()
    return !isBroken && !isClosed && tail <= bytes * (1 - ROOM_KEPT)
  }

  /** Writes what stands there anyway, to see whether the file can be written again. */
  function probe(): void {
    if (performance.now() - probedAtMs < PROBE_INTERVAL_MS) return
    probedAtMs = performance.now()
    inTurn(writeSlot).catch(() => undefined)
  }

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    if (isScheduled) await inTurn(writeWaiting)
    await inTurn(() => handle.close())
  }

  return Object.freeze({ append, pending: () => pending, drained, isReady, close })
}

function full(): GatewayError {
  return unavailable('The journal is full: the ledger has been away for too long.')
}

function unavailable(hint: string, cause?: unknown): GatewayError {
  return new GatewayError('store_unavailable', 'The service is currently unavailable.', { hint, cause })
}
