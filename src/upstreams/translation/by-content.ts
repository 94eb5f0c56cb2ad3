/** Some services answer a stream request with one whole answer: what came is told by its first byte, not by its label. */
import type { Chunk, Reading } from '../../nouns.ts'
import type { AnswerReader } from '../http/exchange.ts'

const NOTHING_READ: Reading = Object.freeze({
  usage: undefined,
  finishReason: undefined,
  modelVersion: undefined,
  begun: false,
})

export interface ByContentOptions {
  readonly events: () => AnswerReader
  readonly whole: () => AnswerReader
}

export class ByContentReader implements AnswerReader {
  readonly #options: ByContentOptions
  #reader: AnswerReader | undefined

  constructor(options: ByContentOptions) {
    this.#options = options
  }

  write(piece: Buffer): void {
    this.#reader ??= this.#readerFor(piece)
    this.#reader?.write(piece)
  }

  end(): Chunk | undefined {
    this.#reader ??= this.#options.events()
    return this.#reader.end()
  }

  reading(): Reading {
    return this.#reader?.reading() ?? NOTHING_READ
  }

  get isEmpty(): boolean {
    return this.#reader?.isEmpty ?? false
  }

  get events(): number | undefined {
    return this.#reader === undefined ? 0 : this.#reader.events
  }

  /** Undefined while nothing but blank space came, which means nothing to either reader. */
  #readerFor(piece: Buffer): AnswerReader | undefined {
    const first = piece.find((byte) => byte > 0x20)
    if (first === undefined) return undefined
    return first === 0x7b ? this.#options.whole() : this.#options.events()
  }
}
