/**
 * One request on its way to the upstream and its answer on the way back: undici's callbacks in, a Source out.
 * Nothing is kept but the first bytes, until the answer is known to have begun for good.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../../errors.ts'
import type { Answer, Call, Reading, Sink, Source } from '../../nouns.ts'
import {
  answerError,
  connectionError,
  errorWithoutKey,
  isCredentialRefused,
  isRetryable,
  withoutKey,
} from './errors.ts'
import { visibleHeaders } from './request.ts'
import { type AnswerReader, UnaryReader } from './response.ts'
import { ArrayReader, SseReader } from './stream.ts'

/** An error body is read whole, because its details say whose fault it is. */
const ERROR_BYTES_MAX = 1024 * 1024
const NOTHING_READ: Reading = {
  usage: undefined,
  finishReason: undefined,
  modelVersion: undefined,
  begun: false,
}

type Controller = Dispatcher.DispatchController

export interface ExchangeOptions {
  readonly name: string
  readonly call: Call
  readonly timeouts: ExchangeTimeouts
  /** The credential that was sent, and that no answer may show to the client. */
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
  #tail: Buffer[] = []
  #errorBody: Buffer[] = []
  #errorBytes = 0
  #isBegun = false
  #isOver = false
  #timer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #early: Buffer[] = []
  #ending: { last: Buffer | undefined } | { error: GatewayError } | undefined
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
    this.#reader = this.#readerFor()
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
      const last = joined(this.#tail)
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
    for (const bytes of early) sink.chunk({ bytes })
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
    this.#controller?.abort(new GatewayError('upstream_broken', 'The gateway hung up.'))
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
    } catch (error) {
      this.#fail(GatewayError.from(error))
    }
  }

  #readerFor(): AnswerReader {
    const { name, call } = this.#options
    const pass = (bytes: Buffer) => this.#pass(bytes)
    if (call.delivery === 'sse') return new SseReader(name, pass, call.facts.usesSearch)
    return call.delivery === 'array' ? new ArrayReader(name, pass) : new UnaryReader(name, pass)
  }

  #pass(bytes: Buffer): void {
    if (this.#isEnding) {
      this.#tail.push(bytes)
      return
    }
    this.#begin()
    this.#idleTimer?.refresh()
    if (this.#sink === undefined) this.#early.push(bytes)
    else this.#sink.chunk({ bytes })
  }

  #begin(retryable = false): void {
    if (this.#isBegun) return
    this.#isBegun = true
    if (!this.#isOver) this.#watchStream()
    this.#settle.resolve({
      status: this.#status,
      wire: 'gemini',
      delivery: this.#options.call.delivery,
      headers: visibleHeaders(this.#headers),
      source: this,
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

  /** The upstream's own error goes to the client as it is, unless it is about our credential. */
  #endError(): void {
    const bytes = withoutKey(Buffer.concat(this.#errorBody), this.#options.key)
    const body = parseOrUndefined(bytes)
    const { name } = this.#options
    if (isCredentialRefused(this.#status, body)) {
      const hint = `${name}: check the keys of this upstream (it answered ${this.#status})`
      return this.#fail(
        new GatewayError(
          'upstream_refused_credential',
          `The upstream ${name} refused the gateway's credential.`,
          { hint },
        ),
      )
    }
    if (body === undefined) return this.#fail(this.#fault(`answered with status ${this.#status} and no JSON`))
    this.#over()
    this.#begin(isRetryable(this.#status))
    this.#finish({ last: bytes })
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
    this.#isEnding = false
    if (tail !== undefined) this.#pass(tail)
  }

  #finish(ending: { last: Buffer | undefined } | { error: GatewayError }): void {
    this.#over()
    if (this.#sink === undefined) this.#ending = ending
    else this.#tell(ending)
  }

  #tell(ending: { last: Buffer | undefined } | { error: GatewayError }): void {
    const sink = this.#sink as Sink
    if ('error' in ending) sink.fail(ending.error)
    else sink.end(ending.last === undefined ? undefined : { bytes: ending.last })
  }

  #over(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    clearTimeout(this.#idleTimer)
  }
}

function joined(pieces: readonly Buffer[]): Buffer | undefined {
  return pieces.length > 1 ? Buffer.concat(pieces) : pieces[0]
}

function parseOrUndefined(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
