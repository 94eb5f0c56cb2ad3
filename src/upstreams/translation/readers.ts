/** Reads the answers of a translated target: whole ones, and streams of events. */
import { createParser } from 'eventsource-parser'
import { GatewayError } from '../../errors.ts'
import type { Chunk, Reading } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { answerError, RefusedInside } from '../http/errors.ts'
import type { AnswerReader } from '../http/exchange.ts'
import { saysNothing } from '../native/emptiness.ts'
import type { Composer } from './composer.ts'
import type { EventReading } from './translator.ts'

/** What vendors of one wire close their streams with. */
const DONE = '[DONE]'

export interface WholeReaderOptions {
  readonly name: string
  /** Throws for what is no answer. */
  readonly read: (document: unknown) => GenerateContentResponse
  readonly reading: () => Reading
}

/** One JSON document, which is one chunk at the end. */
export class WholeReader implements AnswerReader {
  readonly #options: WholeReaderOptions
  #pieces: Buffer[] = []
  #bytes = 0
  #isEmpty = false

  constructor(options: WholeReaderOptions) {
    this.#options = options
  }

  write(piece: Buffer): void {
    this.#bytes += piece.length
    this.#pieces.push(piece)
  }

  end(): Chunk {
    const { name, read } = this.#options
    if (this.#bytes === 0) throw answerError(name, 'sent an empty answer', false)
    const text = Buffer.concat(this.#pieces).toString('utf8')
    this.#pieces = []
    const document = parsed(name, text, false)
    try {
      const response = read(document)
      this.#isEmpty = saysNothing(response)
      return { response }
    } catch (cause) {
      throw readError(name, cause, false)
    }
  }

  reading(): Reading {
    return this.#options.reading()
  }

  get isEmpty(): boolean {
    return this.#isEmpty
  }
}

export interface EventReaderOptions {
  readonly name: string
  readonly pass: (chunk: Chunk) => void
  /** What of an event may wait for its end, counted in UTF-16 units. */
  readonly eventBytesMax: number
  /** Who puts the answer together, and who reads the events for it. Called once. */
  readonly begin: (emit: (response: GenerateContentResponse) => void) => {
    readonly composer: Composer
    readonly events: EventReading
  }
}

/** Server-Sent Events. Pieces are passed on as they are composed; the last one comes with the end. */
export class EventReader implements AnswerReader {
  readonly #name: string
  readonly #decoder = new TextDecoder()
  readonly #parser: { feed(text: string): void }
  readonly #composer: Composer
  readonly #reading: EventReading
  #events = 0
  #hasPassed = false
  #isDone = false
  #isTooLong = false
  #isEmpty = false

  constructor({ name, pass, eventBytesMax, begin }: EventReaderOptions) {
    this.#name = name
    const { composer, events } = begin((response) => {
      this.#hasPassed = true
      pass({ response })
    })
    this.#composer = composer
    this.#reading = events
    this.#parser = createParser({
      onEvent: ({ event = '', data }) => this.#take(event, data),
      onError: ({ type }) => {
        this.#isTooLong ||= type === 'max-buffer-size-exceeded'
      },
      maxBufferSize: eventBytesMax,
    })
  }

  write(piece: Buffer): void {
    this.#feed(this.#decoder.decode(piece, { stream: true }))
  }

  end(): Chunk {
    // Some services leave out the empty line behind their last event.
    this.#feed(`${this.#decoder.decode()}\n\n`)
    if (this.#events === 0) throw this.#fault('sent an empty stream')
    if (!this.#reading.isComplete) throw this.#fault('ended its stream early')
    const response = answered(this.#name, this.#composer.end(), this.#hasPassed)
    this.#isEmpty = !this.#hasPassed && saysNothing(response)
    return { response }
  }

  reading(): Reading {
    return this.#composer.reading()
  }

  get events(): number {
    return this.#events
  }

  get isEmpty(): boolean {
    return this.#isEmpty
  }

  #feed(text: string): void {
    this.#parser.feed(text)
    if (this.#isTooLong) throw this.#fault('sent too long an event')
  }

  #take(event: string, data: string): void {
    if (this.#isDone) return
    this.#events++
    this.#isDone = data.startsWith(DONE)
    if (this.#isDone) return
    const document = parsed(this.#name, data, this.#hasPassed)
    try {
      this.#reading.event(event, document)
    } catch (cause) {
      throw readError(this.#name, cause, this.#hasPassed)
    }
  }

  #fault(what: string): GatewayError {
    return answerError(this.#name, what, this.#hasPassed)
  }
}

/** What has neither a candidate nor a reason for having none is no answer. */
export function answered(
  name: string,
  response: GenerateContentResponse,
  begun: boolean,
): GenerateContentResponse {
  if (response.promptFeedback === undefined && !response.candidates?.length)
    throw answerError(name, 'sent an empty answer', begun)
  return response
}

function parsed(name: string, text: string, begun: boolean): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw answerError(name, 'sent malformed JSON', begun)
  }
}

/**
 * A translator reads what a provider documents. What it stumbles over is the provider's fault, not ours; and what comes
 * after the answer has begun is a break of it, whatever it says.
 */
function readError(name: string, cause: unknown, begun: boolean): GatewayError | RefusedInside {
  if (cause instanceof RefusedInside) {
    return begun ? new GatewayError('upstream_broken', cause.message, { cause }) : cause
  }
  if (!(cause instanceof GatewayError)) {
    const { code, message, hint } = answerError(name, 'sent an answer that cannot be read', begun)
    return new GatewayError(code, message, {
      cause,
      hint: `${hint}: ${cause instanceof Error ? cause.message : typeof cause}`,
    })
  }
  // A translator takes for begun what the client has not seen a word of.
  const isBroken = cause.code === 'upstream_broken'
  if (begun === isBroken || (!begun && !isBroken)) return cause
  const { message, details, hint } = cause
  return new GatewayError(begun ? 'upstream_broken' : 'upstream_unavailable', message, {
    cause,
    details,
    ...(hint !== undefined && { hint }),
  })
}
