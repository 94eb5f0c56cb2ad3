/** Takes a whole answer into memory, for a call that no client waits for. */
import { GatewayError, noRoomForAnswers } from '../errors.ts'
import { createHeld, type Held } from '../nouns/held.ts'
import type { Answer, Chunk } from '../nouns.ts'

/** Longest answer that is taken; one with several large images has some tens of megabytes. */
const ANSWER_BYTES_MAX = 128 * 1024 * 1024

/** A whole unary answer: one JSON body. */
export interface Performed {
  readonly status: number
  readonly body: Buffer
}

/**
 * Rejects with why the answer broke. Aborting rejects at once with the signal's reason and hangs up on the answer, which
 * then counts as one whose client left. `taken` hears of each piece's bytes.
 */
export function collect(
  { status, source }: Answer,
  signal: AbortSignal,
  taken: (bytes: number) => void,
  held: Held = createHeld(),
): Promise<Performed> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    let heldBytes = 0
    let isOver = false
    const end = (act: () => void) => {
      if (isOver) return
      isOver = true
      signal.removeEventListener('abort', leave)
      held.give(heldBytes)
      act()
    }
    const hangUp = (reason: unknown) =>
      end(() => {
        source.cancel()
        reject(reason)
      })
    const leave = () => hangUp(signal.reason)
    const take = (bytes: Buffer) => {
      if (isOver) return
      if (!held.take(bytes.length)) return hangUp(noRoomForAnswers())
      heldBytes += bytes.length
      size += bytes.length
      taken(bytes.length)
      pieces.push(bytes)
      if (size > ANSWER_BYTES_MAX) hangUp(tooLarge())
    }
    signal.addEventListener('abort', leave)
    if (signal.aborted) return leave()
    source.start({
      weigh: (chunk) => bytesOf(chunk).length,
      chunk: (chunk) => take(bytesOf(chunk)),
      end: (last) => {
        if (last !== undefined) take(bytesOf(last))
        end(() =>
          resolve({ status, body: pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces) }),
        )
      },
      fail: (error) => end(() => reject(error)),
    })
  })
}

/** A piece is weighed before it is taken: an object is put into words once. */
const RENDERED = new WeakMap<Chunk, Buffer>()

function bytesOf(chunk: Chunk): Buffer {
  if (chunk.bytes !== undefined) return chunk.bytes
  const known = RENDERED.get(chunk)
  if (known !== undefined) return known
  const bytes = Buffer.from(JSON.stringify(chunk.response))
  RENDERED.set(chunk, bytes)
  return bytes
}

function tooLarge(): GatewayError {
  return new GatewayError('upstream_broken', 'The answer of the upstream is too large to be stored.')
}
