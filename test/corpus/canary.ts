/** Listens where nothing of ours must ever connect to, and counts who does. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'

export interface Canary {
  /** The same on every address. */
  readonly port: number
  connections(): number
  close(): Promise<void>
}

export async function openCanary(): Promise<Canary> {
  let connections = 0
  const listen = async (host: string, port: number): Promise<Server> => {
    const server = createServer((socket) => {
      connections += 1
      socket.destroy()
    }).listen(port, host)
    await once(server, 'listening')
    return server
  }
  // On all addresses of IPv4, because 127.0.0.0/8 and 0.0.0.0 lead here as well.
  const first = await listen('0.0.0.0', 0)
  const { port } = first.address() as AddressInfo
  // A machine without IPv6 has nothing there that could be connected to.
  const second = await listen('::1', port).catch(() => undefined)
  return {
    port,
    connections: () => connections,
    async close() {
      for (const server of [first, second]) {
        if (server === undefined) continue
        server.close()
        await once(server, 'close')
      }
    },
  }
}
