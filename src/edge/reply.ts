/** The answer's side of one exchange: a thin, bounded skin over `ServerResponse`. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Held } from '../nouns/held.ts'
import type { HttpResponse } from '../nouns.ts'

export interface ReplyOptions {
  /** A client that takes nothing for this long is hung up on. */
  readonly clientWriteStallMs: number
  /** Counts what waits for the client. */
  readonly answers: Held
  /** Sent with every answer: `x-request-id`, CORS. */
  readonly headers: OutgoingHttpHeaders
  /** Whether the connection must close after this answer (framing fault, shutdown). */
  closeAfter(): boolean
}

export class Reply implements HttpResponse {
  readonly #response: ServerResponse
  readonly #options: ReplyOptions
  #bodyBytes = 0
  #drained: (() => void) | undefined
  #left: (() => void) | undefined
  #halfClosed: (() => void) | undefined
  #stall: NodeJS.Timeout | undefined
  #waitingBytes = 0

  constructor(response: ServerResponse, options: ReplyOptions) {
    this.#response = response
    this.#options = options
    response.on('error', () => response.destroy())
    response.on('close', () => {
      this.#stopWaiting()
      if (this.#halfClosed !== undefined) response.req.socket.off('end', this.#halfClosed)
      if (!response.writableFinished) this.#left?.()
    })
  }

  get headSent(): boolean {
    return this.#response.headersSent
  }

  get bodyBytes(): number {
    return this.#bodyBytes
  }

  head(status: number, headers: OutgoingHttpHeaders): void {
    for (const name in this.#options.headers) headers[name] = this.#options.headers[name]
    if (this.#options.closeAfter()) headers.connection = 'close'
    this.#response.writeHead(status, headers)
  }

  write(bytes: Buffer | string): boolean {
    this.#count(bytes)
    const isRoom = this.#response.write(bytes)
    if (!isRoom) this.#awaitDrain()
    return isRoom
  }

  end(bytes?: Buffer | string): void {
    if (bytes !== undefined) this.#count(bytes)
    this.#response.end(bytes)
    // A large last piece can stall like any other.
    if (this.#response.writableNeedDrain) this.#awaitDrain()
  }

  destroy(): void {
    this.#response.destroy()
  }

  onDrain(listener: () => void): void {
    this.#drained = listener
  }

  onClientLeft(listener: () => void): void {
    this.#left = listener
    if (this.#response.destroyed && !this.#response.writableFinished) listener()
  }

  onHalfClosed(listener: () => void): void {
    const { socket } = this.#response.req
    if (socket.readableEnded) return listener()
    this.#halfClosed = listener
    socket.once('end', listener)
  }

  #count(bytes: Buffer | string): void {
    this.#bodyBytes += typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
  }

  #awaitDrain(): void {
    const waitsAlready = this.#stall !== undefined
    const waitingBytes = this.#response.writableLength
    this.#options.answers.add(waitingBytes - this.#waitingBytes)
    this.#waitingBytes = waitingBytes
    if (waitsAlready) return
    // After a block of the event loop, what the client took meanwhile is noticed first.
    const hangUp = () => setImmediate(() => this.#stall === stall && this.#response.destroy())
    const stall = setTimeout(hangUp, this.#options.clientWriteStallMs)
    this.#stall = stall
    this.#response.once('drain', () => {
      this.#stopWaiting()
      this.#drained?.()
    })
  }

  #stopWaiting(): void {
    clearTimeout(this.#stall)
    this.#stall = undefined
    this.#options.answers.give(this.#waitingBytes)
    this.#waitingBytes = 0
  }
}
