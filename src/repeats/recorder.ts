/** Keeps what passes. It stands before the meter, which reads on when the client has left: that is whose repeat comes. */
import type { Chunk, Sink, Source } from '../nouns.ts'

export class Recorder implements Source, Sink {
  readonly #source: Source
  readonly #bytesMax: number
  #sink: Sink | undefined
  #chunks: Chunk[] | undefined = []
  #bytes = 0
  #isWhole = false

  constructor(source: Source, bytesMax: number) {
    this.#source = source
    this.#bytesMax = bytesMax
  }

  /** The whole answer; undefined when it broke, or was larger than what is kept. */
  get recorded(): { readonly chunks: readonly Chunk[]; readonly bytes: number } | undefined {
    return this.#isWhole && this.#chunks !== undefined
      ? { chunks: this.#chunks, bytes: this.#bytes }
      : undefined
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  start(sink: Sink): void {
    this.#sink = sink
    this.#source.start(this)
  }

  pause(): void {
    this.#source.pause()
  }

  resume(): void {
    this.#source.resume()
  }

  cancel(): void {
    this.#source.cancel()
  }

  weigh(chunk: Chunk): number {
    return (this.#sink as Sink).weigh(chunk)
  }

  chunk(chunk: Chunk): void {
    this.#keep(chunk)
    this.#sink?.chunk(chunk)
  }

  end(last?: Chunk): void {
    if (last !== undefined) this.#keep(last)
    this.#isWhole = true
    this.#sink?.end(last)
  }

  fail(error: Error): void {
    this.#sink?.fail(error)
  }

  #keep(chunk: Chunk): void {
    if (this.#chunks === undefined) return
    this.#bytes += this.weigh(chunk)
    if (this.#bytes > this.#bytesMax) this.#chunks = undefined
    // A copy: a piece may lie in a pool that would otherwise be held for a day.
    else this.#chunks.push(chunk.bytes === undefined ? chunk : { bytes: Buffer.from(chunk.bytes) })
  }
}

/** A kept answer once more. It lies in memory already: there is nothing to pause. */
export function sourceOf(chunks: readonly Chunk[]): Source {
  let isCancelled = false
  return {
    start: (sink) => {
      for (const chunk of chunks.slice(0, -1)) if (!isCancelled) sink.chunk(chunk)
      if (!isCancelled) sink.end(chunks.at(-1))
    },
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => {
      isCancelled = true
    },
  }
}
