/** Reads a unary answer on the side: small ones whole before anything is sent, large ones while they pass. */
import type { GatewayError } from '../../errors.ts'
import type { Chunk, Reading } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { JsonScanError, JsonScanner } from '../../wire/json-scanner.ts'
import { answerError } from '../http/errors.ts'
import type { AnswerReader } from '../http/exchange.ts'
import { saysNothing } from './emptiness.ts'
import { errorInAnswer } from './errors.ts'
import { mediaMeasured, mediaOf } from './media.ts'
import { ANSWER_LIMITS, RESPONSE_WATCH, responseOf, UsageReader } from './usage.ts'

/** Up to here an answer is held until it is known to be whole and valid. */
const HELD_BYTES_MAX = 256 * 1024

export class UnaryReader implements AnswerReader {
  readonly #name: string
  readonly #pass: (chunk: Chunk) => void
  readonly #usage = new UsageReader()
  #held: Buffer[] = []
  #bytes = 0
  #isEmpty = false
  /** Reads what passes; there is none while the answer is small enough to be held and parsed as a whole. */
  #scanner: JsonScanner | undefined

  constructor(name: string, pass: (chunk: Chunk) => void) {
    this.#name = name
    this.#pass = pass
  }

  write(piece: Buffer): void {
    this.#bytes += piece.length
    this.#held.push(piece)
    if (this.#scanner !== undefined) this.#scan(piece)
    else if (this.#bytes <= HELD_BYTES_MAX) return
    else this.#beginPassing()
    // The last piece stays here: the end of an answer goes out when it is on the books.
    for (const earlier of this.#held.slice(0, -1)) this.#pass({ bytes: earlier })
    this.#held = [piece]
  }

  end(): Chunk | undefined {
    const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held)
    const response = this.#scanner === undefined ? this.#parse(bytes) : this.#readScanned(this.#scanner)
    if (response.error !== undefined) throw errorInAnswer(this.#name, response, this.#scanner !== undefined)
    this.#usage.take(response)
    if (this.#scanner === undefined) {
      this.#usage.addMedia(mediaOf(response))
      this.#isEmpty = saysNothing(response)
    }
    return { bytes }
  }

  get isEmpty(): boolean {
    return this.#isEmpty
  }

  reading(): Reading {
    if (this.#scanner === undefined) return this.#usage.reading()
    this.#usage.begin()
    return { ...this.#usage.reading(), media: mediaMeasured(this.#scanner.found) }
  }

  #beginPassing(): void {
    this.#scanner = new JsonScanner(ANSWER_LIMITS, RESPONSE_WATCH)
    for (const piece of this.#held) this.#scan(piece)
  }

  #scan(piece: Buffer): void {
    try {
      this.#scanner?.write(piece)
    } catch (error) {
      throw error instanceof JsonScanError ? this.#fault('sent malformed JSON') : error
    }
  }

  #parse(bytes: Buffer): GenerateContentResponse {
    if (bytes.length === 0) throw this.#fault('sent an empty answer')
    let value: unknown
    try {
      value = JSON.parse(bytes.toString('utf8'))
    } catch {
      throw this.#fault('sent malformed JSON')
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.#fault('sent no JSON object')
    return value as GenerateContentResponse
  }

  #readScanned(scanner: JsonScanner): GenerateContentResponse {
    try {
      scanner.end()
    } catch {
      throw this.#fault('broke off its answer')
    }
    return responseOf(scanner.found)
  }

  #fault(what: string): GatewayError {
    return answerError(this.#name, what, this.#scanner !== undefined)
  }
}
