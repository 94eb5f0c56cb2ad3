/** The answer's side of one exchange: a thin, bounded skin over `ServerResponse`. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { HttpResponse } from '../nouns.ts'

export interface ReplyOptions {
  /** A client that takes nothing for this long is hung up on. */
  readonly clientWriteStallMs: number
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
  #stall: NodeJS.Timeout | undefined

  constructor(response: ServerResponse, options: ReplyOptions) {
    this.#response = response
    this.#options = options
    response.on('error', () => response.destroy())
    response.on('close', () => {
      clearTimeout(this.#stall)
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

  #count(bytes: Buffer | string): void {
    this.#bodyBytes += typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
  }

  #awaitDrain(): void {
    if (this.#stall !== undefined) return
    this.#stall = setTimeout(() => this.#response.destroy(), this.#options.clientWriteStallMs)
    this.#response.once('drain', () => {
      clearTimeout(this.#stall)
      this.#stall = undefined
      this.#drained?.()
    })
  }
}
