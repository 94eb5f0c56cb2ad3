/** What a row of the catalogue is: how the upstream fails, and what client, upstream and ledger must see of it. */
import type { Line, Play } from '../servers/fault-upstream.ts'
import { type FaultWire, USE, type WireWords, WORDS } from '../servers/fault-wires.ts'

export type Mode = 'unary' | 'stream'

export interface Cell {
  readonly wire: FaultWire
  readonly mode: Mode
  readonly words: WireWords
}

/** Where the upstream of a row is, unless it is the one that all rows of a wire share. */
export type Place =
  /** An upstream entry of its own: what it says is about the credential. */
  | 'own'
  /** The same, answered before the body is read. */
  | 'early'
  | 'refused'
  | 'unresolved'
  | 'black-hole'
  | 'plain-as-tls'
  | 'self-signed'

export interface FaultRow {
  /** `U10 status 099`: the catalogue's id and what is special. */
  readonly name: string
  readonly wires?: readonly FaultWire[]
  readonly modes?: readonly Mode[]
  readonly place?: Place
  /** The model is another one at the upstream: the client did not name it. */
  readonly isAlias?: boolean
  /** Undefined for a place where nobody speaks. */
  readonly play?: (cell: Cell) => Play
  readonly bodyBytes?: number
  readonly sees: (cell: Cell) => Sees
  /** So much work that its neighbours' clocks would suffer: played alone. */
  readonly isHeavy?: boolean
  /** Why it cannot hold yet. */
  readonly todo?: string
}

/** One target alone. What a second one changes is `second`. */
export interface Sees {
  readonly kind: 'refused' | 'broken' | 'whole'
  /** Statuses that are right; 200 unless refused. */
  readonly status: readonly number[]
  readonly rpc?: readonly string[]
  /** In the body, or in the stream. */
  readonly text?: RegExp
  readonly headers?: Readonly<Record<string, RegExp>>
  /** Requests that reach the upstream. */
  readonly requestsMax: number
  /** `served`: the second target answers instead. `same`: it is not asked. */
  readonly second: 'served' | 'same'
  /** Milliseconds until the client knows. */
  readonly tookMs?: readonly [min: number, max: number]
  /** Where the ledger's use comes from; of a broken answer, either of two. */
  readonly usage: 'final' | 'estimated' | 'none' | 'partial or estimated'
  /** Whether the budget is charged. */
  readonly isBilled: boolean
  /** Whether an attempt that failed may have cost the operator something. */
  readonly isExposed?: boolean
}

export const ATTEMPTS_MAX = 3

const TEXTS = ['one ', 'two ', 'three ']
export const WHOLE_TEXT = TEXTS.join('')

/** Nothing was passed on; the client has a status. */
export function refused(status: number | readonly number[], rest: Partial<Sees> = {}): Sees {
  return {
    kind: 'refused',
    status: typeof status === 'number' ? [status] : status,
    requestsMax: ATTEMPTS_MAX,
    second: 'served',
    usage: 'none',
    isBilled: false,
    ...rest,
  }
}

export const unavailable = (rest: Partial<Sees> = {}): Sees => refused(503, { rpc: ['UNAVAILABLE'], ...rest })

/** The answer had begun: an error in the stream, and no clean end. */
export const broken = (rest: Partial<Sees> = {}): Sees => ({
  kind: 'broken',
  status: [200],
  requestsMax: 1,
  second: 'same',
  usage: 'partial or estimated',
  isBilled: true,
  ...rest,
})

export const whole = (rest: Partial<Sees> = {}): Sees => ({
  kind: 'whole',
  status: [200],
  requestsMax: 1,
  second: 'same',
  usage: 'final',
  isBilled: true,
  ...rest,
})

// ---------------------------------------------------------------------------------------------
// Bytes.

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
