/** What a fault upstream writes: messages and streams of HTTP/1.1, byte for byte. */
import type { Line, Play } from './upstream.ts'
import { type FaultWire, USE, type WireWords, WORDS } from './wires.ts'

export type Mode = 'unary' | 'stream'

export interface Cell {
  readonly wire: FaultWire
  readonly mode: Mode
  readonly words: WireWords
}

const TEXTS = ['one ', 'two ', 'three ']
export const WHOLE_TEXT = TEXTS.join('')

export type Headers = readonly (readonly [string, string])[]

export function head(status: number | string, headers: Headers): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Played\r\n${lines.join('')}\r\n`
}

export const JSON_TYPE = ['content-type', 'application/json'] as const
export const SSE_TYPE = ['content-type', 'text/event-stream'] as const
const CHUNKED = ['transfer-encoding', 'chunked'] as const

/** A whole answer of known length. */
export function message(
  status: number | string,
  body: string | Buffer,
  headers: Headers = [JSON_TYPE],
): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([
    Buffer.from(head(status, [...headers, ['content-length', `${bytes.length}`]])),
    bytes,
  ])
}

export function chunk(body: string | Buffer): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

export const LAST_CHUNK = '0\r\n\r\n'
export const STREAM_HEAD = head(200, [SSE_TYPE, CHUNKED])

/** The good answer of the wire in the way that was asked for. */
export function good({ words, mode }: Cell, told: typeof USE | undefined = USE): Buffer {
  return mode === 'unary' ? message(200, words.whole(WHOLE_TEXT, told)) : streamOf(framesOf(words, told))
}

export function framesOf(words: WireWords, told: typeof USE | undefined = USE): string {
  return words.pieces(TEXTS).join('') + words.ending(told)
}

export function streamOf(frames: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(STREAM_HEAD), chunk(frames), Buffer.from(LAST_CHUNK)])
}

/** The first `count` texts of a stream that is then left open. */
export function begun({ words }: Cell, count = 2): Buffer {
  return Buffer.concat([Buffer.from(STREAM_HEAD), chunk(words.pieces(TEXTS).slice(0, count).join(''))])
}

/** Writes one thing; the connection stays. */
export const says =
  (bytes: (cell: Cell) => Buffer | string) =>
  (cell: Cell): Play =>
  (line: Line) =>
    line.write(bytes(cell))

/** Writes one thing and ends the connection so. What was written is not lost by a reset: the peer has read it. */
export const saysAnd =
  (ending: 'reset' | 'fin', bytes: (cell: Cell) => Buffer | string) =>
  (cell: Cell): Play =>
  async (line: Line) => {
    await line.write(bytes(cell))
    if (ending === 'reset') await line.wait(RESET_AFTER_MS)
    line[ending]()
  }

/** A reset discards what the peer's socket has not handed over yet. */
const RESET_AFTER_MS = 60

export const cellOf = (wire: FaultWire, mode: Mode): Cell => ({ wire, mode, words: WORDS[wire] })
