/**
 * A Gemini upstream in a process of its own that answers with exact wire bytes.
 * It speaks raw TCP, so that each byte, each cut and each way to break off is the test's to choose.
 *
 *   node test/servers/gemini-replay.ts [--port 0]
 *
 * prints `{"port":…,"controlPort":…}` when it is ready and exits when its standard input ends.
 * The control port is plain HTTP for `replay-client.ts`.
 */
import { once } from 'node:events'
import { createServer as createControlServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { type Asked, answer, asked, keyInvalid, type PlainAnswer } from './replay-answers.ts'
import { requestReader } from './replay-reader.ts'
import { pieces, type ReceivedRequest, receivedToJson, type Script, scriptFromJson } from './replay-script.ts'

/** What is remembered of requests; older ones are forgotten first. */
const RECEIVED_MAX = 50_000
const RECEIVED_BYTES_MAX = 512 * 1024 * 1024
/** Answers that wait behind one connection's running answer; the gateway never pipelines. */
const QUEUED_MAX = 4

const scripts = new Map<string, { script: Script; left: number }>()
const sockets = new Set<Socket>()
let keys = new Set(['upstream-key'])
let received: ReceivedRequest[] = []
let receivedBytes = 0
let receivedCount = 0

function remember(request: ReceivedRequest): void {
  receivedCount += 1
  received.push(request)
  receivedBytes += request.body.length
  while (received.length > RECEIVED_MAX || (receivedBytes > RECEIVED_BYTES_MAX && received.length > 1)) {
    receivedBytes -= received.shift()!.body.length
  }
}

function knowsKey(head: Buffer): boolean {
  const lines = head.toString('latin1').split('\r\n')
  const values = lines.map(
    (line) => /^(?:x-goog-api-key:\s*|authorization:\s*bearer\s+)(.*?)\s*$/i.exec(line)?.[1],
  )
  return values.some((value) => value !== undefined && keys.has(value))
}

function scriptFor(model: string): Script | undefined {
  const entry = scripts.get(model)
  if (!entry) return undefined
  entry.left -= 1
  if (entry.left <= 0) scripts.delete(model)
  return entry.script
}

// ---------------------------------------------------------------------------------------------
// The upstream.

function serve(socket: Socket): void {
  sockets.add(socket)
  socket.setNoDelay(true)
  let running: Promise<void> = Promise.resolve()
  let queued = 0
  const reader = requestReader({
    request(head, body) {
      remember({ head, body, complete: true })
      queued += 1
      if (queued > QUEUED_MAX) return void socket.destroy()
      running = running.then(() => respond(socket, head, body)).catch(() => void socket.destroy())
      void running.then(() => {
        queued -= 1
      })
    },
    incomplete: (head, body) => remember({ head, body, complete: false }),
  })
  socket.on('data', (bytes: Buffer) => {
    try {
      reader.push(bytes)
    } catch {
      socket.destroy()
    }
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    sockets.delete(socket)
    reader.close()
  })
}

async function respond(socket: Socket, head: Buffer, body: Buffer): Promise<void> {
  const request: Asked = asked(head)
  const script = knowsKey(head) ? scriptFor(request.model) : undefined
  if (script) return playScript(socket, script)
  const plain = knowsKey(head) ? answer(request, body) : keyInvalid()
  await playPlain(socket, plain)
}

async function playPlain(socket: Socket, { status, headers, pieces, streamed }: PlainAnswer): Promise<void> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const framing = streamed ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  const start = headLines(status, headers, framing)
  if (!streamed) return write(socket, Buffer.concat([start, ...pieces]))
  await write(socket, start)
  for (const piece of pieces) await write(socket, chunk(piece))
  await write(socket, Buffer.from('0\r\n\r\n'))
}

const JSON_HEADERS = [['Content-Type', 'application/json; charset=UTF-8']] as const

async function playScript(socket: Socket, script: Script): Promise<void> {
  const framing = {
    'content-length': `Content-Length: ${script.declaredBytes ?? script.body.length}`,
    chunked: 'Transfer-Encoding: chunked',
    close: 'Connection: close',
  }[script.framing]
  await pause(script.delayBeforeMs)
  await write(socket, headLines(script.status ?? 200, script.headers ?? JSON_HEADERS, framing))
  for (const piece of pieces(script)) {
    await pause(script.delayBetweenMs)
    await write(socket, script.framing === 'chunked' ? chunk(piece) : piece)
  }
  await pause(script.delayBetweenMs)
  await finish(socket, script)
}

async function finish(socket: Socket, { ending = 'end', framing }: Script): Promise<void> {
  if (ending === 'hang') return void (await once(socket, 'close'))
  if (ending === 'reset') return void socket.resetAndDestroy()
  if (ending === 'end' && framing === 'chunked') return write(socket, Buffer.from('0\r\n\r\n'))
  if (ending === 'fin' || framing === 'close') socket.end()
}

function headLines(status: number, headers: PlainAnswer['headers'], framing: string): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  // Google's front end sends no reason phrase either way that a client could rely on.
  return Buffer.from(
    `HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Error'}\r\n${lines.join('')}${framing}\r\n\r\n`,
    'latin1',
  )
}

function chunk(piece: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
}

/** Resolves when the kernel has taken the bytes, one turn of the event loop later: each write leaves by itself. */
function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : setImmediate(resolve)))
  })
}

function pause(milliseconds = 0): Promise<void> | undefined {
  return milliseconds > 0 ? new Promise((resolve) => setTimeout(resolve, milliseconds)) : undefined
}

// ---------------------------------------------------------------------------------------------
// The control port.

async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://control')
  const collected: Buffer[] = []
  for await (const piece of request) collected.push(piece as Buffer)
  const body = collected.length > 0 ? JSON.parse(Buffer.concat(collected).toString()) : {}
  const actions: Record<string, () => unknown> = {
    '/script': () =>
      scripts.set(body.model, { script: scriptFromJson(body.script), left: body.script.times ?? Infinity }),
    '/keys': () => {
      keys = new Set(body.keys)
    },
    '/received': () => receivedSince(Number(searchParams.get('since') ?? 0)),
    '/count': () => receivedCount,
    '/sockets': () => sockets.size,
    '/reset': reset,
  }
  const action = actions[pathname]
  response.writeHead(action ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(action?.() ?? null))
}

/** The requests from number `since` on; numbers count all requests since the start or the last reset. */
function receivedSince(since: number): object[] {
  const forgotten = receivedCount - received.length
  return received.slice(Math.max(0, since - forgotten)).map(receivedToJson)
}

function reset(): void {
  scripts.clear()
  keys = new Set(['upstream-key'])
  received = []
  receivedBytes = 0
  receivedCount = 0
  for (const socket of sockets) socket.destroy()
}

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
const upstream = createServer(serve).listen(Number(values.port), '127.0.0.1')
const controller = createControlServer((request, response) => {
  control(request, response).catch((error) => response.destroy(error))
}).listen(0, '127.0.0.1')
await Promise.all([once(upstream, 'listening'), once(controller, 'listening')])
const port = (upstream.address() as AddressInfo).port
console.log(JSON.stringify({ port, controlPort: (controller.address() as AddressInfo).port }))
process.stdin.resume()
process.stdin.once('end', () => process.exit(0))
process.stdin.once('error', () => process.exit(0))
