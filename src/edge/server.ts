/**
 * The HTTP server: sockets, limits, timeouts and the framing guard. It knows no route; `answer` is called for
 * every request that is well framed, and every one that is not gets its error from `refuse`.
 */
import { randomUUIDv7 } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, type BlockList, isIP, type Socket } from 'node:net'
import { GatewayError } from '../errors.ts'
import { createHeld, type Held } from '../nouns/held.ts'
import type { HttpRequest, HttpResponse } from '../nouns.ts'
import { type BodyReader, createBodyReader, type Tightness } from './body.ts'
import { clientErrorAnswer } from './client-error.ts'
import { type Cors, corsHeaders } from './cors.ts'
import { guardFraming } from './guard.ts'
import { beginExchange } from './open-exchanges.ts'
import { originOf } from './origin.ts'
import { Reply } from './reply.ts'
import { parseTarget, type RequestTarget } from './target.ts'
import { blockList, isTrusted } from './trusted-proxies.ts'

export interface EdgeOptions {
  readonly host: string
  readonly port: number
  readonly cors: Cors
  /** Peers whose `X-Forwarded-For` is believed: addresses or CIDR blocks. */
  readonly trustedProxies: readonly string[]
  readonly limits: {
    readonly body: number
    readonly headers: number
    readonly headerCount: number
    readonly url: number
    readonly connections: number
    readonly bodiesInFlight: number
    /** Bytes of one answer that may wait for its client before its upstream has to. */
    readonly streamBuffer: number
  }
  readonly timeouts: {
    readonly requestHead: number
    readonly bodyGrace: number
    readonly bodyMinRateBytesPerSecond: number
    readonly keepAlive: number
    readonly clientWriteStall: number
  }
}

export interface EdgeHandlers {
  /** Answers one well-framed request; must not reject. `trusted` is true on the operator's own socket. */
  answer(request: HttpRequest, response: HttpResponse, trusted: boolean): Promise<void>
  /** Prints an error for a request of which nothing may be known. */
  refuse(error: GatewayError, response: HttpResponse): void
}

/** What this server shares with the rest of the process. */
export interface EdgeSurroundings extends Tightness {
  readonly answers: Held
}

export interface Edge {
  readonly port: number
  /** Opens a second door: a unix socket for the operator of this machine. */
  listenLocally(path: string): Promise<void>
  /** From now on answers carry `Connection: close`, so that balancers move on. */
  drain(): void
  /** Stops listening; resolves when the last exchange ended. */
  close(): Promise<void>
  /** Cuts every connection. */
  destroy(): void
  readonly openConnections: number
  /** Of request bodies that are held. */
  readonly bodyBytes: number
}

/** A server that is all that there is in its process. */
const ALONE: EdgeSurroundings = { memory: { hasRoom: () => true }, answers: createHeld() }

const CONNECTIONS_CHECK_MS = 1_000
const CLIENT_REQUEST_ID = /^[A-Za-z0-9._~:+/=@-]{1,64}$/

/** Starts to listen; rejects with the operating system's error when it cannot. */
export async function listen(
  options: EdgeOptions,
  handlers: EdgeHandlers,
  surroundings: EdgeSurroundings = ALONE,
): Promise<Edge> {
  const bodies = createBodyReader(options.limits, options.timeouts, surroundings)
  const proxies = blockList(options.trustedProxies)
  const sockets = new Set<Socket>()
  const servers: Server[] = []
  let isDraining = false

  function exchange(message: IncomingMessage, response: ServerResponse, trusted: boolean): void {
    beginExchange(message, response, () => answer(message, response, trusted))
  }

  function answer(message: IncomingMessage, response: ServerResponse, trusted: boolean): void {
    const receivedAtMs = performance.now()
    const id = randomUUIDv7()
    let mustClose = false
    const headers: OutgoingHttpHeaders = {
      'x-request-id': id,
      ...corsHeaders(options.cors, message.headers.origin),
    }
    const reply = new Reply(response, {
      clientWriteStallMs: options.timeouts.clientWriteStall,
      answers: surroundings.answers,
      headers,
      closeAfter: () => mustClose || isDraining || !message.complete || message.rawTrailers.length > 0,
    })
    try {
      mustClose = true
      guardFraming(message)
      mustClose = false
      const request = openRequest(message, response, id, receivedAtMs, bodies, options, proxies)
      if (isPreflight(options.cors, message)) {
        reply.head(204, {})
        reply.end()
      } else void handlers.answer(request, reply, trusted)
    } catch (error) {
      handlers.refuse(GatewayError.from(error), reply)
    }
  }

  async function open(
    trusted: boolean,
    where: { host: string; port: number } | { path: string },
  ): Promise<Server> {
    const server = createServer({
      maxHeaderSize: options.limits.headers,
      headersTimeout: options.timeouts.requestHead,
      requestTimeout: 0,
      keepAliveTimeout: options.timeouts.keepAlive,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      noDelay: true,
      highWaterMark: options.limits.streamBuffer,
      // The framing guard judges Host, and says so in our own words.
      requireHostHeader: false,
    })
    // Undocumented, and as old as Node: without it a FIN ends the answer that is under way, whoever still reads.
    Object.assign(server, { httpAllowHalfOpen: true })
    server.maxHeadersCount = options.limits.headerCount
    server.maxConnections = options.limits.connections
    server.on('request', (message, response) => exchange(message, response, trusted))
    server.on('checkContinue', (message, response) => exchange(message, response, trusted))
    server.on('checkExpectation', (_, response) => {
      const headers = { 'x-request-id': randomUUIDv7() }
      const reply = new Reply(response, {
        clientWriteStallMs: options.timeouts.clientWriteStall,
        answers: surroundings.answers,
        headers,
        closeAfter: () => true,
      })
      handlers.refuse(new GatewayError('expectation_failed', 'The expectation is not known.'), reply)
    })
    server.on('clientError', clientErrorAnswer)
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(where, () => {
        server.off('error', reject)
        resolve()
      })
    })
    servers.push(server)
    return server
  }

  const main = await open(false, { host: options.host, port: options.port })
  return {
    port: (main.address() as AddressInfo).port,
    listenLocally: async (path) => void (await open(true, { path })),
    drain: () => {
      isDraining = true
    },
    close: async () => {
      await Promise.all(servers.map(closeServer))
      bodies.close()
    },
    destroy: () => {
      for (const socket of sockets) socket.destroy()
    },
    get openConnections() {
      return sockets.size
    },
    get bodyBytes() {
      return bodies.bytesInFlight
    },
  }
}

/** `OPTIONS *` asks about the server and not about a resource. */
const SERVER_ITSELF: RequestTarget = { path: ['*'], query: new URLSearchParams() }

function openRequest(
  message: IncomingMessage,
  response: ServerResponse,
  id: string,
  receivedAtMs: number,
  bodies: BodyReader,
  options: EdgeOptions,
  proxies: BlockList,
): HttpRequest {
  const url = message.url as string
  if (url.length > options.limits.url) throw new GatewayError('header_too_large', 'The URL is too long.')
  const target: RequestTarget = url === '*' && message.method === 'OPTIONS' ? SERVER_ITSELF : parseTarget(url)
  return {
    id,
    clientRequestId: clientRequestId(message),
    method: message.method as string,
    path: target.path,
    query: target.query,
    headers: message.headers,
    remoteAddress: remoteAddress(message, proxies),
    receivedAtMs,
    clientLeft: () => response.destroyed || message.socket.destroyed || message.socket.readableEnded,
    origin: () => originOf(message, proxies),
    body: (visit) => bodies.read(message, response, visit),
    consume: (write, bytesMax) => bodies.consume(message, response, write, bytesMax),
  }
}

function clientRequestId(message: IncomingMessage): string | undefined {
  const given = message.headers['x-request-id']
  return typeof given === 'string' && CLIENT_REQUEST_ID.test(given) ? given : undefined
}

/** The right-most address in `X-Forwarded-For` that is not one of the trusted proxies. */
function remoteAddress(message: IncomingMessage, proxies: BlockList): string {
  const peer = message.socket.remoteAddress ?? 'local'
  const forwarded = message.headers['x-forwarded-for']
  if (typeof forwarded !== 'string' || !isTrusted(peer, proxies)) return peer
  const hops = forwarded.split(',').map((hop) => hop.trim())
  for (const hop of hops.reverse()) {
    if (isIP(hop) === 0) return peer
    if (!isTrusted(hop, proxies)) return hop
  }
  return peer
}

function isPreflight(cors: Cors, message: IncomingMessage): boolean {
  if (message.method !== 'OPTIONS') return false
  return (
    message.url === '*' ||
    (cors.origins.length > 0 && message.headers['access-control-request-method'] !== undefined)
  )
}

/** One turn of the event loop accepts a connection, the next one reads it, and one more for a request in two pieces. */
const TURNS_BEFORE_CLOSING = 3

/**
 * Closing cuts connections that look idle, and one whose request waits in the kernel does. After a long turn of the
 * event loop there are many of them, because timers come before sockets.
 */
async function hearOut(): Promise<void> {
  for (let turn = 0; turn < TURNS_BEFORE_CLOSING; turn++)
    await new Promise((resolve) => setImmediate(resolve))
}

/** How often those are closed that have become idle since: an answer that began before the drain did not tell them to. */
const IDLE_CHECK_MS = 250

async function closeServer(server: Server): Promise<void> {
  await hearOut()
  const closed = Promise.withResolvers<void>()
  server.close(() => closed.resolve())
  const timer = setInterval(() => void hearOut().then(() => server.closeIdleConnections()), IDLE_CHECK_MS)
  await closed.promise
  clearInterval(timer)
}
