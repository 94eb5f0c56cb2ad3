/** Many streams at once: opened one after another, counted while they run. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.ts'
import type { Counted, Target } from './tasks.ts'

/** Streams that have not shown an event, or not ended, by then are a failure. */
const WAIT_MAX_MS = 30_000
const CHECK_INTERVAL_MS = 10

export class StreamsLoad {
  readonly #connections: Connection[] = []
  #ended = 0
  #failures = 0

  /** Opens them spread over time, so that neither a listen queue nor the timers of the upstream form a crowd. */
  async open(target: Target, streams: number, spacingMs: number): Promise<void> {
    const events = {
      onAnswer: (_connection: Connection, status: number) => {
        this.#ended += 1
        if (status !== 200) this.#failures += 1
      },
      onBroken: () => {
        this.#failures += 1
      },
    }
    const options = { port: target.port, request: Buffer.from(target.request), countsEvents: true, events }
    const startedAtMs = performance.now()
    while (this.#connections.length < streams) {
      const due = Math.min(streams, Math.floor((performance.now() - startedAtMs) / spacingMs) + 1)
      while (this.#connections.length < due) this.#start(new Connection(options))
      await sleep(1)
    }
    await this.#until('every stream has an event', (connection) => connection.reader.events > 0)
  }

  count(): Counted {
    const events = this.#connections.map((connection) => connection.reader.events)
    return {
      events: events.reduce((sum, each) => sum + each, 0),
      open: this.#connections.length - this.#ended - this.#failures,
      ended: this.#ended,
      failures: this.#failures,
      fewestEvents: Math.min(...events),
    }
  }

  async drain(): Promise<Counted> {
    const limitMs = performance.now() + WAIT_MAX_MS
    while (this.#ended + this.#failures < this.#connections.length && performance.now() < limitMs) {
      await sleep(CHECK_INTERVAL_MS)
    }
    return this.count()
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  #start(connection: Connection): void {
    this.#connections.push(connection)
    connection.send()
  }

  async #until(what: string, holds: (connection: Connection) => boolean): Promise<void> {
    const limitMs = performance.now() + WAIT_MAX_MS
    while (!this.#connections.every(holds)) {
      if (this.#failures > 0) throw new Error(`${this.#failures} streams broke before ${what}`)
      if (performance.now() > limitMs) throw new Error(`Waited too long until ${what}`)
      await sleep(CHECK_INTERVAL_MS)
    }
  }
}
