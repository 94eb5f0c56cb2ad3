import { open } from 'node:fs/promises'

/** Bytes that are gathered before the disk is asked: a body of tiny pieces must not cost a call each. */
const BUFFER_BYTES = 256 * 1024

export interface BlobWriter {
  /** Where the next byte goes. */
  readonly size: number
  /** Undefined when the piece found room in the buffer; else wait before the next one. */
  write(piece: Buffer): Promise<void> | undefined
  /** Writes what is gathered, and makes it durable. */
  sync(): Promise<void>
  /** Forgets everything from `size` on. */
  truncate(size: number): Promise<void>
  /** Writes what is gathered, makes it durable, and closes. */
  close(): Promise<void>
}

/** Appends to the file, which it makes when there is none. One writer for a file at a time. */
export async function createWriter(path: string): Promise<BlobWriter> {
  const handle = await open(path, 'a', 0o600)
  // A write at an offset is ignored in append mode on Linux: so the file's own end is the truth.
  let written = (await handle.stat()).size
  let buffer: Buffer | undefined
  let gathered = 0

  async function writeAll(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, at, bytes.length - at)
      at += bytesWritten
      written += bytesWritten
    }
  }

  async function flush(): Promise<void> {
    const bytes = buffer?.subarray(0, gathered)
    gathered = 0
    if (bytes !== undefined && bytes.length > 0) await writeAll(bytes)
  }

  function write(piece: Buffer): Promise<void> | undefined {
    buffer ??= Buffer.allocUnsafe(BUFFER_BYTES)
    if (gathered + piece.length > BUFFER_BYTES) return spill(piece, buffer)
    gathered += piece.copy(buffer, gathered)
    return undefined
  }

  async function spill(piece: Buffer, into: Buffer): Promise<void> {
    await flush()
    if (piece.length > BUFFER_BYTES) await writeAll(piece)
    else gathered = piece.copy(into)
  }

  async function sync(): Promise<void> {
    await flush()
    await handle.datasync()
  }

  async function truncate(size: number): Promise<void> {
    await flush()
    await handle.truncate(size)
    written = size
  }

  async function close(): Promise<void> {
    try {
      await flush()
      await handle.datasync()
    } finally {
      await handle.close()
    }
  }

  return {
    get size() {
      return written + gathered
    },
    write,
    sync,
    truncate,
    close,
  }
}
