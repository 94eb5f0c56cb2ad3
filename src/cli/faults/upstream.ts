/**
 * An upstream that fails as a test says, byte for byte: a bare socket, because a server of HTTP would not send what is
 * wrong. What is played is chosen by the name of the model, so that many tests share one port.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

const REQUEST_BYTES_MAX = 64 * 1024 * 1024
/** The first byte of somebody who wants to encrypt. */
const TLS_HANDSHAKE = 0x16

/** One connection, as what is played sees it. What is written after its end is lost, and nothing throws. */
export interface Line {
  /** 1 for the first request of this model. */
  readonly attempt: number
  /** Requests on this connection so far, this one included. */
  readonly requestsOnSocket: number
  readonly isOpen: boolean
  /** Resolves when the socket took it, or is gone. */
  write(bytes: Buffer | string): Promise<void>
  /** Resolves then, or as soon as the other side has left. */
  wait(delayMs: number): Promise<void>
  reset(): void
  fin(): void
}

export type Play = (line: Line) => void | Promise<void>

/** What came in whole, or as far as its head when it is answered early. */
export interface Asked {
  readonly model: string
  readonly path: string
  readonly head: string
}

export interface FaultUpstream {
  readonly port: number
  /** Requests for this model so far. */
  count(model: string): number
  /** Every request's head, in the order of arrival. */
  heads(): readonly string[]
  close(): Promise<void>
}

export interface FaultUpstreamOptions {
  /** Undefined: the socket is cut without a word. */
  readonly play: (asked: Asked) => Play | undefined
  /** Paths that contain it are answered before their body is read. */
  readonly earlyPath?: string
  /** Any free one without it. */
  readonly port?: number
  /** A server that encrypts; without it a plain one. */
  readonly server?: Server
}

export async function startFaultUpstream(options: FaultUpstreamOptions): Promise<FaultUpstream> {
  const counts = new Map<string, number>()
  const heads: string[] = []
  const sockets = new Set<Socket>()
  const server = options.server ?? createServer()
  server.on(options.server === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    listen(socket, options, (asked) => {
      heads.push(asked.head)
      const attempt = (counts.get(asked.model) ?? 0) + 1
      counts.set(asked.model, attempt)
      return attempt
    })
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    count: (model) => counts.get(model) ?? 0,
    heads: () => heads,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function listen(socket: Socket, options: FaultUpstreamOptions, note: (asked: Asked) => number): void {
  let received = Buffer.alloc(0)
  let requestsOnSocket = 0
  let isEarly = false
  socket.on('data', (piece: Buffer) => {
    if (isEarly) return
    received = Buffer.concat([received, piece])
    if (received.length > REQUEST_BYTES_MAX) return void socket.destroy()
    if (received[0] === TLS_HANDSHAKE) return void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    const found = requestIn(received, options.earlyPath)
    if (found === undefined) return
    received = received.subarray(found.bytes)
    isEarly = found.isEarly
    const { asked } = found
    const play = options.play(asked)
    const line = lineOn(socket, note(asked), ++requestsOnSocket)
    if (play === undefined) socket.destroy()
    else Promise.resolve(play(line)).catch(() => socket.destroy())
  })
}

interface Found {
  readonly asked: Asked
  readonly bytes: number
  readonly isEarly: boolean
}

/** The gateway sends one request at a time on a connection, with the length of its body. */
function requestIn(received: Buffer, earlyPath: string | undefined): Found | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return
  const head = received.toString('latin1', 0, end)
  const path = head.split(' ')[1] ?? ''
  const isEarly = earlyPath !== undefined && path.includes(earlyPath)
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
  const bytes = end + 4 + length
  if (!isEarly && received.length < bytes) return
  const body = isEarly ? '' : received.toString('utf8', end + 4, bytes)
  return { asked: { model: modelOf(path, body), path, head }, bytes, isEarly }
}

/** In the path, or in the body. */
function modelOf(path: string, body: string): string {
  return /\/models\/([^:/?]+)/.exec(path)?.[1] ?? /"model":\s*"([^"]+)"/.exec(body)?.[1] ?? ''
}

function lineOn(socket: Socket, attempt: number, requestsOnSocket: number): Line {
  return {
    attempt,
    requestsOnSocket,
    get isOpen() {
      return !socket.destroyed
    },
    write: (bytes) =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve()
        socket.write(bytes, () => setImmediate(resolve))
      }),
    wait: (delayMs) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer)
          socket.off('close', done)
          resolve()
        }
        const timer = setTimeout(done, delayMs)
        if (socket.destroyed) done()
        else socket.once('close', done)
      }),
    reset: () => void socket.resetAndDestroy(),
    fin: () => void socket.end(),
  }
}
