/** A connection that can be broken: between counters and their Redis. */

import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

const LATE_MS = 5_000

export interface Proxy {
  readonly url: string
  /** `reset`: every connection is cut with RST, at once and from now on. `late`: answers take five seconds. */
  break(fault: 'reset' | 'late'): void
  mend(): void
  close(): void
}

/** Hands on what comes, in its order; while it is late, after five seconds. */
class Relay {
  readonly #to: Socket
  readonly #held: Buffer[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(to: Socket) {
    this.#to = to
  }

  write(bytes: Buffer, isLate: boolean): void {
    if (!isLate && this.#held.length === 0) return void this.#to.write(bytes)
    this.#held.push(bytes)
    this.#timer ??= setTimeout(() => this.flush(), LATE_MS)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const bytes of this.#held.splice(0)) this.#to.write(bytes)
  }
}

export async function startProxy(port: number): Promise<Proxy> {
  let fault: 'reset' | 'late' | undefined
  const sockets = new Set<Socket>()
  const relays = new Set<Relay>()

  const listener = createServer((client) => {
    if (fault === 'reset') return void client.resetAndDestroy()
    const server = createConnection(port, '127.0.0.1')
    const relay = new Relay(client)
    relays.add(relay)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        relays.delete(relay)
        relay.flush()
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (bytes) => server.write(bytes))
    server.on('data', (bytes: Buffer) => relay.write(bytes, fault === 'late'))
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    url: `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    break: (next) => {
      fault = next
      if (next === 'reset') for (const socket of sockets) socket.resetAndDestroy()
    },
    mend: () => {
      fault = undefined
      for (const relay of relays) relay.flush()
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      listener.close()
    },
  }
}
