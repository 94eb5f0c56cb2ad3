/**
 * Splits a Server-Sent Events stream into whole events and passes on their very bytes: names, comments and blank lines
 * stay, because this wire's clients read all of SSE. Only a lone carriage return ends no line here: nobody writes one.
 */
import { jsonOrUndefined } from '../../http/json.ts'

/** A partial event is held until it is whole, up to this; then its bytes go out as they come. */
const HELD_BYTES_MAX = 128 * 1024
/** What is held in all: an event that is nearly whole, or the end of a stream. */
const HELD_BYTES_LIMIT = 2 * HELD_BYTES_MAX

/** Lines of one event. All of them are looked at again when more of it comes. */
const LINES_MAX = 1_000

const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20
const BOM_FIRST_BYTE = 0xef
const BOM_BYTES = 3
const DATA = Buffer.from('data:')
const NOTHING: Buffer = Buffer.alloc(0)

/** What becomes of an event's bytes. `last`: they are the stream's end, and wait for it with whatever follows. */
export type Fate = 'pass' | 'out' | 'last'

export interface FramingListener {
  /** One event that has data: `buffer` from `start` to `end`. May throw; what came before it is passed on then. */
  event(buffer: Buffer, start: number, end: number): Fate
  /** Bytes that may go out: whole events, or else a part of one that is too long to hold. */
  bytes(bytes: Buffer): void
  /** A part of the data of a long event, which passes as it comes; `isLast` closes it. */
  longEvent(part: Buffer, isLast: boolean): void
  /** Something that is no event, such as the bare JSON of an error. */
  stray(bytes: Buffer): void
  tooLong(): void
}

export class EventFraming {
  readonly #listener: FramingListener
  readonly #eventBytesMax: number
  #held: Buffer[] = []
  #heldBytes = 0
  #isLong = false
  #longBytes = 0
  #isEnding = false
  #isCut = false
  // Of the block that was looked at last.
  #dataLines = 0
  #dataStart = 0
  #dataEnd = 0
  #lineStart = 0

  constructor(listener: FramingListener, eventBytesMax: number) {
    this.#listener = listener
    this.#eventBytesMax = eventBytesMax
  }

  write(piece: Buffer): void {
    if (this.#isEnding) return this.#keep(piece)
    // Without a line end a piece cannot finish an event.
    if (this.#heldBytes > 0 && this.#heldBytes + piece.length <= HELD_BYTES_MAX && !piece.includes(LF))
      return this.#hold(piece)
    const buffer = this.#takeHeld(piece)
    this.#split(buffer, this.#isLong ? this.#writeLong(buffer) : 0)
  }

  /** The connection is over. Returns the stream's end, when there was one; an event without its blank line may be it. */
  end(): Buffer | undefined {
    if (this.#isLong) this.#listener.longEvent(NOTHING, true)
    if (this.#isEnding) return this.#takeHeld(NOTHING)
    const rest = this.#takeHeld(NOTHING)
    return rest.length === 0 ? undefined : this.#endPartial(rest)
  }

  /** Whether the connection ended within an event. */
  get isCut(): boolean {
    return this.#isCut
  }

  #split(buffer: Buffer, from: number): void {
    let at = from
    let passed = from
    while (at < buffer.length) {
      const end = this.#blockEnd(buffer, at)
      if (end < 0) break
      const fate = this.#tell(buffer, passed, at, end)
      if (fate !== 'pass') {
        this.#pass(buffer, passed, at)
        passed = end
      }
      if (fate === 'last') {
        this.#isEnding = true
        return this.#keep(buffer.subarray(at))
      }
      at = end
    }
    this.#pass(buffer, passed, at)
    if (at < buffer.length) this.#holdPartial(buffer.subarray(at))
  }

  /** One after the blank line of the block at `at`, whose data is noted; -1 when it is not all there yet. */
  #blockEnd(buffer: Buffer, at: number): number {
    this.#dataLines = 0
    let lines = 0
    for (let line = at; ; ) {
      if (++lines > LINES_MAX) this.#listener.tooLong()
      this.#lineStart = line
      const end = buffer[line] === LF ? line : buffer.indexOf(LF, line)
      if (end < 0) return -1
      const stop = end > line && buffer[end - 1] === CR ? end - 1 : end
      if (stop === line) return end + 1
      const start = dataStartOf(buffer, line)
      if (start > 0) {
        if (this.#dataLines++ === 0) this.#dataStart = start
        this.#dataEnd = stop
      }
      line = end + 1
    }
  }

  #tell(buffer: Buffer, passed: number, at: number, end: number): Fate {
    try {
      return this.#listen(buffer, at, end)
    } catch (error) {
      this.#pass(buffer, passed, at)
      throw error
    }
  }

  #listen(buffer: Buffer, at: number, end: number): Fate {
    if (this.#dataLines === 0) {
      if (isStray(buffer, at)) this.#listener.stray(buffer.subarray(at, end))
      return 'pass'
    }
    if (this.#dataLines === 1) return this.#listener.event(buffer, this.#dataStart, this.#dataEnd)
    // JSON does not need the breaks between its lines.
    const data = joinedData(buffer.subarray(at, end))
    return this.#listener.event(data, 0, data.length)
  }

  #pass(buffer: Buffer, from: number, to: number): void {
    if (to > from)
      this.#listener.bytes(from === 0 && to === buffer.length ? buffer : buffer.subarray(from, to))
  }

  /** Keeps an unfinished event, or begins to pass it on when its data is too long to keep. */
  #holdPartial(rest: Buffer): void {
    if (rest.length <= HELD_BYTES_MAX) return this.#hold(rest)
    this.#blockEnd(rest, 0)
    const start = this.#dataLines === 0 ? dataStartOf(rest, this.#lineStart) : 0
    if (start === 0) return this.#keep(rest)
    this.#isLong = true
    this.#longBytes = rest.length - start
    this.#listener.longEvent(rest.subarray(start), false)
    this.#listener.bytes(rest)
  }

  /** Passes on bytes of a long event's data; returns how many of them belonged to it. */
  #writeLong(buffer: Buffer): number {
    const lineEnd = buffer.indexOf(LF)
    const stop = lineEnd < 0 ? buffer.length : lineEnd
    this.#longBytes += stop
    if (this.#longBytes > this.#eventBytesMax) this.#listener.tooLong()
    this.#listener.longEvent(buffer.subarray(0, stop), lineEnd >= 0)
    // What is left of the event is its blank line.
    this.#isLong = lineEnd < 0
    const end = lineEnd < 0 ? stop : lineEnd + 1
    this.#listener.bytes(buffer.subarray(0, end))
    return end
  }

  #endPartial(rest: Buffer): Buffer | undefined {
    this.#blockEnd(Buffer.concat([rest, Buffer.from('\n\n')]), 0)
    this.#isCut =
      this.#dataLines > 0 ? !isWhole(rest.subarray(this.#dataStart, this.#dataEnd)) : isField(rest)
    if (this.#isCut) return undefined
    const fate = this.#listen(rest, 0, rest.length)
    if (fate === 'pass') this.#listener.bytes(rest)
    return fate === 'last' ? rest : undefined
  }

  #keep(piece: Buffer): void {
    if (this.#heldBytes + piece.length > HELD_BYTES_LIMIT) this.#listener.tooLong()
    this.#hold(piece)
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
}

/** Where the data of a line begins; 0 when it has none. Byte by byte, because this is asked for each line. */
function dataStartOf(buffer: Buffer, line: number): number {
  const from = buffer[line] === BOM_FIRST_BYTE ? line + BOM_BYTES : line
  for (let index = 0; index < DATA.length; index++) if (buffer[from + index] !== DATA[index]) return 0
  const start = from + DATA.length
  return buffer[start] === BLANK ? start + 1 : start
}

function joinedData(event: Buffer): Buffer {
  const lines = event.toString('latin1').split(/\r?\n/)
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(DATA.length))
  return Buffer.from(data.join('\n').trim(), 'latin1')
}

function isStray(buffer: Buffer, at: number): boolean {
  return buffer[at] === 0x7b || buffer[at] === 0x5b
}

/** The beginning of a line that is neither blank, nor a comment, nor something else altogether. */
function isField(rest: Buffer): boolean {
  return /^[\r\n]*[^\s:]/.test(rest.toString('latin1')) && !isStray(rest, 0)
}

/** Whether the data of an event that the end of the connection cut short is all there. */
function isWhole(data: Buffer): boolean {
  return data.length === 0 || data.equals(DONE) || jsonOrUndefined(data) !== undefined
}

/** What a stream of chat completions ends with. */
export const DONE = Buffer.from('[DONE]')
