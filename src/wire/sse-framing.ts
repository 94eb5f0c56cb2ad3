/**
 * Splits a Server-Sent Events stream into whole events, passing on the very bytes where they already have the
 * one form that every Gemini client reads (`data: ` + one line of JSON + a blank line), and rewriting the rest.
 *
 * Clients differ: one decodes each network read on its own, another chokes on a comment, a third drops an event
 * that has an `id:`. So only whole events leave here, and only in that form.
 */

/** A partial event is held until it is whole, up to this; then its bytes go out as they come. */
const HELD_BYTES_MAX = 128 * 1024

const LF = 0x0a
const CR = 0x0d
const DATA = Buffer.from('data: ')

export interface SseListener {
  /** Bytes that may go out: whole events, or else a part of one that is too long to hold. */
  bytes(bytes: Buffer, areWhole: boolean): void
  /** One whole event: its JSON text is `buffer` from `start` to `end`, blank space behind it included. */
  event(buffer: Buffer, start: number, end: number): void
  /** A part of the JSON text of a long event; `isLast` closes it. */
  longEvent(part: Buffer, isLast: boolean): void
  /** Something that is no event: bare JSON, as Google's front end writes an error after events. */
  stray(bytes: Buffer): void
  /** The event is longer than it may be. */
  tooLong(): void
}

/** Where a long event stands: in its line, or behind it waiting for the blank line. */
type LongEvent = 'no' | 'line' | 'blank'

export class SseFraming {
  readonly #listener: SseListener
  readonly #eventBytesMax: number
  #held: Buffer[] = []
  #heldBytes = 0
  #isFirst = true
  #long: LongEvent = 'no'
  #longBytes = 0
  #strayed = false
  #isCut = false

  constructor(listener: SseListener, eventBytesMax: number) {
    this.#listener = listener
    this.#eventBytesMax = eventBytesMax
  }

  write(piece: Buffer): void {
    if (this.#strayed) {
      this.#listener.stray(piece)
      return
    }
    if (this.#heldBytes > 0 && this.#isMiddle(piece)) {
      this.#hold(piece)
      return
    }
    let buffer = this.#takeHeld(piece)
    if (this.#isFirst && buffer.length >= 3) {
      this.#isFirst = false
      if (buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) buffer = buffer.subarray(3)
    }
    this.#split(buffer, this.#long === 'no' ? 0 : this.#writeLong(buffer))
  }

  /** The connection is over. A last event without its blank line counts, if it is otherwise whole. */
  end(): void {
    const rest = this.#takeHeld(Buffer.alloc(0))
    if (this.#long === 'blank') this.#listener.bytes(Buffer.from('\n'), false)
    else if (rest.length > 0 && isStray(rest)) this.#listener.stray(rest)
    else if (rest.length > 0 && isWhole(rest)) this.#rewrite(rest)
    else this.#isCut ||= rest.length > 0
  }

  /** Whether bytes of an unfinished event were seen. */
  get isInEvent(): boolean {
    return this.#isCut || this.#long === 'line'
  }

  /** Without a line end a piece cannot finish an event: it need not be looked at together with what is held. */
  #isMiddle(piece: Buffer): boolean {
    if (this.#heldBytes < DATA.length || this.#heldBytes + piece.length > HELD_BYTES_MAX) return false
    return !piece.includes(LF) && !piece.includes(CR)
  }

  #hold(piece: Buffer): void {
    this.#held.push(piece)
    this.#heldBytes += piece.length
  }

  #takeHeld(piece: Buffer): Buffer {
    if (this.#heldBytes === 0) return piece
    const buffer = Buffer.concat([...this.#held, piece])
    this.#held = []
    this.#heldBytes = 0
    return buffer
  }

  #split(buffer: Buffer, from: number): void {
    let at = from
    let passed = from
    while (at < buffer.length) {
      const end = isData(buffer, at) ? plainEventEnd(buffer, at) : 0
      if (end > 0) {
        this.#tell(buffer, passed, at, end)
        at = end
        continue
      }
      this.#pass(buffer, passed, at)
      const next = end < 0 ? this.#holdPartial(buffer, at) : this.#irregular(buffer, at)
      if (next < 0) return
      at = next
      passed = next
    }
    this.#pass(buffer, passed, at)
  }

  /** Shows one event; when the listener refuses it, those before it in the same read still go out. */
  #tell(buffer: Buffer, passed: number, at: number, end: number): void {
    try {
      this.#listener.event(buffer, at + DATA.length, end)
    } catch (error) {
      this.#pass(buffer, passed, at)
      throw error
    }
  }

  #pass(buffer: Buffer, from: number, to: number): void {
    if (to > from)
      this.#listener.bytes(from === 0 && to === buffer.length ? buffer : buffer.subarray(from, to), true)
  }

  /** Keeps an unfinished event, or begins to pass it on when it is too long to keep. */
  #holdPartial(buffer: Buffer, at: number): number {
    const rest = buffer.subarray(at)
    if (rest.length <= HELD_BYTES_MAX) {
      this.#hold(rest)
      return -1
    }
    this.#long = 'line'
    this.#longBytes = 0
    const consumed = this.#writeLong(rest)
    return consumed === rest.length ? -1 : at + consumed
  }

  /** Passes on bytes of a long event; returns how many of them belonged to it. */
  #writeLong(buffer: Buffer): number {
    let at = 0
    if (this.#long === 'line') {
      const start = this.#longBytes === 0 ? DATA.length : 0
      const lineEnd = buffer.indexOf(LF, start)
      const stop = lineEnd < 0 ? buffer.length : lineEnd
      this.#longBytes += stop
      if (this.#longBytes > this.#eventBytesMax) {
        this.#listener.tooLong()
        return buffer.length
      }
      this.#listener.longEvent(buffer.subarray(start, stop), lineEnd >= 0)
      if (lineEnd < 0) {
        this.#listener.bytes(buffer, false)
        return buffer.length
      }
      this.#long = 'blank'
      at = lineEnd + 1
    }
    // The blank line may come in a later piece.
    if (buffer[at] === CR) at++
    if (at < buffer.length) {
      if (buffer[at] === LF) at++
      this.#long = 'no'
    }
    this.#listener.bytes(buffer.subarray(0, at), false)
    return at
  }

  /** Anything but a plain event: blank lines, comments, other fields, bare JSON. Returns where to go on, or -1. */
  #irregular(buffer: Buffer, at: number): number {
    const byte = buffer[at]
    if (byte === LF || byte === CR) return at + 1
    const rest = buffer.subarray(at)
    if (isStray(rest)) {
      this.#strayed = true
      this.#listener.stray(rest)
      return -1
    }
    const end = eventEnd(rest)
    if (end < 0) {
      if (rest.length > HELD_BYTES_MAX) this.#listener.tooLong()
      else this.#hold(rest)
      return -1
    }
    this.#rewrite(rest.subarray(0, end))
    return at + end
  }

  #rewrite(event: Buffer): void {
    const data = dataOf(event)
    if (data === '' || data === '[DONE]') return
    const bytes = Buffer.from(`data: ${data}\n\n`)
    this.#listener.event(bytes, DATA.length, bytes.length)
    this.#listener.bytes(bytes, true)
  }
}

/** Byte by byte, because a native call for each event costs more than the comparison. */
function isData(buffer: Buffer, at: number): boolean {
  for (let index = 0; index < DATA.length; index++) if (buffer[at + index] !== DATA[index]) return false
  return true
}

/** The end of the plain event at `at`; -1 when it is not all there yet; 0 when it is not plain, such as `[DONE]`. */
function plainEventEnd(buffer: Buffer, at: number): number {
  if (buffer.length > at + DATA.length && buffer[at + DATA.length] !== 0x7b) return 0
  const lineEnd = buffer.indexOf(LF, at)
  if (lineEnd < 0) return buffer.includes('\r\r', at) ? 0 : -1
  let next = lineEnd + 1
  if (next === buffer.length) return -1
  if (buffer[next] === CR) next++
  if (next === buffer.length) return -1
  return buffer[next] === LF ? next + 1 : 0
}

/** The end of any event by the rules of SSE: behind the first blank line. */
function eventEnd(buffer: Buffer): number {
  const match = /\r\n\r\n|\n\n|\r\r|\n\r\n/.exec(buffer.toString('latin1'))
  return match === null ? -1 : match.index + match[0].length
}

/** The data of one event by the rules of SSE; its lines are joined, because JSON does not need the break. */
function dataOf(event: Buffer): string {
  return event
    .toString('utf8')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
    .join('')
}

/** Whether an event that the end of the connection cut short is all there. */
function isWhole(event: Buffer): boolean {
  const data = dataOf(event)
  if (data === '' || data === '[DONE]') return true
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}

function isStray(bytes: Buffer): boolean {
  return bytes[0] === 0x7b || bytes[0] === 0x5b
}
