/**
 * One request on its way to the upstream and its answer on the way back: undici's callbacks in, a Source out.
 * Nothing is kept but the first bytes, until the answer is known to have begun for good.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { GatewayError, noRoomForAnswers } from '../../errors.ts'
import type { Answer, Chunk, Reading, Sink, Source } from '../../nouns.ts'
import { ANSWER_BOUNDS, type AnswerBounds } from './bounds.ts'
import { codingOf, Decoder } from './decoding.ts'
import { answerError, connectionError, errorWithoutKey, RefusedInside, withoutKey } from './errors.ts'
import { headFault } from './head.ts'
import { type ExchangeTimeouts, Patience } from './patience.ts'
import type { AnswerReader, ErrorAnswer, Protocol } from './protocol.ts'
import { retryAfterHeader } from './retry-after.ts'
import { expectSocket, type SentOn, wasStale } from './sent-on.ts'

export type { AnswerReader, ErrorAnswer, Protocol } from './protocol.ts'

/** An error body is read whole, because its details say whose fault it is. */
const ERROR_BYTES_MAX = 1024 * 1024
/** So much of an event that is long, such as an image, is life as well. */
const LIFE_BYTES = 64 * 1024
/** Early hints and their like, before the answer proper. */
const INFORMATIONAL_MAX = 1_000
const NOTHING_READ: Reading = {
  usage: undefined,
  finishReason: undefined,
  modelVersion: undefined,
  begun: false,
}

type Controller = Dispatcher.DispatchController

export interface ExchangeOptions {
  readonly name: string
  readonly protocol: Protocol
  readonly timeouts: ExchangeTimeouts
  readonly bounds?: AnswerBounds | undefined
  /** The credential that was sent, and that no answer may show to the client. Empty when there was none. */
  readonly key: string
}

export class Exchange implements Source {
  /** Resolves when the answer has begun, rejects when nothing usable came. */
  readonly answer: Promise<Answer>

  readonly #options: ExchangeOptions
  readonly #bounds: AnswerBounds
  readonly #patience: Patience
  readonly #sentAtMs = performance.now()
  #settle!: { resolve(answer: Answer): void; reject(error: GatewayError): void }
  #controller: Controller | undefined
  #sentOn: SentOn | undefined
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #informational = 0
  #decoder: Decoder | undefined
  #isPaused = false
  /** Why the body is over, when it is not for its end. */
  #broken: Error | undefined
  #reader: AnswerReader | undefined
  #arrived: Buffer[] = []
  #isEnding = false
  #tail: Chunk[] = []
  #errorBody: Buffer[] = []
  #errorBytes = 0
  #isBegun = false
  #isOver = false
  /** Bytes of the answer, decoded. */
  #bytes = 0
  /** Those of them that wait here for more. */
  #heldBytes = 0
  #events = 0
  /** Where it last showed life. */
  #liveBytes = 0
  #early: Chunk[] = []
  #ending: { last: Chunk | undefined } | { error: GatewayError } | undefined
  #sink: Sink | undefined

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#bounds = options.bounds ?? ANSWER_BOUNDS
    this.#patience = new Patience(options.timeouts, () => this.#expire())
    this.answer = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  // -- undici's side -----------------------------------------------------------------------------

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    // Given up while it waited for a socket: nothing of it may go out.
    if (this.#isOver) return controller.abort(hungUp())
    this.#sentOn = expectSocket()
    this.#patience.awaitBegin()
  }

  onResponseStart(_: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return this.#takeInformational()
    this.#status = status
    const fault = headFault(status, headers)
    if (fault !== undefined) {
      // Who sends us elsewhere will do so again; and we go nowhere with a credential.
      const again = status >= 300 && status < 400 ? 'elsewhere' : undefined
      return this.#fail(answerError(this.#options.name, fault, false, again))
    }
    this.#headers = this.#decode(headers)
    if (status !== 200) return
    const { eventBytesMax } = this.#bounds
    this.#reader = this.#options.protocol.reader((chunk) => this.#pass(chunk), eventBytesMax)
  }

  /**
   * A burst comes as one read of the socket and one call for each HTTP chunk in it. The calls of one read are read
   * and passed on together: fifty small writes cost more than everything else that is done for them.
   */
  onResponseData(controller: Controller, piece: Buffer): void {
    if (this.#isOver) return
    if (this.#decoder === undefined) this.#take(piece)
    else if (!this.#decoder.write(piece)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    if (this.#decoder === undefined) this.#endBody()
    else this.#decoder.end(false)
  }

  onResponseError(_: Controller, cause: Error & { code?: string }): void {
    if (this.#isOver) return
    this.#broken = cause
    if (this.#decoder === undefined) this.#endBody()
    else this.#decoder.end(true)
  }

  // -- the body, as it is once decoded -----------------------------------------------------------

  #take(piece: Buffer): void {
    if (this.#reader === undefined) return this.#takeErrorBytes(piece)
    this.#bytes += piece.length
    if (this.#bytes > this.#bounds.answerBytesMax) return this.#fail(this.#fault('sent too long an answer'))
    if (!this.#bounds.held.take(piece.length)) return this.#fail(noRoomForAnswers(this.#options.name))
    this.#heldBytes += piece.length
    if (this.#arrived.push(piece) === 1) process.nextTick(() => this.#readArrived())
  }

  #endBody(): void {
    if (this.#isOver) return
    if (this.#broken !== undefined) return this.#breakOff(this.#broken)
    if (this.#reader === undefined) return this.#refuse(this.#status, Buffer.concat(this.#errorBody))
    try {
      // What arrived together with the end goes out together with it.
      this.#isEnding = true
      this.#readArrived()
      if (this.#isOver) return
      const end = this.#reader.end()
      if (end !== undefined) this.#tail.push(end)
      const [last, ...before] = joined(this.#tail).reverse()
      this.#isEnding = false
      for (const chunk of before.reverse()) this.#pass(chunk)
      this.#over()
      this.#begin()
      this.#finish({ last })
    } catch (error) {
      this.#stumble(error)
    }
  }

  #breakOff(cause: Error): void {
    this.#readArrived()
    const isStale = this.#sentOn !== undefined && wasStale(this.#sentOn, cause)
    this.#fail(connectionError(this.#options.name, cause, this.#isBegun, isStale))
  }

  /** We ask for answers as they are; some services, and boxes on the way to them, compress all the same. */
  #decode(headers: IncomingHttpHeaders): IncomingHttpHeaders {
    const coding = codingOf(headers['content-encoding'])
    if (coding === undefined || coding === 'identity') return headers
    this.#decoder = new Decoder(coding, {
      data: (piece) => {
        if (!this.#isOver) this.#take(piece)
      },
      end: () => this.#endBody(),
      fail: (what) => (this.#broken === undefined ? this.#fail(this.#fault(what)) : this.#endBody()),
      drain: () => {
        if (!this.#isPaused) this.#controller?.resume()
      },
    })
    const { 'content-encoding': _, 'content-length': __, ...rest } = headers
    return rest
  }

  #takeInformational(): void {
    this.#informational++
    if (this.#informational > INFORMATIONAL_MAX) this.#fail(this.#fault('sent hints without an answer'))
  }

  // -- our side ----------------------------------------------------------------------------------

  start(sink: Sink): void {
    this.#sink = sink
    const early = this.#early
    this.#early = []
    for (const chunk of early) sink.chunk(chunk)
    if (this.#ending !== undefined) this.#tell(this.#ending)
  }

  pause(): void {
    this.#isPaused = true
    this.#decoder?.pause()
    this.#controller?.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#isOver) return
    this.#decoder?.resume()
    if (!this.#decoder?.isFull) this.#controller?.resume()
  }

  cancel(): void {
    this.#sink = undefined
    this.#over()
    this.#controller?.abort(hungUp())
  }

  reading(): Reading {
    return this.#reader?.reading() ?? NOTHING_READ
  }

  #readArrived(): void {
    const arrived = this.#arrived
    if (arrived.length === 0 || this.#isOver || this.#reader === undefined) return
    this.#arrived = []
    try {
      this.#reader.write(arrived.length === 1 ? (arrived[0] as Buffer) : Buffer.concat(arrived))
      this.#noteEvents(this.#reader.events)
    } catch (error) {
      this.#stumble(error)
    }
  }

  /**
   * A translation swallows events: thoughts that nobody asked to see, the pieces of a call. That valid ones come is life
   * enough, long before the first chunk does. Bytes that never become one are not.
   */
  #noteEvents(events: number | undefined): void {
    if (events === undefined) {
      if (this.#isBegun || this.#options.protocol.delivery !== 'unary') this.#patience.awaitEvents()
      return
    }
    const isNew = events !== this.#events
    if (isNew) this.#giveBack()
    if (!isNew && this.#bytes - this.#liveBytes < LIFE_BYTES) return
    this.#events = events
    this.#liveBytes = this.#bytes
    this.#patience.awaitEvents()
  }

  /** What was held has been read, and goes on its way. */
  #giveBack(): void {
    this.#bounds.held.give(this.#heldBytes)
    this.#heldBytes = 0
  }

  #pass(chunk: Chunk): void {
    if (this.#isEnding) {
      this.#tail.push(chunk)
      return
    }
    this.#begin()
    this.#giveBack()
    if (this.#sink === undefined) this.#early.push(chunk)
    else this.#sink.chunk(chunk)
  }

  #begin(refusal?: ErrorAnswer): void {
    if (this.#isBegun) return
    this.#isBegun = true
    this.#patience.awaitEvents()
    const { wire, delivery, translation, headers } = this.#options.protocol
    const hint = refusal?.hint
    this.#settle.resolve({
      status: this.#status,
      wire,
      delivery,
      headers: { ...headers(this.#headers, this.#status), ...retryAfterHeader(hint) },
      source: this,
      ...(translation !== undefined && { translation }),
      reading: () => this.reading(),
      retryable: refusal?.retryable ?? this.#reader?.isEmpty ?? false,
      ...(hint !== undefined && { hint }),
      firstByteMs: performance.now() - this.#sentAtMs,
    })
  }

  #takeErrorBytes(piece: Buffer): void {
    this.#errorBytes += piece.length
    if (this.#errorBytes > ERROR_BYTES_MAX) this.#fail(this.#fault('sent too long an error'))
    else this.#errorBody.push(piece)
  }

  /** The upstream's own error goes to the client, unless it is about our credential. */
  #refuse(status: number, body: Buffer): void {
    const { protocol, key } = this.#options
    const refusal = protocol.refusal(status, this.#headers, withoutKey(body, key))
    if (refusal instanceof GatewayError) return this.#fail(refusal)
    this.#status = refusal.status
    this.#over()
    this.#begin(refusal)
    this.#finish({ last: refusal.chunk })
  }

  #stumble(error: unknown): void {
    if (!(error instanceof RefusedInside)) return this.#fail(GatewayError.from(error))
    if (this.#isBegun) return this.#fail(this.#fault('broke off its answer'))
    // The body is ours, not the one that these describe.
    const { 'content-type': _, 'content-length': __, ...rest } = this.#headers
    this.#headers = rest
    this.#refuse(error.status, error.body)
    this.#controller?.abort(hungUp())
  }

  #expire(): void {
    const code = this.#isBegun ? 'deadline_exceeded' : 'upstream_timeout'
    const hint = `${this.#options.name}: took too long, or was silent for too long`
    this.#fail(new GatewayError(code, 'Deadline expired before operation could complete.', { hint }))
  }

  #fault(what: string): GatewayError {
    return answerError(this.#options.name, what, this.#isBegun)
  }

  #fail(cause: GatewayError): void {
    if (this.#isOver) return
    const error = errorWithoutKey(cause, this.#options.key)
    this.#passTail()
    if (this.#isBegun) this.#finish({ error })
    else {
      this.#over()
      this.#settle.reject(error)
    }
    this.#controller?.abort(error)
  }

  /** The end turned out to be none: what was held for it are chunks like any others. */
  #passTail(): void {
    const tail = joined(this.#tail)
    this.#tail = []
    this.#isEnding = false
    for (const chunk of tail) this.#pass(chunk)
  }

  #finish(ending: { last: Chunk | undefined } | { error: GatewayError }): void {
    this.#over()
    if (this.#sink === undefined) this.#ending = ending
    else this.#tell(ending)
  }

  #tell(ending: { last: Chunk | undefined } | { error: GatewayError }): void {
    const sink = this.#sink as Sink
    if ('error' in ending) sink.fail(ending.error)
    else sink.end(ending.last)
  }

  #over(): void {
    this.#isOver = true
    this.#giveBack()
    this.#decoder?.destroy()
    this.#patience.stop()
  }
}

function hungUp(): GatewayError {
  return new GatewayError('upstream_broken', 'The gateway hung up.')
}

/** Bytes become one piece, because each write costs; objects stay what they are. */
function joined(chunks: readonly Chunk[]): Chunk[] {
  if (chunks.length < 2) return [...chunks]
  const bytes = chunks.flatMap((chunk) => chunk.bytes ?? [])
  return bytes.length === chunks.length ? [{ bytes: Buffer.concat(bytes) }] : [...chunks]
}
