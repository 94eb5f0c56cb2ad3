/** What holds for every body, however it is read: its framing, its speed, its end. */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'

/** A body that is being read, as the watch over slow ones sees it. */
export interface Reading {
  /** Moved on by the time in which we kept the client waiting. */
  begunAtMs: number
  bytes: number
  /** Since when we keep the client waiting. */
  heldSinceMs: number | undefined
  fail(error: GatewayError): void
}

export function newReading(fail: Reading['fail']): Reading {
  return { begunAtMs: performance.now(), bytes: 0, heldSinceMs: undefined, fail }
}

/** -1 when the body is chunked and says nothing. */
export function declaredBytes(message: IncomingMessage): number {
  if (message.headers['transfer-encoding'] !== undefined) return -1
  return Number(message.headers['content-length'] ?? 0)
}

export function refuseCodings(message: IncomingMessage): void {
  const coding = message.headers['content-encoding']
  if (coding === undefined || coding.toLowerCase() === 'identity') return
  throw new GatewayError(
    'invalid_argument',
    'Request bodies must not be compressed: leave out Content-Encoding.',
  )
}

export function endedEarly(): GatewayError {
  return new GatewayError('invalid_argument', 'The request body ended early.')
}

export function tooLarge(limit: number): GatewayError {
  return new GatewayError('invalid_argument', `Request payload size exceeds the limit: ${limit} bytes.`)
}

/** A trailer arrives after everything was decided on the headers; merged or not, it can only confuse. */
export function refusedTrailers(): GatewayError {
  return new GatewayError('invalid_argument', 'Trailers are not accepted.')
}
