/**
 * What has come of a batch so far, on the disk line by line: `<index> <s|f> <json>`, in the order in which they came.
 * A line is durable before the next one of its place is begun, so a process that dies runs again what was in flight
 * and nothing that was finished.
 */
import type { Blobs } from '../blobs/blobs.ts'
import type { BlobWriter } from '../blobs/writer.ts'
import type { Progress } from './batch.ts'
import type { Reserve } from './reserve.ts'

/** Longest beginning of a line that says which it is: `99999 s `. */
const HEAD_BYTES = 16
const HEAD = /^(\d{1,6}) ([sf]) /

export interface Journal {
  readonly progress: Progress
  has(index: number): boolean
  /** Resolves when it is durable. `json` is one line. Throws `resource_exhausted` when the key's share is used up. */
  append(index: number, isFailed: boolean, json: Buffer): Promise<void>
  /** Calling it twice changes nothing. */
  close(): Promise<void>
}

/** Where the JSON of a line lies. */
export interface Entry {
  readonly index: number
  readonly isFailed: boolean
  readonly start: number
  readonly end: number
}

export async function openJournal(blobs: Blobs, blob: string, reserve: Reserve): Promise<Journal> {
  const writer = await blobs.write(blob)
  const done = new Set<number>()
  const counts = { s: 0, f: 0 }
  const note = (index: number, isFailed: boolean) => {
    done.add(index)
    counts[isFailed ? 'f' : 's']++
  }
  try {
    // Its last line may have been cut by the end of the process.
    const { entries, end } = await scanJournal(blobs, blob)
    for (const { index, isFailed } of entries) note(index, isFailed)
    await writer.truncate(end)
    await reserve.take(end)
  } catch (error) {
    await writer.close()
    throw error
  }
  const append = createAppender(writer)
  let closing: Promise<void> | undefined
  return {
    get progress() {
      return { successful: counts.s, failed: counts.f }
    },
    has: (index) => done.has(index),
    append: async (index, isFailed, json) => {
      const line = Buffer.concat([Buffer.from(`${index} ${isFailed ? 'f' : 's'} `), json, Buffer.from('\n')])
      await reserve.take(line.length)
      await append(line)
      note(index, isFailed)
    },
    close: () => {
      closing ??= writer.close().finally(reserve.release)
      return closing
    },
  }
}

/** Lines that come at the same time share one write. */
function createAppender(writer: BlobWriter): (line: Buffer) => Promise<void> {
  let gathered: Buffer[] = []
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()
  return (line) => {
    gathered.push(line)
    next ??= last.then(async () => {
      const bytes = Buffer.concat(gathered)
      gathered = []
      next = undefined
      await writer.write(bytes)
      await writer.sync()
    })
    last = next
    return next
  }
}

/** Every whole line, and where the last of them ends. */
export async function scanJournal(
  blobs: Blobs,
  blob: string,
): Promise<{ readonly entries: readonly Entry[]; readonly end: number }> {
  const entries: Entry[] = []
  let at = 0
  let start = 0
  let head = ''
  await blobs.scan(blob, (piece) => {
    for (let from = 0; from < piece.length; ) {
      const newline = piece.indexOf(0x0a, from)
      const to = newline < 0 ? piece.length : newline
      head += piece.toString('latin1', from, Math.min(to, from + HEAD_BYTES - head.length))
      from = to + 1
      if (newline < 0) break
      const [all = '', index = '', mark] = HEAD.exec(head) ?? []
      if (all !== '') {
        entries.push({
          index: Number(index),
          isFailed: mark === 'f',
          start: start + all.length,
          end: at + newline,
        })
      }
      start = at + newline + 1
      head = ''
    }
    at += piece.length
  })
  return { entries, end: start }
}

/** The JSON of every line by its index, one at a time. */
export async function* readResults(blobs: Blobs, blob: string): AsyncGenerator<Buffer, void> {
  const { entries } = await scanJournal(blobs, blob)
  for (const { start, end } of entries.toSorted((one, other) => one.index - other.index)) {
    yield await blobs.read(blob, start, end)
  }
}
