/** A TCP proxy before a server that is slow or breaks connections when a test, or a person, says so. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /**
   * The next time a client sends this text, it is done and durable at the server, and the end of the answer is never
   * seen: the connection is cut instead. Resolves then.
   */
  cutAnswerTo(text: string): Promise<void>
  /** Milliseconds that each piece waits on its way to the server; 0 at the start. */
  setDelay(delayMs: () => number): void
  /** Cuts every connection when so many pieces have gone to the server from now on, and lets new ones through. */
  cutAfter(pieces: number): void
  /** Cuts every connection, and takes no new one until `restore`. */
  cutAll(): void
  restore(): void
  /** Every connection is reset on the client's side, as by a machine between that forgot it; new ones go through. */
  resetAll(): void
  /** Every connection stays open, and nothing comes through. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

/** `ReadyForQuery` of PostgreSQL, with no transaction open. */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

export interface TcpProxyOptions {
  /** Of the server behind it; this machine without it. */
  readonly host?: string
  /** Where it listens; any free port without it. */
  readonly listenPort?: number
}

interface Watch {
  readonly text: string
  readonly cut: () => void
}

export async function startTcpProxy(
  port: number,
  { host = '127.0.0.1', listenPort = 0 }: TcpProxyOptions = {},
): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const watches: Watch[] = []
  let isCut = false
  let isFrozen = false
  let delayMs = () => 0
  let piecesLeft = Number.POSITIVE_INFINITY
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }

  const server = createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = connect(port, host)
    let doomed: Watch | undefined
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      if (isFrozen) socket.pause()
      socket.on('error', cut)
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    // One after the other, however long each waits.
    let inOrder: Promise<unknown> = Promise.resolve()
    client.on('data', (bytes: Buffer) => {
      const index = watches.findIndex(({ text }) => bytes.includes(text))
      if (index >= 0) [doomed] = watches.splice(index, 1)
      if (--piecesLeft < 0) {
        piecesLeft = Number.POSITIVE_INFINITY
        return destroyAll()
      }
      const wait = delayMs()
      if (wait > 0) inOrder = inOrder.then(() => new Promise((resolve) => setTimeout(resolve, wait)))
      inOrder = inOrder.then(() => upstream.write(bytes))
    })
    upstream.on('data', (bytes: Buffer) => {
      if (doomed === undefined || !bytes.includes(READY_AND_IDLE)) {
        client.write(bytes)
        return
      }
      cut()
      doomed.cut()
    })
  })
  server.listen(listenPort, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    cutAnswerTo: (text) => new Promise((resolve) => watches.push({ text, cut: resolve })),
    setDelay: (next) => {
      delayMs = next
    },
    cutAfter: (pieces) => {
      piecesLeft = pieces
    },
    cutAll: () => {
      isCut = true
      destroyAll()
    },
    restore: () => {
      isCut = false
    },
    resetAll: () => {
      for (const socket of sockets) socket.resetAndDestroy()
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
      const closed = once(server, 'close')
      server.close()
      destroyAll()
      await closed
    },
  }
}
