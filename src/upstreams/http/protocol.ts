/** What one wire says of an answer, for an exchange that knows none. */
import type { IncomingHttpHeaders } from 'node:http'
import type { GatewayError } from '../../errors.ts'
import type { RetryHint } from '../../nouns/retry.ts'
import type { Answer, Chunk, Reading } from '../../nouns.ts'

/** Turns the pieces of one answer into chunks; throws `GatewayError` when it is not a valid one. */
export interface AnswerReader {
  write(piece: Buffer): void
  /** The body is over: returns the last chunk, held back until here. */
  end(): Chunk | undefined
  reading(): Reading
  /** The answer is over before it said anything: it may be passed on, but another one may be better. */
  readonly isEmpty?: boolean
  /** Whole events so far: a stream lives while they become more, whatever bytes come. An answer has none. */
  readonly events?: number | undefined
}

/** What one wire says of an answer; the exchange itself knows none. */
export interface Protocol {
  /** What its chunks are. */
  readonly wire: Answer['wire']
  readonly delivery: Answer['delivery']
  /** Reads an answer of status 200. */
  reader(pass: (chunk: Chunk) => void, eventBytesMax: number): AnswerReader
  /** The error answer that the client is to see, from a whole body without our credential; or what to throw. */
  refusal(status: number, headers: IncomingHttpHeaders, body: Buffer): ErrorAnswer | GatewayError
  /** Of the answer's headers, those that the client may see; `retry-after` is the hint's to say. */
  headers(headers: IncomingHttpHeaders, status: number): Record<string, string>
  /** What was not carried exactly so far. */
  readonly translation?: Answer['translation']
}

export interface ErrorAnswer {
  /** The HTTP status that the client is told. */
  readonly status: number
  readonly chunk: Chunk
  /** Whether another target, or the same one later, may better it. */
  readonly retryable: boolean
  readonly hint?: RetryHint | undefined
}
