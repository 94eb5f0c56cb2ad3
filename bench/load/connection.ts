/** One client connection: sends finished request bytes, tells when the answer is whole. */
import { connect, type Socket } from 'node:net'
import { ResponseReader } from './response-reader.ts'

/** One buffer for all sockets, because a read is done with before the next one begins. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024)

export interface ConnectionEvents {
  onAnswer(connection: Connection, status: number): void
  /** The connection broke while an answer was expected. */
  onBroken(connection: Connection): void
}

export interface ConnectionOptions {
  readonly port: number
  readonly request: Buffer
  readonly countsEvents: boolean
  readonly events: ConnectionEvents
}

export class Connection {
  readonly reader: ResponseReader
  /** `performance.now()` of the request under way. */
  sentAtMs = 0
  closed = false
  readonly #socket: Socket
  readonly #request: Buffer
  #waiting = false

  constructor(options: ConnectionOptions) {
    const { port, request, countsEvents, events } = options
    this.#request = request
    const onEnd = (status: number) => {
      this.#waiting = false
      events.onAnswer(this, status)
    }
    this.reader = new ResponseReader({ onEnd }, countsEvents)
    const callback = (size: number) => {
      this.reader.feed(READ_BUFFER.subarray(0, size))
      return true
    }
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback },
    })
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('close', () => {
      this.closed = true
      if (this.#waiting && !this.reader.close()) events.onBroken(this)
    })
  }

  send(): void {
    this.#waiting = true
    this.sentAtMs = performance.now()
    this.#socket.write(this.#request)
  }

  destroy(): void {
    this.#waiting = false
    this.#socket.destroy()
  }
}
