/** What the servers of the providers' wires share: sockets, a memory of what came, and streams that are cut awkwardly. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

/** What is remembered of requests; older ones are forgotten first. */
const RECEIVED_MAX = 2_000
const BODY_BYTES_MAX = 64 * 1024 * 1024
const START_TIMEOUT_MS = 15_000

export interface ReceivedRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Parsed; undefined without one. */
  readonly body: unknown
  /** What it was answered with. */
  readonly status: number
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Parsed JSON; undefined without a body, a string when it is no JSON. */
  readonly body: unknown
  /** The server's own address. */
  readonly origin: string
}

/** How an answer that is streamed ends. */
export type StreamEnd = 'clean' | 'broken'

export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly json: unknown }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly text: string }
  /** Frames are sent as they are, in pieces that know nothing of frames or characters. */
  | { readonly frames: readonly string[]; readonly end: StreamEnd }

export interface Provider {
  readonly url: string
  readonly port: number
  received(): Promise<readonly ReceivedRequest[]>
  reset(): Promise<void>
  close(): Promise<void>
}

type Answer = (asked: Asked) => Reply | Promise<Reply>

/** `GET /received` tells what came, `POST /reset` forgets it; all the rest is the wire's. */
export async function serveProvider(answer: Answer, port = 0): Promise<Provider> {
  const received: ReceivedRequest[] = []
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.socket?.setNoDelay(true)
    response.on('error', () => undefined)
    respond(answer, received, request, response).catch((error) => {
      console.error(error)
      response.destroy()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received: async () => received,
    reset: async () => {
      received.length = 0
    },
    close: () => closeServer(server),
  }
}

async function respond(
  answer: Answer,
  received: ReceivedRequest[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = await read(request)
  if (asked.path === '/received') return send(response, { status: 200, json: received })
  if (asked.path === '/reset') {
    received.length = 0
    return send(response, { status: 200, json: {} })
  }
  const reply = await answer(asked)
  const status = 'frames' in reply ? 200 : reply.status
  const { method, headers, body } = asked
  received.push({ method, path: request.url ?? '/', headers, body, status })
  if (received.length > RECEIVED_MAX) received.shift()
  return send(response, reply)
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

async function read(request: IncomingMessage): Promise<Asked> {
  const origin = `http://${request.headers.host}`
  const { pathname, searchParams } = new URL(request.url ?? '/', origin)
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request) {
    bytes += (piece as Buffer).length
    if (bytes > BODY_BYTES_MAX) throw new Error(`a body of more than ${BODY_BYTES_MAX} bytes`)
    pieces.push(piece as Buffer)
  }
  return {
    method: request.method ?? 'GET',
    path: decodeURIComponent(pathname),
    query: searchParams,
    headers: request.headers,
    body: parsed(Buffer.concat(pieces).toString()),
    origin,
  }
}

function parsed(body: string): unknown {
  if (body === '') return undefined
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

async function send(response: ServerResponse, reply: Reply): Promise<void> {
  if ('frames' in reply) return sendFrames(response, reply.frames, reply.end)
  const isJson = 'json' in reply
  const body = isJson ? JSON.stringify(reply.json) : reply.text
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...reply.headers,
  })
  response.end(body)
}

/** Bytes of the pieces of a stream, in turn: within a character, within a line, over several events. */
const PIECE_BYTES = [5, 1, 170, 3, 64, 2, 900] as const

async function sendFrames(
  response: ServerResponse,
  frames: readonly string[],
  end: StreamEnd,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  const bytes = Buffer.from(frames.join(''))
  let at = 0
  for (let index = 0; at < bytes.length; index++) {
    const size = PIECE_BYTES[index % PIECE_BYTES.length]!
    await write(response, bytes.subarray(at, at + size))
    at += size
  }
  if (end === 'broken') return void response.socket?.destroy()
  response.end()
}

/** Resolves a turn of the event loop after the socket took it: each write leaves by itself. */
function write(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(piece, (error) => (error ? reject(error) : setImmediate(resolve)))
  })
}

/** For the end of a server's file: runs it when the file itself was started, until its standard input ends. */
export async function serveWhenStarted(
  moduleUrl: string,
  start: (port: number) => Promise<Provider>,
): Promise<void> {
  if (moduleUrl !== pathToFileURL(process.argv[1] ?? '').href) return
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
  const { port } = await start(Number(values.port))
  console.log(JSON.stringify({ port }))
  process.stdin.resume()
  process.stdin.once('end', () => process.exit(0))
  process.stdin.once('error', () => process.exit(0))
}

export type ProviderName = 'openai' | 'anthropic' | 'vertex'

/** The server in a process of its own. */
export async function spawnProvider(name: ProviderName): Promise<Provider> {
  const file = fileURLToPath(new URL(`./${name}-server.ts`, import.meta.url))
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const line = await firstLine(child.stdout, exited)
  const { port } = JSON.parse(line) as { port: number }
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    received: async () => (await fetch(`${url}/received`)).json() as Promise<ReceivedRequest[]>,
    reset: async () => void (await (await fetch(`${url}/reset`, { method: 'POST' })).text()),
    close: async () => {
      child.stdin.end()
      await exited
    },
  }
}

function firstLine(stream: NodeJS.ReadableStream, exited: Promise<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server did not start')), START_TIMEOUT_MS)
    let text = ''
    stream.on('data', (piece: Buffer) => {
      text += piece
      if (!text.includes('\n')) return
      clearTimeout(timer)
      resolve(text.slice(0, text.indexOf('\n')))
    })
    void exited.then(() => reject(new Error('the server ended before it was ready')))
  })
}
