/** Reads a request's body within the limits of size, speed and total memory. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GatewayError, retryInfo } from '../errors.ts'
import type { Held } from '../nouns/held.ts'
import {
  declaredBytes,
  endedEarly,
  newReading,
  type Reading,
  refuseCodings,
  refusedTrailers,
  tooLarge,
} from './body-guards.ts'
import { consumeBody, type Write } from './consume.ts'
import type { Memory } from './memory.ts'
import { watchBody } from './open-exchanges.ts'

export interface BodyLimits {
  /** Bytes of one body. */
  readonly body: number
  /** Bytes of all bodies that are being read or answered at one time. */
  readonly bodiesInFlight: number
}

export interface BodyTimeouts {
  /** After this many milliseconds the minimum rate holds. */
  readonly bodyGrace: number
  readonly bodyMinRateBytesPerSecond: number
}

const SWEEP_MS = 250
/** When a client that was refused may try again. */
const COME_AGAIN_MS = 1_000
/** A body of one-byte chunks must not be held as a million buffers. */
const PIECES_MAX = 4_096

/** What refuses a body beside the bytes of the others. */
export interface Tightness {
  readonly memory: Pick<Memory, 'hasRoom'>
  /** Answers that wait here. */
  readonly answers: Pick<Held, 'isFull'>
}

export interface BodyReader {
  /** Bytes of all bodies that are held. */
  readonly bytesInFlight: number

  read(message: IncomingMessage, response: ServerResponse, visit?: (piece: Buffer) => void): Promise<Buffer>
  /** Hands the body on instead of keeping it: it has a bound of its own, and none of the memory of all bodies. */
  consume(message: IncomingMessage, response: ServerResponse, write: Write, bytesMax: number): Promise<number>
  close(): void
}

/** One reader for the whole server: it owns the sum of bytes in flight and one timer for every slow body. */
export function createBodyReader(
  limits: BodyLimits,
  timeouts: BodyTimeouts,
  tightness?: Tightness,
): BodyReader {
  const readings = new Set<Reading>()
  let bytesInFlight = 0
  /** Of bodies that are still being read: all that they said they are. */
  let comingBytes = 0

  const sweep = () => {
    const now = performance.now()
    for (const reading of readings) {
      if (reading.heldSinceMs !== undefined) continue
      const ageMs = now - reading.begunAtMs
      if (ageMs < timeouts.bodyGrace) continue
      if (reading.bytes * 1000 < timeouts.bodyMinRateBytesPerSecond * ageMs) {
        reading.fail(new GatewayError('request_timeout', 'The request body came too slowly.'))
      }
    }
  }
  // After a block of the event loop, what came meanwhile is read first.
  const sweeper = setInterval(() => setImmediate(sweep), SWEEP_MS)
  sweeper.unref()

  /** Counts bytes against the bound of the whole server, until the answer to their request is over. */
  function reservation(response: ServerResponse): (bytes: number) => void {
    let held = 0
    const release = () => {
      bytesInFlight -= held
    }
    return (bytes) => {
      const tight = tightnessFor(bytes, held)
      if (tight !== undefined) throw overloaded(tight)
      if (held === 0) response.once('close', release)
      held += bytes
      bytesInFlight += bytes
    }
  }

  /** The setting that keeps so many more bytes out of a request that holds `own` already. */
  function tightnessFor(bytes: number, own: number): string | undefined {
    if (bytesInFlight + bytes > limits.bodiesInFlight) return 'bodiesInFlight'
    // One body at a time comes in all the same: memory that the system is not given back would shut the door for ever.
    if (tightness === undefined || bytesInFlight === own) return undefined
    if (tightness.answers.isFull) return 'answersInFlight'
    return tightness.memory.hasRoom(bytes, comingBytes) ? undefined : 'memoryShedPercent'
  }

  function read(message: IncomingMessage, response: ServerResponse, visit?: (piece: Buffer) => void) {
    return new Promise<Buffer>((resolve, reject) => {
      const declared = declaredBytes(message)
      if (declared > limits.body) throw tooLarge(limits.body)
      refuseCodings(message)
      // Its `close` is over: nothing would end this reading, and nothing would give its bytes back.
      if (response.destroyed) throw endedEarly()
      const reserve = reservation(response)
      if (declared > 0) reserve(declared)
      comingBytes += Math.max(0, declared)
      if (message.headers.expect !== undefined) response.writeContinue()
      let pieces: Buffer[] = []
      const reading: Reading = newReading(finish)
      let isOver = false

      function finish(error?: GatewayError): void {
        if (isOver) return
        isOver = true
        comingBytes -= Math.max(0, declared)
        readings.delete(reading)
        message.off('data', take)
        message.off('end', done)
        message.off('close', gone)
        if (error !== undefined) reject(error)
      }
      function take(piece: Buffer): void {
        try {
          reading.bytes += piece.length
          if (reading.bytes > limits.body) throw tooLarge(limits.body)
          if (declared < 0) reserve(piece.length)
          visit?.(piece)
          if (pieces.push(piece) > PIECES_MAX) pieces = [Buffer.concat(pieces)]
        } catch (error) {
          finish(GatewayError.from(error))
        }
      }
      function done(): void {
        finish()
        if (message.rawTrailers.length > 0) reject(refusedTrailers())
        else resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, reading.bytes))
      }
      function gone(): void {
        finish(endedEarly())
      }
      message.on('data', take)
      message.on('end', done)
      message.on('close', gone)
      if (message.complete) return
      readings.add(reading)
      watchBody(message, finish)
    })
  }

  return {
    get bytesInFlight() {
      return bytesInFlight
    },
    read,
    consume: (message, response, write, bytesMax) =>
      consumeBody(message, response, write, bytesMax, readings),
    close: () => clearInterval(sweeper),
  }
}

function overloaded(setting: string): GatewayError {
  return new GatewayError('overloaded', 'The server holds too many request bodies. Please retry.', {
    headers: { 'retry-after': `${COME_AGAIN_MS / 1_000}` },
    details: [retryInfo(COME_AGAIN_MS)],
    hint: `server.limits.${setting} is reached`,
  })
}
