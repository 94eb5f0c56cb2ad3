/** Joins a Source to the client's socket: backpressure one way, hanging up the other. */
import { GatewayError } from '../errors.ts'
import type { Chunk, HttpResponse, Source } from '../nouns.ts'

export interface Writer {
  /** The chunk as it goes out. */
  render(chunk: Chunk): Buffer
  /** False when the socket is full. What it throws ends the answer like a break of it. */
  chunk(bytes: Buffer): boolean
  /** A promise, where something is done before the last bytes go out. */
  end(last: Buffer | undefined): void | Promise<void>
  fail(error: Error): void
  /** A client that closed its half gets the answer all the same; without it, it has left. */
  readonly outlivesHalfClose?: true
}

/** Objects that come in one turn go out in one write, up to here: fifty small writes cost more than what is in them. */
const GATHERED_BYTES_MAX = 64 * 1024

/** Resolves when the answer was written to its end, was broken off, or the client left. */
export function follow(source: Source, response: HttpResponse, writer: Writer): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false
    let isRefused = false
    let weighed: Chunk | undefined
    let rendered: Buffer | undefined
    // Metering weighs each chunk before it is written: an object is put into words once.
    const render = (chunk: Chunk): Buffer => {
      const bytes = chunk === weighed && rendered !== undefined ? rendered : writer.render(chunk)
      weighed = chunk
      rendered = bytes
      return bytes
    }
    let gathered: Buffer[] = []
    let gatheredBytes = 0
    const write = (bytes: Buffer): void => {
      if (isRefused) return
      try {
        if (!writer.chunk(bytes) && !isOver) source.pause()
      } catch (error) {
        isRefused = true
        isOver = true
        source.cancel()
        writer.fail(GatewayError.from(error))
        resolve()
      }
    }
    const flush = (): void => {
      if (gatheredBytes === 0) return
      const pieces = gathered
      gathered = []
      gatheredBytes = 0
      write(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces))
    }
    const gather = (bytes: Buffer): void => {
      gatheredBytes += bytes.length
      if (gathered.push(bytes) === 1) queueMicrotask(() => !isOver && flush())
      if (gatheredBytes >= GATHERED_BYTES_MAX) flush()
    }
    response.onDrain(() => {
      if (!isOver) source.resume()
    })
    const leave = (): void => {
      if (isOver) return
      isOver = true
      source.cancel()
      resolve()
    }
    response.onClientLeft(leave)
    response.onHalfClosed(() => {
      if (isOver) return
      if (writer.outlivesHalfClose) return source.linger?.()
      leave()
      response.destroy()
    })
    // The client may have left while the answer was awaited; then nobody listens, and the meter reads on alone.
    if (isOver) return
    source.start({
      weigh: (chunk) => render(chunk).length,
      chunk: (chunk) => {
        // An upstream's own bytes have been gathered where they were read.
        if (chunk.bytes === undefined) gather(render(chunk))
        else write(render(chunk))
      },
      end: (last) => {
        isOver = true
        flush()
        if (isRefused) return
        const ended = writer.end(last === undefined ? undefined : render(last))
        if (ended === undefined) resolve()
        else ended.then(resolve, reject)
      },
      fail: (error) => {
        isOver = true
        flush()
        if (isRefused) return
        writer.fail(error)
        resolve()
      },
    })
  })
}
