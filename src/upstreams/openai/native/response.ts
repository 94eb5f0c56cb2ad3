/** Reads a whole answer on the side: small ones before anything is sent, large ones while they pass. */
import type { GatewayError } from '../../../errors.ts'
import type { Chunk, Reading } from '../../../nouns.ts'
import { JsonScanError, JsonScanner } from '../../../wire/json-scanner.ts'
import { answerError } from '../../http/errors.ts'
import type { AnswerReader } from '../../http/exchange.ts'
import { jsonOrUndefined } from '../../http/json.ts'
import { isObject, type Json, textOf } from '../responses/json.ts'
import { errorInAnswer } from './errors.ts'
import { ANSWER_LIMITS, type AnswerWords } from './words.ts'

/** Up to here an answer is held until it is known to be whole and valid. */
const HELD_BYTES_MAX = 256 * 1024

const NOTHING: Json = Object.freeze({})

export class UnaryReader implements AnswerReader {
  readonly #name: string
  readonly #words: AnswerWords
  readonly #pass: (chunk: Chunk) => void
  #held: Buffer[] = []
  #bytes = 0
  /** Reads what passes; there is none while the answer is small enough to be held and parsed as a whole. */
  #scanner: JsonScanner | undefined
  #document: Json | undefined

  constructor(name: string, words: AnswerWords, pass: (chunk: Chunk) => void) {
    this.#name = name
    this.#words = words
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

  end(): Chunk {
    const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held)
    const document = this.#scanner === undefined ? this.#parse(bytes) : this.#readScanned(this.#scanner)
    const error = this.#words.errorOf(document)
    if (error !== undefined)
      throw errorInAnswer(this.#name, error, { document, bytes }, this.#scanner !== undefined)
    this.#document = document
    return { bytes }
  }

  reading(): Reading {
    const words = this.#words
    const scanner = this.#scanner
    const document = this.#document ?? (scanner === undefined ? NOTHING : words.documentOf(scanner.found))
    const isParsed = scanner === undefined && this.#document !== undefined
    return {
      usage: words.usageOf(document),
      finishReason: words.finishReasonOf(document),
      modelVersion: textOf(document.model),
      // Of a large answer, all that is no medium is taken for text.
      textBytes: isParsed ? words.textBytesOf(document) : undefined,
      media: scanner === undefined ? words.mediaOf(document) : words.mediaMeasured(scanner.found),
      begun: scanner !== undefined || isParsed,
    }
  }

  #beginPassing(): void {
    this.#scanner = new JsonScanner(ANSWER_LIMITS, this.#words.watch)
    for (const piece of this.#held) this.#scan(piece)
  }

  #scan(piece: Buffer): void {
    try {
      this.#scanner?.write(piece)
    } catch (error) {
      throw error instanceof JsonScanError ? this.#fault('sent malformed JSON') : error
    }
  }

  #parse(bytes: Buffer): Json {
    if (bytes.length === 0) throw this.#fault('sent an empty answer')
    const value = jsonOrUndefined(bytes)
    if (value === undefined) throw this.#fault('sent malformed JSON')
    if (!isObject(value)) throw this.#fault('sent no JSON object')
    return value
  }

  #readScanned(scanner: JsonScanner): Json {
    try {
      scanner.end()
    } catch {
      throw this.#fault('broke off its answer')
    }
    return this.#words.documentOf(scanner.found)
  }

  #fault(what: string): GatewayError {
    return answerError(this.#name, what, this.#scanner !== undefined)
  }
}
