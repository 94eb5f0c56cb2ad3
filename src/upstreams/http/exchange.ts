/**
 * One request on its way to the upstream and its answer on the way back: undici's callbacks in, a Source out.
 * Nothing is kept but the first bytes, until the answer is known to have begun for good.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../../errors.ts'
import type { Answer, Chunk, Reading, Sink, Source } from '../../nouns.ts'
import { answerError, connectionError, errorWithoutKey, withoutKey } from './errors.ts'

/** An error body is read whole, because its details say whose fault it is. */
const ERROR_BYTES_MAX = 1024 * 1024
const NOTHING_READ: Reading = {
  usage: undefined,
  finishReason: undefined,
  modelVersion: undefined,
  begun: false,
}

type Controller = Dispatcher.DispatchController

/** Turns the pieces of one answer into chunks; throws `GatewayError` when it is not a valid one. */
export interface AnswerReader {
  write(piece: Buffer): void
  /** The body is over: returns the last chunk, held back until here. */
  end(): Chunk | undefined
  reading(): Reading
}

/** What one wire says of an answer; the exchange itself knows none. */
export interface Protocol {
  /** What its chunks are. */
  readonly wire: Answer['wire']
  readonly delivery: Answer['delivery']
  /** Reads an answer of status 200. */
  reader(pass: (chunk: Chunk) => void): AnswerReader
  /** The error answer that the client is to see, from a whole body without our credential; or what to throw. */
  refusal(status: number, headers: IncomingHttpHeaders, body: Buffer): ErrorAnswer | GatewayError
  /** Of the answer's headers, those that the client may see. */
  headers(headers: IncomingHttpHeaders): Record<string, string>
  /** What was not carried exactly so far. */
  readonly translation?: Answer['translation']
}

export interface ErrorAnswer {
  /** The HTTP status that the client is told. */
  readonly status: number
  readonly chunk: Chunk
  /** Whether another target, or the same one later, may better it. */
  readonly retryable: boolean
}

export interface ExchangeOptions {
  readonly name: string
  readonly protocol: Protocol
  readonly timeouts: ExchangeTimeouts
  /** The credential that was sent, and that no answer may show to the client. Empty when there was none. */
  readonly key: string
}

/** In milliseconds. One timer for each exchange, because the client library would make three. */
export interface ExchangeTimeouts {
  /** Until the answer has begun. */
  readonly begin: number
  /** Between two events of a stream. */
  readonly idle: number
  /** Until the last byte. */
  readonly total: number
}

export class Exchange implements Source {
  /** Resolves when the answer has begun, rejects when nothing usable came. */
  readonly answer: Promise<Answer>

  readonly #options: ExchangeOptions
  readonly #sentAtMs = performance.now()
  #settle!: { resolve(answer: Answer): void; reject(error: GatewayError): void }
  #controller: Controller | undefined
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #reader: AnswerReader | undefined
  #arrived: Buffer[] = []
  #isEnding = false
  #tail: Chunk[] = []
  #errorBody: Buffer[] = []
  #errorBytes = 0
  #isBegun = false
  #isOver = false
  #timer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #early: Chunk[] = []
  #ending: { last: Chunk | undefined } | { error: GatewayError } | undefined
  #sink: Sink | undefined

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.answer = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  // -- undici's side -----------------------------------------------------------------------------

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    // Given up while it waited for a socket: nothing of it may go out.
    if (this.#isOver) return controller.abort(hungUp())
    this.#timer = setTimeout(() => this.#expire(), this.#options.timeouts.begin)
  }

  onResponseStart(_: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    const coding = headers['content-encoding']
    if (coding !== undefined && coding !== 'identity')
      return this.#fail(this.#fault('sent a compressed answer'))
    if (status >= 400) return
    if (status !== 200) return this.#fail(this.#fault(`answered with status ${status}`))
    this.#reader = this.#options.protocol.reader((chunk) => this.#pass(chunk))
  }

  /**
   * A burst comes as one read of the socket and one call for each HTTP chunk in it. The calls of one read are read
   * and passed on together: fifty small writes cost more than everything else that is done for them.
   */
  onResponseData(_: Controller, piece: Buffer): void {
    if (this.#isOver) return
    if (this.#reader === undefined) return this.#takeErrorBytes(piece)
    if (this.#arrived.push(piece) === 1) process.nextTick(() => this.#readArrived())
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    if (this.#reader === undefined) return this.#endError()
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
      this.#fail(GatewayError.from(error))
    }
  }

  onResponseError(_: Controller, cause: Error & { code?: string }): void {
    this.#readArrived()
    this.#fail(connectionError(this.#options.name, cause, this.#isBegun))
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
    this.#controller?.pause()
  }

  resume(): void {
    if (!this.#isOver) this.#controller?.resume()
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
      if (this.#options.protocol.wire === 'objects' && !this.#isOver) this.#noteLife()
    } catch (error) {
      this.#fail(GatewayError.from(error))
    }
  }

  /**
   * A translation swallows events: thoughts that nobody asked to see, the pieces of a call. That valid ones come is life
   * enough, long before the first chunk does.
   */
  #noteLife(): void {
    if (this.#options.protocol.delivery === 'unary') return
    if (this.#idleTimer === undefined) this.#watchStream()
    else this.#idleTimer.refresh()
  }

  #pass(chunk: Chunk): void {
    if (this.#isEnding) {
      this.#tail.push(chunk)
      return
    }
    this.#begin()
    this.#idleTimer?.refresh()
    if (this.#sink === undefined) this.#early.push(chunk)
    else this.#sink.chunk(chunk)
  }

  #begin(retryable = false): void {
    if (this.#isBegun) return
    this.#isBegun = true
    if (!this.#isOver && this.#idleTimer === undefined) this.#watchStream()
    const { wire, delivery, translation, headers } = this.#options.protocol
    this.#settle.resolve({
      status: this.#status,
      wire,
      delivery,
      headers: headers(this.#headers),
      source: this,
      ...(translation !== undefined && { translation }),
      reading: () => this.reading(),
      retryable,
      firstByteMs: performance.now() - this.#sentAtMs,
    })
  }

  #watchStream(): void {
    const { idle, total } = this.#options.timeouts
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, total - (performance.now() - this.#sentAtMs)))
    this.#idleTimer = setTimeout(() => this.#expire(), idle)
  }

  #takeErrorBytes(piece: Buffer): void {
    this.#errorBytes += piece.length
    if (this.#errorBytes > ERROR_BYTES_MAX) this.#fail(this.#fault('sent too long an error'))
    else this.#errorBody.push(piece)
  }

  /** The upstream's own error goes to the client, unless it is about our credential. */
  #endError(): void {
    const bytes = withoutKey(Buffer.concat(this.#errorBody), this.#options.key)
    const refusal = this.#options.protocol.refusal(this.#status, this.#headers, bytes)
    if (refusal instanceof GatewayError) return this.#fail(refusal)
    this.#status = refusal.status
    this.#over()
    this.#begin(refusal.retryable)
    this.#finish({ last: refusal.chunk })
  }

  #expire(): void {
    const begun = this.#isBegun
    const code = begun ? 'upstream_broken' : 'upstream_timeout'
    this.#fail(new GatewayError(code, 'Deadline expired before operation could complete.'))
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
    clearTimeout(this.#timer)
    clearTimeout(this.#idleTimer)
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
