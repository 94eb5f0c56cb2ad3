import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fails } from '../nouns.fixture.ts'
import { type BodyTimeouts, createBodyReader } from './body.ts'
import type { Write } from './consume.ts'

const PATIENT: BodyTimeouts = { bodyGrace: 60_000, bodyMinRateBytesPerSecond: 1 }
const CHUNKED = 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n'
const head = (length: number, more = '') =>
  `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n${more}\r\n`

type Consume = (write: Write, bytesMax: number) => Promise<number>
type Handler = (consume: Consume, response: ServerResponse) => void

/** Opens a connection to a server whose one body the test takes by itself. */
async function connected(t: TestContext, handler: Handler, timeouts = PATIENT): Promise<Socket> {
  const reader = createBodyReader({ body: 10, bodiesInFlight: 10 }, timeouts)
  const answer = (message: IncomingMessage, response: ServerResponse) =>
    handler((write, bytesMax) => reader.consume(message, response, write, bytesMax), response)
  const server = createServer(answer).on('checkContinue', answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
  t.after(() => {
    socket.destroy()
    reader.close()
    server.closeAllConnections()
    server.close()
  })
  return socket
}

async function outcome(t: TestContext, text: string, write: Write, bytesMax: number, timeouts = PATIENT) {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const socket = await connected(t, (consume) => consume(write, bytesMax).then(resolve, resolve), timeouts)
  socket.write(text)
  return { promise, socket }
}

const nothing: Write = () => undefined

test('a consumed body is beyond the limits of bodies that are held, and within its own', async (t) => {
  const pieces: Buffer[] = []
  const write: Write = (piece) => void pieces.push(Buffer.from(piece))
  const { promise } = await outcome(t, `${head(50)}${'a'.repeat(50)}`, write, 50)
  assert.equal(await promise, 50)
  assert.equal(Buffer.concat(pieces).toString(), 'a'.repeat(50))
})

test('it is refused by its length unread, in chunks when it is there', async (t) => {
  let seen = 0
  const write: Write = (piece) => {
    seen += piece.length
    return undefined
  }
  const declared = await outcome(t, `${head(51)}${'a'.repeat(51)}`, write, 50)
  assert.ok(fails('invalid_argument', /exceeds the limit: 50 bytes/)(await declared.promise))
  assert.equal(seen, 0)
  const chunk = `1e\r\n${'a'.repeat(30)}\r\n`
  const chunked = await outcome(t, `${CHUNKED}${chunk}`, write, 50)
  chunked.socket.write(`${chunk}0\r\n\r\n`)
  assert.ok(fails('invalid_argument', /exceeds the limit/)(await chunked.promise))
})

test('the next piece waits for the write before it, and so does the client', async (t) => {
  const gates: (() => void)[] = []
  let most = 0
  let now = 0
  const write: Write = () => {
    most = Math.max(most, ++now)
    return new Promise((resolve) =>
      gates.push(() => {
        now--
        resolve()
      }),
    )
  }
  const bytes = 8 * 1024 * 1024
  const { promise, socket } = await outcome(t, head(bytes), write, bytes)
  socket.write(Buffer.alloc(bytes))
  while (gates.length < 1) await new Promise(setImmediate)
  const before = socket.bytesWritten
  assert.ok(socket.writableLength > 0, 'the socket is full')
  let isOver = false
  void promise.then(() => {
    isOver = true
  })
  while (!isOver) {
    gates.shift()?.()
    await new Promise(setImmediate)
  }
  assert.equal(await promise, bytes)
  assert.equal(most, 1)
  assert.ok(before <= bytes + 200)
})

test('a client that leaves is told after the last write, not during it', async (t) => {
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const write: Write = async () => {
    started.resolve()
    await gate.promise
    order.push('written')
  }
  const { promise, socket } = await outcome(t, `${head(50)}begun`, write, 50)
  void promise.then(() => order.push('told'))
  await started.promise
  socket.destroy()
  await once(socket, 'close')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(order, [])
  gate.resolve()
  assert.ok(fails('invalid_argument', /ended early/)(await promise))
  assert.deepEqual(order, ['written', 'told'])
})

test('what the writer throws ends it, at once or later', async (t) => {
  const thrown = await outcome(
    t,
    `${head(5)}hello`,
    () => {
      throw new RangeError('enough')
    },
    50,
  )
  assert.ok(fails('internal')(await thrown.promise))
  const rejected = await outcome(t, `${head(5)}hello`, () => Promise.reject(new RangeError('full')), 50)
  assert.ok(fails('internal')(await rejected.promise))
})

test('[EDGE-SLOW-01] slowness is the client’s only while nobody keeps it waiting', async (t) => {
  const timeouts = { bodyGrace: 1, bodyMinRateBytesPerSecond: 1_000_000 }
  const slow = await outcome(t, `${head(500)}slow`, nothing, 500, timeouts)
  assert.ok(fails('request_timeout')(await slow.promise))
  const held = await outcome(
    t,
    `${head(5)}hello`,
    () => new Promise((resolve) => setTimeout(resolve, 600)),
    50,
    timeouts,
  )
  assert.equal(await held.promise, 5)
})

test('[FILES-16] a piece’s memory is given back as soon as it is written', async (t) => {
  const seen: Buffer[] = []
  const gone: number[] = []
  const write: Write = (piece) => {
    gone.push(seen.reduce((sum, { length }) => sum + length, 0))
    seen.push(piece)
    return seen.length % 2 === 0 ? Promise.resolve() : undefined
  }
  const bytes = 1024 * 1024
  const { promise, socket } = await outcome(t, head(bytes), write, bytes)
  socket.write(Buffer.alloc(bytes))
  assert.equal(await promise, bytes)
  assert.ok(seen.length > 4)
  assert.deepEqual(new Set(gone), new Set([0]))
})

test('what was refused can be read to its end by a second reading, also when nothing is left', async (t) => {
  for (const text of [head(0), `${head(5)}hello`]) {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const socket = await connected(t, async (consume) => {
      const first = await consume(() => Promise.reject(new RangeError('full')), 50).catch(() => 'refused')
      resolve([first, await consume(nothing, 50)])
    })
    socket.write(text)
    assert.deepEqual(await promise, text.endsWith('hello') ? ['refused', 0] : [0, 0])
  }
})

test('a body that was refused at its first piece goes on to a second reading', async (t) => {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const bytes = 1024 * 1024
  const socket = await connected(t, async (consume) => {
    await consume(() => Promise.reject(new RangeError('full')), bytes).catch(() => undefined)
    resolve(await consume(nothing, bytes))
  })
  socket.write(head(bytes))
  socket.write(Buffer.alloc(bytes))
  const read = (await promise) as number
  assert.ok(read > 0 && read < bytes, String(read))
})

test('compression and trailers are refused, 100-continue is said first', async (t) => {
  const zipped = await outcome(t, head(5, 'content-encoding: gzip\r\n'), nothing, 50)
  assert.ok(fails('invalid_argument', /compressed/)(await zipped.promise))
  const trailed = await outcome(t, `${CHUNKED}2\r\nhe\r\n0\r\nx-more: 1\r\n\r\n`, nothing, 50)
  assert.ok(fails('invalid_argument', /Trailers/)(await trailed.promise))
  const { promise, socket } = await outcome(t, head(2, 'expect: 100-continue\r\n'), nothing, 50)
  const [said] = await once(socket, 'data')
  assert.match(String(said), /^HTTP\/1\.1 100 Continue/)
  socket.write('hi')
  assert.equal(await promise, 2)
})
