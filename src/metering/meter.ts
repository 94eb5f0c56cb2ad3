/**
 * Stands between the upstream and the client, passes every chunk on as it is, and settles the Permit once:
 * before the last byte goes out, when the answer breaks, or when it was read to its end after the client left.
 * A client that closed its half counts as one that left, and is handed its answer all the same.
 */
import { GatewayError } from '../errors.ts'
import type { Held } from '../nouns/held.ts'
import type { Outcome } from '../nouns/ledger.ts'
import type { Answer, Call, Charge, Chunk, Permit, Reading, Settlement, Sink, Source } from '../nouns.ts'
import type { Drain, Drains } from './drain.ts'
import { type Flight, type Flights, NO_SEAT } from './flights.ts'
import { usedOf } from './usage.ts'

export interface MeterOptions {
  readonly call: Call
  readonly answer: Answer
  readonly permit: Permit
  /** How the answer was come by. */
  readonly tried: Pick<Settlement, 'target' | 'attempts' | 'failedAttempts'>
  readonly drains: Drains
  readonly flights: Flights
  /** Counts the ends of answers that wait for the books. */
  readonly held: Held
  /** Bytes of the body that the client's socket took so far. */
  readonly deliveredBytes: () => number
  /** Hears it before the last byte goes out. */
  readonly onSettled: (settlement: Settlement, charge: Charge) => void
}

/** The same answer, metered. Its `source.cancel()` means that the client left. */
export function meter(options: MeterOptions): Answer {
  return { ...options.answer, source: new MeteredSource(options) }
}

/** A settled permit that failed to reach the disk must not look like a delivered answer. */
const NOT_RECORDED = 'The answer could not be recorded. Please retry.'

const LINGERED =
  'The connection was closed for sending, and the answer took too long or too many wait like this.'

class MeteredSource implements Source, Sink, Flight {
  seat = NO_SEAT
  readonly #options: MeterOptions
  #sink: Sink | undefined
  #drain: Drain | undefined
  #bytes = 0
  #isStarted = false
  #isSettled = false

  constructor(options: MeterOptions) {
    this.#options = options
    options.flights.add(this)
  }

  get isStream(): boolean {
    return this.#options.call.delivery !== 'unary'
  }

  // -- Source: the encoder's side ----------------------------------------------------------------

  start(sink: Sink): void {
    this.#sink = sink
    if (!this.#isSettled) this.#begin()
  }

  pause(): void {
    this.#options.answer.source.pause()
  }

  resume(): void {
    this.#options.answer.source.resume()
  }

  cancel(): void {
    this.#sink = undefined
    this.linger()
    if (this.#isSettled) return
    if (this.#isStarted) this.#options.answer.source.resume()
    else this.#begin()
  }

  linger(): void {
    if (this.#isSettled) return
    this.#drain ??= this.#options.drains.begin(() => this.#giveUp())
    if (this.#drain === undefined) this.#giveUp()
  }

  interrupt(error: Error): void {
    if (this.#isSettled) return
    this.#options.answer.source.cancel()
    this.fail(error)
  }

  #begin(): void {
    this.#isStarted = true
    this.#options.answer.source.start(this)
  }

  // -- Sink: the upstream's side -----------------------------------------------------------------

  weigh(chunk: Chunk): number {
    return this.#sink?.weigh(chunk) ?? chunk.bytes?.length ?? JSON.stringify(chunk.response).length
  }

  chunk(chunk: Chunk): void {
    const size = this.weigh(chunk)
    this.#bytes += size
    if (this.#sink !== undefined) this.#sink.chunk(chunk)
    else if (this.#drain?.take(size) === false) this.#giveUp()
  }

  end(last?: Chunk): void {
    const lastBytes = last === undefined ? 0 : this.weigh(last)
    this.#bytes += lastBytes
    const isError = this.#options.answer.status >= 400
    const outcome = isError ? 'upstream_error' : this.#drain === undefined ? 'complete' : 'client_gone'
    const { held } = this.#options
    held.add(lastBytes)
    this.#settle(outcome, !isError, lastBytes).then(
      () => {
        held.give(lastBytes)
        this.#sink?.end(last)
      },
      (cause) => {
        held.give(lastBytes)
        this.#sink?.fail(new GatewayError('store_unavailable', NOT_RECORDED, { cause }))
      },
    )
  }

  fail(error: Error): void {
    const outcome = this.#drain === undefined ? 'upstream_broken' : 'client_gone'
    const tell = () => this.#sink?.fail(error)
    this.#settle(outcome, false, 0).then(tell, tell)
  }

  /** The drain found a bound: stop paying attention, and settle with what is known. */
  #giveUp(): void {
    if (this.#isSettled) return
    this.#options.answer.source.cancel()
    const tell = () => this.#sink?.fail(new GatewayError('overloaded', LINGERED))
    this.#settle('client_gone', false, 0).then(tell, tell)
  }

  async #settle(outcome: Outcome, isComplete: boolean, heldBytes: number): Promise<void> {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#drain?.end()
    const { answer, call, permit, tried } = this.#options
    const { target, attempts, failedAttempts } = tried
    const reading = readingOf(answer, this.#bytes > 0)
    const used = outcome === 'upstream_error' ? NOTHING : usedOf(call, reading, isComplete, this.#bytes)
    const settlement: Settlement = {
      outcome,
      status: answer.status,
      target,
      attempts,
      failedAttempts,
      usage: used.usage,
      usageSource: used.usageSource,
      modelVersion: reading.modelVersion,
      searchQueries: reading.searchQueries ?? 0,
      isGrounded: reading.isGrounded ?? false,
      finishReason: reading.finishReason,
      deliveredBytes: this.#options.deliveredBytes() + (this.#sink === undefined ? 0 : heldBytes),
      firstByteMs: answer.firstByteMs,
      durationMs: performance.now() - call.receivedAtMs,
    }
    const charge = permit.settle(settlement)
    this.#options.onSettled(settlement, charge)
    try {
      await charge.recorded
    } finally {
      this.#options.flights.delete(this)
    }
  }
}

const NOTHING = Object.freeze({ usage: undefined, usageSource: 'none' } as const)

/** Whoever cannot say what it read has read something all the same: a permit is settled, whatever happens. */
function readingOf(answer: Answer, begun: boolean): Reading {
  try {
    return answer.reading()
  } catch {
    return { usage: undefined, finishReason: undefined, modelVersion: undefined, begun }
  }
}
