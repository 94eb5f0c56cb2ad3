import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { CALLER, callOf, targetOf } from '../../nouns.fixture.ts'
import type { Answer, Upstream } from '../../nouns.ts'
import { ALL_WELL, SETTINGS } from '../dispatch.fixture.ts'
import { createDispatch, failedDispatch } from '../dispatch.ts'
import { createGeminiUpstream } from '../gemini/upstream.ts'

const BODY = '{"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}'
const ANSWER = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`

/** What the server does with a request: the count is of those on this connection, and of all. */
type Play = (socket: Socket, onThis: number, ofAll: number) => void

interface Server {
  readonly upstream: Upstream
  requests(): number
}

/** One connection by default: the second try then goes out on a new one. */
async function serverOf(t: TestContext, play: Play, connectionsMax = 1): Promise<Server> {
  const sockets = new Set<Socket>()
  let ofAll = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    let onThis = 0
    let text = ''
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      if (!text.includes('\r\n\r\n') || !text.endsWith('{"contents":[]}')) return
      text = ''
      play(socket, ++onThis, ++ofAll)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream = createGeminiUpstream({
    name: 'up',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: ['key'],
    credential: 'header',
    timeouts: { connect: 1e3, firstByte: 5e3, streamFirstByte: 5e3, streamIdle: 5e3, streamTotal: 5e3 },
    connectionsMax,
  })
  t.after(async () => {
    await upstream.destroy()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { upstream, requests: () => ofAll }
}

const wholeOf = ({ source }: Answer) =>
  new Promise<void>((resolve, reject) => {
    source.start({ weigh: () => 0, chunk: () => undefined, end: () => resolve(), fail: reject })
  })

/** No retry but the free one. */
const settings = { ...SETTINGS, budgetMin: 0, budgetPercent: 0 }

async function ask(upstream: Upstream) {
  const dispatch = createDispatch({ health: ALL_WELL, settings })
  const dispatched = await dispatch(callOf(), [targetOf(upstream)], CALLER)
  await wholeOf(dispatched.answer)
  return dispatched
}

for (const [name, hangUp] of [
  ['FIN', (socket: Socket) => socket.end()],
  ['RST', (socket: Socket) => socket.resetAndDestroy()],
] as const) {
  test(`[NEV-04] U07 U44 a kept connection that ends with ${name} under a request: sent again on a new one, for free`, async (t) => {
    const server = await serverOf(t, (socket, onThis) =>
      onThis === 1 ? socket.write(ANSWER) : hangUp(socket),
    )
    for (let turn = 0; turn < 20; turn++) {
      const { attempts, failedAttempts, answer } = await ask(server.upstream)
      assert.deepEqual([answer.status, attempts, failedAttempts], [200, 1, []], `request ${turn}`)
    }
    assert.equal(server.requests(), 39)
  })

  test(`[NEV-04] U06 a new connection that ends with ${name} is a failure like any other`, async (t) => {
    const server = await serverOf(t, (socket) => hangUp(socket))
    const error = await ask(server.upstream).catch((thrown) => thrown)
    assert.ok(error instanceof GatewayError && error.code === 'upstream_unavailable')
    const { attempts, failedAttempts } = failedDispatch(error)!
    assert.deepEqual([attempts, failedAttempts[0]?.isExposed, server.requests()], [1, true, 1])
  })
}

test('[NEV-04] once for each request, and not after a byte of the answer', async (t) => {
  const all = await serverOf(t, (socket, _, ofAll) => (ofAll === 1 ? socket.write(ANSWER) : socket.end()))
  await ask(all.upstream)
  const error = await ask(all.upstream).catch((thrown) => thrown)
  assert.deepEqual([failedDispatch(error)?.attempts, all.requests()], [1, 3])

  const cut = await serverOf(t, (socket, onThis) =>
    onThis === 1 ? socket.write(ANSWER) : socket.end('HTTP/1.1 20'),
  )
  await ask(cut.upstream)
  const half = await ask(cut.upstream).catch((thrown) => thrown)
  assert.deepEqual([failedDispatch(half)?.attempts, cut.requests()], [1, 2])
})

test('[NEV-04] U44 a server that closes idle connections costs nobody an error', async (t) => {
  const IDLE_MS = 2
  const server = await serverOf(
    t,
    (socket) => {
      socket.write(ANSWER)
      socket.setTimeout(IDLE_MS, () => socket.end())
    },
    3,
  )
  for (let turn = 0; turn < 60; turn++) {
    const asking = Array.from({ length: 3 }, () => ask(server.upstream))
    for (const { answer } of await Promise.all(asking)) assert.equal(answer.status, 200)
    const until = performance.now() + IDLE_MS + (turn % 5) / 5
    // Another timer would let the socket's end be seen first.
    while (performance.now() < until);
  }
})
