/**
 * A body in blocks that are all one piece of memory. A piece that comes is gone when the next one is asked for, but the
 * HTTP client may still have it in its socket's buffer by then. A block is longer than that buffer may be, so the client
 * asks for the next one when the socket has sent it, and not before; and an upload costs one block, however long it is.
 */

/** A socket's buffer has 64 KiB at the most, and 16 KiB over TLS. */
export const BLOCK_BYTES = 256 * 1024

/** Hears who is waited for: the body, or whoever takes the block. */
export interface Turns {
  body(): void
  taker(): void
}

export async function* inBlocks(body: AsyncIterable<Buffer>, turns: Turns): AsyncGenerator<Buffer> {
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  const pieces = body[Symbol.asyncIterator]()
  let filled = 0
  try {
    for (;;) {
      turns.body()
      const { value, done } = await pieces.next()
      turns.taker()
      if (done) break
      for (let at = 0; at < value.length; ) {
        const copied = value.copy(block, filled, at)
        at += copied
        filled += copied
        if (filled < BLOCK_BYTES) continue
        yield block
        filled = 0
      }
    }
    // Nothing is written over this one any more.
    if (filled > 0) yield block.subarray(0, filled)
  } finally {
    turns.taker()
    await pieces.return?.()
  }
}
