/** A TCP proxy on the loopback address that breaks connections when a test says so. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /**
   * The next connection on which a client sends these bytes is cut when the server answers: the answer is never seen.
   * Resolves then.
   */
  cutAnswerTo(text: string): Promise<void>
  /** Cuts every connection, and takes no new one until `restore`. */
  cutAll(): void
  restore(): void
  /** Every connection stays open, and nothing comes through. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

interface Watch {
  readonly text: string
  readonly cut: () => void
}

export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const watches: Watch[] = []
  let isCut = false
  let isFrozen = false

  const server = createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = connect(port, '127.0.0.1')
    let doomed: Watch | undefined
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      if (isFrozen) socket.pause()
      socket.on('error', cut)
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    client.on('data', (bytes) => {
      const index = watches.findIndex(({ text }) => bytes.includes(text))
      if (index >= 0) [doomed] = watches.splice(index, 1)
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (doomed === undefined) {
        client.write(bytes)
        return
      }
      cut()
      doomed.cut()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    cutAnswerTo: (text) => new Promise((resolve) => watches.push({ text, cut: resolve })),
    cutAll: () => {
      isCut = true
      for (const socket of sockets) socket.destroy()
    },
    restore: () => {
      isCut = false
    },
    freeze: () => {
      isFrozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw: () => {
      isFrozen = false
      for (const socket of sockets) socket.resume()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
