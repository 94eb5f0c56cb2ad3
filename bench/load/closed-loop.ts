/** A fixed number of connections, each of which asks again as soon as its answer is whole. */
import { Connection } from './connection.ts'
import type { ClosedLoop, Target } from './tasks.ts'

export class ClosedLoopLoad {
  readonly #connections: Connection[]
  #toSend = 0
  #underWay = 0
  #answers = 0
  #failures = 0
  #finish: (() => void) | undefined

  constructor(target: Target, connections: number) {
    const events = {
      onAnswer: (connection: Connection, status: number) => {
        if (status !== 200) this.#failures += 1
        this.#answered(connection)
      },
      onBroken: (connection: Connection) => {
        this.#failures += 1
        this.#answered(connection)
      },
    }
    const request = Buffer.from(target.request)
    const options = { port: target.port, request, countsEvents: false, events }
    this.#connections = Array.from({ length: connections }, () => new Connection(options))
  }

  async run(requests: number): Promise<ClosedLoop> {
    this.#toSend = requests
    this.#answers = 0
    this.#failures = 0
    const bytesBefore = this.#bodyBytes()
    const startedAtMs = performance.now()
    if (requests > 0) await this.#sendAll()
    const elapsedMs = performance.now() - startedAtMs
    return {
      elapsedMs,
      answers: this.#answers,
      failures: this.#failures,
      bodyBytes: this.#bodyBytes() - bytesBefore,
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  #bodyBytes(): number {
    return this.#connections.reduce((sum, connection) => sum + connection.reader.bodyBytes, 0)
  }

  #sendAll(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finish = () => (this.#toSend === 0 ? resolve() : reject(new Error('All connections are gone')))
      for (const connection of this.#connections) this.#sendNext(connection)
      if (this.#underWay === 0) this.#finish()
    })
  }

  #answered(connection: Connection): void {
    this.#underWay -= 1
    this.#answers += 1
    this.#sendNext(connection)
    if (this.#underWay === 0) this.#finish?.()
  }

  #sendNext(connection: Connection): void {
    if (this.#toSend === 0 || connection.closed) return
    this.#toSend -= 1
    this.#underWay += 1
    connection.send()
  }
}
