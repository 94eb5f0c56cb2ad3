/** Hands a request's body on piece by piece, as fast as it is taken, and keeps nothing of it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GatewayError } from '../errors.ts'
import {
  declaredBytes,
  endedEarly,
  newReading,
  type Reading,
  refuseCodings,
  refusedTrailers,
  tooLarge,
} from './body-guards.ts'
import { watchBody } from './open-exchanges.ts'

/** Takes one piece, whose bytes are gone once it is done; the next one waits for its promise. */
export type Write = (piece: Buffer) => Promise<void> | undefined

/** `readings` are watched for slowness; this one stands there while nobody keeps its client waiting. */
export function consumeBody(
  message: IncomingMessage,
  response: ServerResponse,
  write: Write,
  bytesMax: number,
  readings: Set<Reading>,
): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    if (declaredBytes(message) > bytesMax) throw tooLarge(bytesMax)
    refuseCodings(message)
    if (response.destroyed) throw endedEarly()
    if (message.headers.expect !== undefined) response.writeContinue()
    let pending: Promise<void> | undefined
    let isOver = false
    const reading = newReading(finish)

    function finish(error?: GatewayError): void {
      if (isOver) return
      isOver = true
      readings.delete(reading)
      message.off('data', take)
      message.off('end', done)
      message.off('close', gone)
      const settle = () => (error === undefined ? resolve(reading.bytes) : reject(error))
      // Whoever hears of the end may take back what was written: so the last write is over by then.
      if (pending === undefined) settle()
      else pending.then(settle, settle)
    }
    function take(piece: Buffer): void {
      try {
        reading.bytes += piece.length
        if (reading.bytes > bytesMax) throw tooLarge(bytesMax)
        const writing = write(piece)
        if (writing === undefined) release(piece)
        else hold(writing, piece)
      } catch (error) {
        finish(GatewayError.from(error))
      }
    }
    function hold(writing: Promise<void>, piece: Buffer): void {
      message.pause()
      reading.heldSinceMs = performance.now()
      pending = writing
      writing.then(
        () => {
          release(piece)
          pending = undefined
          reading.begunAtMs += performance.now() - (reading.heldSinceMs as number)
          reading.heldSinceMs = undefined
          if (!isOver) message.resume()
        },
        (error) => finish(GatewayError.from(error)),
      )
    }
    function done(): void {
      finish(message.rawTrailers.length > 0 ? refusedTrailers() : undefined)
    }
    function gone(): void {
      finish(endedEarly())
    }
    // Read to its end before: there is nothing more, and nobody will say so again.
    if (message.readableEnded) return done()
    message.on('data', take)
    message.on('end', done)
    message.on('close', gone)
    // A reading before this one may have ended while it kept the client waiting.
    message.resume()
    if (message.complete) return
    readings.add(reading)
    watchBody(message, finish)
  })
}

/**
 * Gives a piece's memory back at once. A fast upload leaves more of it than the collector would notice for long:
 * about 70 MiB, measured. A piece that lies in a pool beside others is left to the collector.
 */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && !buffer.detached)
    buffer.transfer(0)
}
