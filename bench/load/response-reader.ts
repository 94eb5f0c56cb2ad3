/**
 * Reads answers off a kept-alive connection: the status, where the answer ends, how many events it had.
 * It does no more than that, because the load generator shares two cores with what it measures.
 */

const HEAD = -1
const CHUNKED = -2
const UNTIL_CLOSE = -3

const EVENT_MARK = Buffer.from('data: ', 'latin1')
/** The final chunk, with the line end before it: event text alone cannot look like this. */
const FINAL_CHUNK = '\r\n0\r\n\r\n'

export interface ReaderListener {
  onEnd(status: number): void
}

export class ResponseReader {
  /** Body bytes, with chunk framing where there is any. */
  bodyBytes = 0
  events = 0
  status = 0
  readonly #listener: ReaderListener
  readonly #countsEvents: boolean
  /** Bytes still to come of a body of known length, or one of the states above. */
  #remaining = HEAD
  #head = ''
  #tail = ''
  /** How much of `data: ` ended the last piece, as text. */
  #markBegun: Buffer | undefined

  constructor(listener: ReaderListener, countsEvents: boolean) {
    this.#listener = listener
    this.#countsEvents = countsEvents
  }

  feed(bytes: Buffer): void {
    const body = this.#remaining === HEAD ? this.#readHead(bytes) : bytes
    if (body === undefined) return
    this.bodyBytes += body.length
    if (this.#countsEvents) this.#countEvents(body)
    if (this.#remaining >= 0) this.#readLength(body)
    else if (this.#remaining === CHUNKED) this.#readChunked(body)
  }

  /** The connection was closed; true when that is how this answer says that it is whole. */
  close(): boolean {
    if (this.#remaining !== UNTIL_CLOSE) return false
    this.#end()
    return true
  }

  #readHead(bytes: Buffer): Buffer | undefined {
    const text = this.#head + bytes.toString('latin1')
    const headEnd = text.indexOf('\r\n\r\n')
    if (headEnd < 0) {
      this.#head = text
      return undefined
    }
    const head = text.slice(0, headEnd)
    const bodyStart = headEnd + 4 - this.#head.length
    this.#head = ''
    this.#tail = '\r\n'
    this.status = Number(head.slice(9, 12))
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (length !== undefined) this.#remaining = Number(length)
    else this.#remaining = /\r\ntransfer-encoding: *chunked/i.test(head) ? CHUNKED : UNTIL_CLOSE
    return bytes.subarray(bodyStart)
  }

  #readLength(body: Buffer): void {
    this.#remaining -= body.length
    if (this.#remaining <= 0) this.#end()
  }

  #readChunked(body: Buffer): void {
    const size = FINAL_CHUNK.length
    const tail = body.toString('latin1', Math.max(0, body.length - size))
    this.#tail = tail.length === size ? tail : (this.#tail + tail).slice(-size)
    if (this.#tail === FINAL_CHUNK) this.#end()
  }

  #end(): void {
    this.#remaining = HEAD
    this.#listener.onEnd(this.status)
  }

  #countEvents(body: Buffer): void {
    const bytes = this.#markBegun === undefined ? body : Buffer.concat([this.#markBegun, body])
    let at = bytes.indexOf(EVENT_MARK)
    for (; at >= 0; at = bytes.indexOf(EVENT_MARK, at + EVENT_MARK.length)) this.events += 1
    this.#markBegun = partialMark(bytes)
  }
}

/** A copy of the end of `bytes` when it could be the beginning of `data: `. */
function partialMark(bytes: Buffer): Buffer | undefined {
  for (let size = EVENT_MARK.length - 1; size > 0; size -= 1) {
    if (bytes.length < size) continue
    const end = bytes.subarray(bytes.length - size)
    if (EVENT_MARK.subarray(0, size).equals(end)) return Buffer.from(end)
  }
  return undefined
}
