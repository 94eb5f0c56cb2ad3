/** Names that lead where a test says, and listeners that count who comes. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { createEgress, type Egress, type Resolve } from './egress.ts'

export interface Named {
  readonly egress: Egress
  /** Each name that was looked up, in order. */
  readonly lookups: readonly string[]
}

/** `names`: for each lookup of a name the addresses that it gives; the last ones stay. */
export function named(
  names: Readonly<Record<string, readonly (readonly string[])[]>>,
  allow: readonly string[] = [],
): Named {
  const lookups: string[] = []
  const resolve: Resolve = (host, _, callback) => {
    const turn = lookups.filter((one) => one === host).length
    lookups.push(host)
    const found = names[host]?.at(Math.min(turn, (names[host]?.length ?? 1) - 1))
    const missing: NodeJS.ErrnoException = Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
    setImmediate(() => {
      if (found === undefined) return callback(missing, [])
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    })
  }
  return { egress: createEgress({ allow, resolve }), lookups }
}

export interface Door {
  readonly port: number
  readonly connections: () => number
}

/** Answers whatever arrives in plain text with 200, and counts the connections. `port`: 0 for any. */
export async function door(
  t: TestContext,
  host: string,
  { port = 0, server = createServer() }: { port?: number; server?: Server } = {},
): Promise<Door> {
  let connections = 0
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'))
  })
  server.listen(port, host)
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}
