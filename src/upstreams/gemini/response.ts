/** Reads a unary answer on the side: small ones whole before anything is sent, large ones while they pass. */
import type { Reading } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { JsonScanError, JsonScanner, type Watch } from '../../wire/json-scanner.ts'
import { answerError, errorInAnswer } from './errors.ts'
import { UsageReader } from './usage.ts'

/** Up to here an answer is held until it is known to be whole and valid. */
const HELD_BYTES_MAX = 256 * 1024
const ANSWER_BYTES_MAX = 256 * 1024 * 1024
/** An upstream's answer is trusted more than a client's request, but not without bounds. */
const LIMITS = { depth: 200, nodes: 5_000_000, keysPerObject: 1_000_000 }

const WATCH: Watch = {
  keys: {
    candidates: { each: { keys: { finishReason: { capture: true } } } },
    promptFeedback: { keys: { blockReason: { capture: true } } },
    usageMetadata: { capture: true },
    modelVersion: { capture: true },
    error: { capture: true },
  },
}

/** Turns the pieces of one answer into bytes to pass on; throws `GatewayError` when it is not a valid one. */
export interface AnswerReader {
  write(piece: Buffer): void
  /** Returns the last bytes, held back until here. */
  end(): Buffer | undefined
  reading(): Reading
}

export class UnaryReader implements AnswerReader {
  readonly #name: string
  readonly #pass: (bytes: Buffer) => void
  readonly #scanner = new JsonScanner(LIMITS, WATCH)
  readonly #usage = new UsageReader()
  #held: Buffer[] = []
  #heldBytes = 0
  #bytes = 0
  #passing = false

  constructor(name: string, pass: (bytes: Buffer) => void) {
    this.#name = name
    this.#pass = pass
  }

  write(piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes > ANSWER_BYTES_MAX)
      throw answerError(this.#name, 'sent too long an answer', this.#passing)
    this.#scan(() => this.#scanner.write(piece))
    this.#held.push(piece)
    this.#heldBytes += piece.length
    if (this.#heldBytes <= HELD_BYTES_MAX && !this.#passing) return
    // The last piece stays here: the end of an answer goes out when it is on the books.
    for (const earlier of this.#held.slice(0, -1)) this.#pass(earlier)
    this.#held = [piece]
    this.#heldBytes = piece.length
    this.#passing = true
  }

  end(): Buffer | undefined {
    this.#scan(() => this.#scanner.end())
    if (!this.#scanner.isObject) throw answerError(this.#name, 'sent no JSON object', this.#passing)
    const captured = (path: string) => parse(this.#scanner.captured.get(path))
    const error = captured('error')
    if (error !== undefined) throw errorInAnswer(this.#name, { error }, this.#passing)
    const finishReason = captured('candidates.finishReason') as string | undefined
    const blockReason = captured('promptFeedback.blockReason') as string | undefined
    this.#usage.take({
      usageMetadata: captured('usageMetadata'),
      modelVersion: captured('modelVersion'),
      ...(finishReason !== undefined && { candidates: [{ finishReason }] }),
      ...(blockReason !== undefined && { promptFeedback: { blockReason } }),
    } as GenerateContentResponse)
    return this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held, this.#heldBytes)
  }

  reading(): Reading {
    if (this.#passing) this.#usage.begin()
    return this.#usage.reading()
  }

  #scan(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof JsonScanError)) throw error
      throw answerError(
        this.#name,
        this.#bytes === 0 ? 'sent an empty answer' : 'sent malformed JSON',
        this.#passing,
      )
    }
  }
}

function parse(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text)
}
