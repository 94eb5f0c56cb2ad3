import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { HttpResponse } from '../nouns.ts'
import { type Edge, listen } from './server.ts'

const LIMITS = {
  ...{ body: 1_000, headers: 16_384, headerCount: 100, url: 8_192 },
  ...{ connections: 100, bodiesInFlight: 10_000, streamBuffer: 65_536 },
}
const TIMEOUTS = {
  ...{ requestHead: 10_000, bodyGrace: 10_000, bodyMinRateBytesPerSecond: 1 },
  ...{ keepAlive: 60_000, clientWriteStall: 10_000 },
}
const REQUEST = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
/** Far below `keepAlive`. */
const CLOSED_WITHIN_MS = 5_000

/** An edge, and a connection to it that was used once and is kept alive. */
async function rig(t: TestContext, answer: (response: HttpResponse) => void) {
  const edge: Edge = await listen(
    {
      ...{ host: '127.0.0.1', port: 0, trustedProxies: [], limits: LIMITS, timeouts: TIMEOUTS },
      cors: { origins: [] },
    },
    {
      // The parser has seen the end of a request when its handler has returned, and not before.
      answer: async (_, response) => void setImmediate(() => answer(response)),
      refuse: (_, response) => response.destroy(),
    },
  )
  t.after(() => edge.destroy())
  const socket = connect(edge.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.setEncoding('utf8')
  await once(socket, 'connect')
  return { edge, socket }
}

const textOf = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    socket.on('data', (piece: string) => {
      text += piece
    })
    socket.on('close', () => resolve(text))
  })

const whole = (response: HttpResponse) => {
  response.head(200, { 'content-length': 2 })
  response.end('ok')
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => resolve(false))
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

async function inTime(closing: Promise<void>): Promise<boolean> {
  const timer = Promise.withResolvers<boolean>()
  const timeout = setTimeout(() => timer.resolve(false), CLOSED_WITHIN_MS)
  const isClosed = await Promise.race([closing.then(() => true), timer.promise])
  clearTimeout(timeout)
  return isClosed
}

test('[NEV-71] P05 a request that has arrived but was not read yet when the edge closes is answered', async (t) => {
  const { edge, socket } = await rig(t, whole)
  socket.write(REQUEST)
  await once(socket, 'data')
  const text = textOf(socket)
  edge.drain()
  // Both in one turn of the event loop, as after a long one: its bytes are in the kernel, and nobody has looked.
  socket.write(REQUEST)
  const closing = edge.close()
  assert.match(await text, /^HTTP\/1.1 200 OK\r\n[\s\S]*connection: close\r\n[\s\S]*ok$/i)
  assert.ok(await inTime(closing))
})

test('[NEV-71] P05 a kept-alive connection whose answer began before the drain closes when it has ended', async (t) => {
  const begun = Promise.withResolvers<HttpResponse>()
  const { edge, socket } = await rig(t, (response) => {
    response.head(200, {})
    response.write('first')
    begun.resolve(response)
  })
  socket.write(REQUEST)
  const response = await begun.promise
  await once(socket, 'data')
  edge.drain()
  const closing = edge.close()
  while (await isListening(edge.port)) await new Promise(setImmediate)
  response.end('last')
  assert.ok(await inTime(closing), 'it stays open as long as an idle connection may')
})
