/** Joins a Source to the client's socket: backpressure one way, hanging up the other. */
import type { Chunk, HttpResponse, Source } from '../../nouns.ts'

export interface Writer {
  /** The chunk as it goes out. */
  render(chunk: Chunk): Buffer
  /** False when the socket is full. */
  chunk(bytes: Buffer): boolean
  end(last: Buffer | undefined): void
  fail(error: Error): void
}

/** Resolves when the answer was written to its end, was broken off, or the client left. */
export function follow(source: Source, response: HttpResponse, writer: Writer): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false
    let weighed: Chunk | undefined
    let rendered: Buffer | undefined
    // Metering weighs each chunk before it is written: an object is put into words once.
    const render = (chunk: Chunk): Buffer => {
      const bytes = chunk === weighed && rendered !== undefined ? rendered : writer.render(chunk)
      weighed = chunk
      rendered = bytes
      return bytes
    }
    response.onDrain(() => {
      if (!isOver) source.resume()
    })
    response.onClientLeft(() => {
      if (isOver) return
      isOver = true
      source.cancel()
      resolve()
    })
    // The client may have left while the answer was awaited; then nobody listens, and the meter reads on alone.
    if (isOver) return
    source.start({
      weigh: (chunk) => render(chunk).length,
      chunk: (chunk) => {
        if (!writer.chunk(render(chunk))) source.pause()
      },
      end: (last) => {
        isOver = true
        writer.end(last === undefined ? undefined : render(last))
        resolve()
      },
      fail: (error) => {
        isOver = true
        writer.fail(error)
        resolve()
      },
    })
  })
}
