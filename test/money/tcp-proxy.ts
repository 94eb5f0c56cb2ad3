/** Stands between a gateway and its PostgreSQL, and can be slow or lose a reply that was on its way. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /** Milliseconds that each piece waits on its way to the server; 0 at the start. */
  setDelay(delayMs: () => number): void
  /**
   * The next time a client says this text, its transaction is done at the server and the answer is swallowed: both
   * connections are cut instead. Resolves when that has happened.
   */
  loseReplyTo(text: string): Promise<void>
  /** Cuts every connection when so many pieces have gone to the server from now on, and lets new ones through. */
  cutAfter(pieces: number): void
  close(): Promise<void>
}

/** `ReadyForQuery`, with no transaction open: what was asked is done and durable. */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

interface Trap {
  readonly text: string
  readonly sprung: () => void
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let delayMs = () => 0
  let trap: Trap | undefined
  let piecesLeft = Number.POSITIVE_INFINITY

  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1')
    let sprung: Trap | undefined
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', cut)
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    // One after the other, however long each waits.
    let inOrder: Promise<unknown> = Promise.resolve()
    client.on('data', (bytes: Buffer) => {
      if (trap !== undefined && bytes.includes(trap.text)) {
        sprung = trap
        trap = undefined
      }
      if (--piecesLeft < 0) {
        piecesLeft = Number.POSITIVE_INFINITY
        for (const socket of sockets) socket.destroy()
        return
      }
      const wait = delayMs()
      if (wait > 0) inOrder = inOrder.then(() => new Promise((resolve) => setTimeout(resolve, wait)))
      inOrder = inOrder.then(() => upstream.write(bytes))
    })
    upstream.on('data', (bytes: Buffer) => {
      if (sprung === undefined) return client.write(bytes)
      if (!bytes.includes(READY_AND_IDLE)) return client.write(bytes)
      cut()
      sprung.sprung()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    setDelay: (next) => {
      delayMs = next
    },
    loseReplyTo: (text) =>
      new Promise((resolve) => {
        trap = { text, sprung: resolve }
      }),
    cutAfter: (pieces) => {
      piecesLeft = pieces
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
