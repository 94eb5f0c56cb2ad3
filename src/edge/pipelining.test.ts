/** Requests that are sent behind one another on one connection. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { HttpResponse } from '../nouns.ts'
import { listen } from './server.ts'

const LIMITS = {
  ...{ body: 1_000, headers: 16_384, headerCount: 100, url: 8_192 },
  ...{ connections: 100, bodiesInFlight: 10_000, streamBuffer: 65_536 },
}
const TIMEOUTS = {
  ...{ requestHead: 10_000, bodyGrace: 10_000, bodyMinRateBytesPerSecond: 1 },
  ...{ keepAlive: 60_000, clientWriteStall: 10_000 },
}
const requestTo = (path: string, more = '') => `GET /${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`

/** An edge whose answers are given by hand, and one connection to it. */
async function rig(t: TestContext) {
  const begun: { readonly path: string; readonly response: HttpResponse }[] = []
  let onBegun = Promise.withResolvers<void>()
  const edge = await listen(
    {
      ...{ host: '127.0.0.1', port: 0, trustedProxies: [], limits: LIMITS, timeouts: TIMEOUTS },
      cors: { origins: [] },
    },
    {
      answer: async ({ path }, response) => {
        begun.push({ path: path.join('/'), response })
        onBegun.resolve()
        onBegun = Promise.withResolvers<void>()
      },
      refuse: (_, response) => response.destroy(),
    },
  )
  t.after(async () => {
    edge.destroy()
    await edge.close()
  })
  const socket = connect(edge.port, '127.0.0.1')
  t.after(() => socket.destroy())
  let text = ''
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  async function nth(count: number): Promise<HttpResponse> {
    while (begun.length < count) await onBegun.promise
    return begun[count - 1]?.response as HttpResponse
  }
  const answer = (response: HttpResponse, words: string) => {
    response.head(200, { 'content-length': `${words.length}` })
    response.write(Buffer.from(words))
    response.end()
  }
  return { socket, begun, nth, answer, text: () => text }
}

/** Whatever was read from the sockets so far has been handled. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('[NEV-61] C09 each begins when the answer to the one before it is out', async (t) => {
  const { socket, begun, nth, answer, text } = await rig(t)
  socket.write(['one', 'two', 'three'].map((path) => requestTo(path)).join(''))
  for (const [index, words] of ['first', 'second', 'third'].entries()) {
    const response = await nth(index + 1)
    await turns()
    assert.equal(begun.length, index + 1)
    answer(response, words)
  }
  while (!text().includes('third')) await once(socket, 'data')
  assert.deepEqual(
    begun.map(({ path }) => path),
    ['one', 'two', 'three'],
  )
  assert.match(text(), /first[\s\S]*second[\s\S]*third/)
})

test('[NEV-61] C09 what waits is not begun when the client leaves, or was told that the connection closes', async (t) => {
  for (const leaves of [true, false]) {
    const { socket, begun, nth, answer } = await rig(t)
    const closed = once(socket, 'close')
    socket.write(requestTo('one', leaves ? '' : 'connection: close\r\n') + requestTo('two'))
    const response = await nth(1)
    if (leaves) {
      const left = new Promise<void>((resolve) => response.onClientLeft(resolve))
      socket.resetAndDestroy()
      await left
    } else answer(response, 'first')
    await closed
    await turns()
    assert.equal(begun.length, 1)
  }
})

test('[NEV-61] C09 whoever sends a thousand behind one that is under way is hung up on', async (t) => {
  const { socket, begun, nth } = await rig(t)
  const closed = once(socket, 'close')
  socket.write(Array.from({ length: 1_002 }, (_, index) => requestTo(`${index}`)).join(''))
  await nth(1)
  await closed
  assert.equal(begun.length, 1)
})
