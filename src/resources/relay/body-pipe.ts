/** A request's body on its way to an upstream, one piece at a time: the client waits until the upstream took it. */
import { GatewayError } from '../../errors.ts'

/** What still comes once nobody takes it any more is read up to here, so that the client can hear why. */
const DISCARD_BYTES_MAX = 16 * 1024 * 1024

export interface BodyPipe {
  /** For the client's side: resolves when the piece was taken. */
  write(piece: Buffer): Promise<void> | undefined
  /** The body is whole, or broke off. */
  end(error?: unknown): void
  /** For the upstream's side. */
  readonly pieces: AsyncIterable<Buffer>
  /** Nobody takes anything any more. */
  drop(): void
}

export function createBodyPipe(): BodyPipe {
  let held: { readonly piece: Buffer; taken(): void } | undefined
  let ending: { readonly error: unknown } | undefined
  let wake = () => {}
  let isDropped = false
  let discarded = 0

  function drop(): void {
    isDropped = true
    held?.taken()
    held = undefined
    wake()
  }

  function write(piece: Buffer): Promise<void> | undefined {
    if (!isDropped) {
      return new Promise<void>((resolve) => {
        held = { piece, taken: resolve }
        wake()
      })
    }
    discarded += piece.length
    if (discarded > DISCARD_BYTES_MAX) throw new GatewayError('upstream_broken', 'The upstream took no more.')
    return undefined
  }

  async function* read(): AsyncGenerator<Buffer> {
    try {
      while (!isDropped) {
        const next = held
        if (next !== undefined) {
          held = undefined
          try {
            yield next.piece
          } finally {
            next.taken()
          }
        } else if (ending !== undefined) {
          if (ending.error !== undefined) throw ending.error
          return
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    } finally {
      drop()
    }
  }

  return {
    write,
    end: (error) => {
      ending = { error }
      wake()
    },
    pieces: read(),
    drop,
  }
}
