import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fails } from '../nouns.fixture.ts'
import { type BodyLimits, type BodyTimeouts, createBodyReader } from './body.ts'

const LIMITS: BodyLimits = { body: 1_000, bodiesInFlight: 1_500 }
const TIMEOUTS: BodyTimeouts = { bodyGrace: 60_000, bodyMinRateBytesPerSecond: 1 }

type Read = (visit?: (piece: Buffer) => void) => Promise<Buffer>
type Handler = (read: Read, message: IncomingMessage, response: ServerResponse) => unknown

interface Rig {
  /** A connection that has sent this much. */
  raw(text: string): Socket
  /** The status of an answer to a body of so many bytes. */
  post(bytes: number): Promise<number>
}

/** A server that reads bodies by the reader under test, and answers when the handler says so. */
async function rig(t: TestContext, handler: Handler, limits = LIMITS, timeouts = TIMEOUTS): Promise<Rig> {
  const reader = createBodyReader(limits, timeouts)
  const server = createServer((message, response) =>
    handler((visit) => reader.read(message, response, visit), message, response),
  )
  server.on('checkContinue', (message, response) =>
    handler((visit) => reader.read(message, response, visit), message, response),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  t.after(() => {
    reader.close()
    server.closeAllConnections()
    server.close()
  })
  return {
    raw: (text) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text))
      return socket.on('error', () => undefined)
    },
    post: async (bytes) => {
      const request = httpRequest({ port, method: 'POST', host: '127.0.0.1', agent: false })
      request.end(Buffer.alloc(bytes, 0x61))
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.resume()
      return response.statusCode ?? 0
    },
  }
}

/** The outcome of the one body that a test sends. */
async function outcomeOf(
  t: TestContext,
  text: string,
  limits = LIMITS,
  timeouts = TIMEOUTS,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const { raw } = await rig(t, (read) => read().then(resolve, reject), limits, timeouts)
  const socket = raw(text)
  t.after(() => socket.destroy())
  return promise
}

const head = (...lines: string[]) => ['POST / HTTP/1.1', 'host: x', ...lines, '', ''].join('\r\n')
const CHUNKED = head('transfer-encoding: chunked')

test('a body comes whole, by length and in chunks, and each piece is seen', async (t) => {
  assert.equal((await outcomeOf(t, `${head('content-length: 5')}hello`)).toString(), 'hello')
  assert.equal((await outcomeOf(t, `${CHUNKED}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`)).toString(), 'hello')
  assert.equal((await outcomeOf(t, head())).length, 0)
  assert.equal(
    (await outcomeOf(t, `${head('content-length: 2', 'content-encoding: identity')}hi`)).toString(),
    'hi',
  )
})

test('[ERR-LIMIT-01] E14 E15 a body beyond the limit is refused: by its length unread, in chunks when it is there', async (t) => {
  await assert.rejects(
    outcomeOf(t, head('content-length: 1001')),
    fails('invalid_argument', /exceeds the limit: 1000 bytes/),
  )
  const chunk = `200\r\n${'a'.repeat(0x200)}\r\n`
  await assert.rejects(
    outcomeOf(t, `${CHUNKED}${chunk}${chunk}`),
    fails('invalid_argument', /exceeds the limit/),
  )
  assert.equal((await outcomeOf(t, `${head('content-length: 1000')}${'a'.repeat(1_000)}`)).length, 1_000)
})

test('a body that is compressed, has trailers or ends early is refused', async (t) => {
  await assert.rejects(
    outcomeOf(t, head('content-length: 5', 'content-encoding: gzip')),
    fails('invalid_argument', /compressed/),
  )
  await assert.rejects(
    outcomeOf(t, `${CHUNKED}2\r\nhe\r\n0\r\nx-more: 1\r\n\r\n`),
    fails('invalid_argument', /Trailers/),
  )
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const { raw } = await rig(t, (read) => read().catch(resolve))
  const socket = raw(`${head('content-length: 5')}he`)
  socket.once('connect', () => setImmediate(() => socket.destroy()))
  assert.ok(fails('invalid_argument', /ended early/)(await promise))
})

test('a visitor that throws ends the reading with its error', async (t) => {
  const { promise, reject } = Promise.withResolvers<never>()
  const seen: string[] = []
  const visit = (piece: Buffer) => {
    seen.push(piece.toString())
    throw new RangeError('enough')
  }
  const { raw } = await rig(t, (read) => read(visit).catch(reject))
  const socket = raw(`${head('content-length: 50')}bomb`)
  t.after(() => socket.destroy())
  await assert.rejects(promise, fails('internal'))
  assert.deepEqual(seen, ['bomb'])
})

test('[EDGE-SLOW-01] a body slower than the rate is a 408 once its grace is over', async (t) => {
  const timeouts = { bodyGrace: 1, bodyMinRateBytesPerSecond: 1_000_000 }
  await assert.rejects(
    outcomeOf(t, `${head('content-length: 500')}slow`, LIMITS, timeouts),
    fails('request_timeout'),
  )
})

test('[EDGE-LIMIT-01] E19 all bodies together are bounded, and their bytes are free when the answer is over', async (t) => {
  const waiting: (() => void)[] = []
  const { post } = await rig(t, async (read, _, response) => {
    try {
      await read()
      waiting.push(() => response.end())
    } catch (error) {
      response.writeHead((error as { http: number }).http).end()
    }
  })
  const first = post(1_000)
  while (waiting.length < 1) await new Promise(setImmediate)
  assert.equal(await post(501), 503)
  const second = post(500)
  while (waiting.length < 2) await new Promise(setImmediate)
  for (const answer of waiting.splice(0)) answer()
  assert.deepEqual(await Promise.all([first, second]), [200, 200])
  const third = post(1_000)
  while (waiting.length < 1) await new Promise(setImmediate)
  waiting[0]?.()
  assert.equal(await third, 200)
})

test('[EDGE-LIMIT-01] a client that was gone before its body was asked for holds no bytes', async (t) => {
  const outcomes: Promise<unknown>[] = []
  let isLate = true
  const { raw, post } = await rig(t, async (read, _, response) => {
    if (!isLate) return read().then(() => response.end())
    await once(response, 'close')
    outcomes.push(read().catch((error) => error))
  })
  for (let round = 1; round <= 3; round++) {
    const socket = raw(`${head('content-length: 1000')}he`)
    socket.once('connect', () => setTimeout(() => socket.destroy(), 20))
    while (outcomes.length < round) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  for (const outcome of await Promise.all(outcomes))
    assert.ok(fails('invalid_argument', /ended early/)(outcome))
  isLate = false
  assert.equal(await post(1_000), 200)
})

test('[EDGE-SLOW-01] C12 100-continue is said only when the body is read', async (t) => {
  const asked = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const { raw } = await rig(t, async (read, _, response) => {
    asked.resolve()
    await go.promise
    response.end(await read())
  })
  const socket = raw(head('content-length: 2', 'expect: 100-continue', 'connection: close'))
  let text = ''
  socket.on('data', (piece) => {
    text += piece
    if (text.endsWith('\r\n\r\n') && text.includes('100 Continue')) socket.write('hi')
  })
  await asked.promise
  assert.equal(text, '')
  go.resolve()
  await once(socket, 'close')
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*hi$/)
})
