/**
 * Makes events of bare JSON: some services answer a stream request with an array of chunks, or with one whole answer.
 * Works byte by byte and keeps nothing, whatever the size of a chunk.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
const COMMA = 0x2c
const ARRAY_OPEN = 0x5b
const ARRAY_CLOSE = 0x5d
const OBJECT_OPEN = 0x7b
const OBJECT_CLOSE = 0x7d

const EVENT_START = Buffer.from('data: ')
const EVENT_END = Buffer.from('\r\n\r\n')

export class DocumentsToEvents {
  readonly #write: (events: Buffer) => void
  /** Brackets that are open within an object; 0 between objects. */
  #depth = 0
  #isInText = false
  #isEscaped = false
  #isInArray = false

  /** `write` takes Server-Sent Events, cut anywhere. */
  constructor(write: (events: Buffer) => void) {
    this.#write = write
  }

  /** False for something that is neither an object nor an array of them. */
  take(piece: Buffer): boolean {
    let start = 0
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number
      if (this.#depth === 0) {
        if (!this.#stepBetween(byte)) return false
        if (this.#depth === 0) continue
        this.#write(EVENT_START)
        start = at
      } else if (this.#stepWithin(byte)) {
        this.#write(inOneLine(piece, start, at + 1))
        this.#write(EVENT_END)
      }
    }
    if (this.#depth > 0) this.#write(inOneLine(piece, start, piece.length))
    return true
  }

  /** Whether all that was opened is closed. */
  get isWhole(): boolean {
    return this.#depth === 0 && !this.#isInArray
  }

  #stepBetween(byte: number): boolean {
    if (byte === OBJECT_OPEN) this.#depth = 1
    else if (byte === ARRAY_OPEN && !this.#isInArray) this.#isInArray = true
    else if (byte === ARRAY_CLOSE && this.#isInArray) this.#isInArray = false
    else
      return (
        byte === SPACE || byte === LF || byte === CR || byte === TAB || (byte === COMMA && this.#isInArray)
      )
    return true
  }

  /** True at the end of the object. */
  #stepWithin(byte: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false
    else if (this.#isInText) {
      if (byte === BACKSLASH) this.#isEscaped = true
      else if (byte === QUOTE) this.#isInText = false
    } else if (byte === QUOTE) this.#isInText = true
    else if (byte === OBJECT_OPEN || byte === ARRAY_OPEN) this.#depth++
    else if (byte === OBJECT_CLOSE || byte === ARRAY_CLOSE) return --this.#depth === 0
    return false
  }
}

/** A break of the line stands nowhere inside a text of JSON, and an event has one line. */
function inOneLine(piece: Buffer, start: number, end: number): Buffer {
  const bytes = Buffer.from(piece.subarray(start, end))
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === LF || bytes[at] === CR) bytes[at] = SPACE
  return bytes
}
