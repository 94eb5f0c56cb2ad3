/** U42, C05: a client that does not read stops its upstream, costs no memory, and is hung up on in the end. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { after, before, test } from 'node:test'
import { bodyBytes, type Flood, startFlood } from './flood.ts'
import { type Gateway, startGateway, until } from './rig.ts'

/** 64 MiB in pieces of 16 events. */
const PIECES = 512
const GROWTH_BYTES_MAX = 16 * 1024 * 1024
/** What the kernel's buffers of two loopback connections may hold; the rest has to wait at the upstream. */
const TAKEN_BYTES_MAX = 40 * 1024 * 1024
const STALL_MS = 2_000
const QUIET_MS = 300
const SLOW_PIECES = 100
const REST_MS = 10

let finite: Flood
let endless: Flood
let gateway: Gateway
before(async () => {
  ;[finite, endless] = await Promise.all([startFlood(PIECES), startFlood()])
  gateway = await startGateway({
    config: `
upstreams:
  finite: { kind: gemini, baseUrl: "${finite.url}", keys: ["upstream-key"] }
  endless: { kind: gemini, baseUrl: "${endless.url}", keys: ["upstream-key"] }
models: { finite: { targets: [finite] }, endless: { targets: [endless] } }
server: { timeouts: { clientWriteStall: ${STALL_MS}ms } }
`,
  })
})
after(async () => {
  await gateway.stop('SIGINT')
  await Promise.all([finite.close(), endless.close()])
})

/** The head of the answer; nothing of its body is read until somebody does. */
async function openUnread(model: string): Promise<IncomingMessage> {
  const request = gateway.send(`/v1beta/models/${model}:streamGenerateContent?alt=sse`)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  return response
}

/** Resolves when the upstream has got rid of nothing more for a while. */
async function quiet(flood: Flood): Promise<void> {
  let [bytes, sinceMs] = [-1, 0]
  await until('the upstream is held back', () => {
    if (flood.bytesTaken !== bytes) [bytes, sinceMs] = [flood.bytesTaken, performance.now()]
    return performance.now() - sinceMs > QUIET_MS
  })
}

async function readToTheEnd(response: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const piece of response as AsyncIterable<Buffer>) bytes += piece.length
  return bytes
}

test('[NATIVE-SLOW-01] U42 64 MiB for a client that pauses: the upstream waits, memory stays, nothing is lost', async (t) => {
  // Once for nothing: what the first stream of a process allocates is no growth.
  assert.equal(await readToTheEnd(await openUnread('finite')), bodyBytes(PIECES))
  const before = await gateway.memory()
  let peak = before
  const watch = setInterval(async () => {
    peak = Math.max(peak, await gateway.memory())
  }, 20)
  t.after(() => clearInterval(watch))
  const response = await openUnread('finite')
  await quiet(finite)
  const held = finite.bytesTaken
  assert.ok(held < TAKEN_BYTES_MAX, `${held} bytes were taken for a client that reads nothing`)
  const slowly = await readSlowly(response)
  const grown = (peak - before) / 1024 / 1024
  t.diagnostic(`${mib(held)} MiB taken from the upstream for nobody, memory grew by ${grown.toFixed(1)} MiB`)
  assert.ok(peak - before < GROWTH_BYTES_MAX, `memory grew by ${grown} MiB`)
  assert.equal(slowly + (await readToTheEnd(response)), bodyBytes(PIECES))
  assert.ok(response.complete)
})

const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(1)

/** Some pieces, with a rest after each. */
async function readSlowly(response: IncomingMessage): Promise<number> {
  let bytes = 0
  for (let piece = 0; piece < SLOW_PIECES; piece++) {
    while (response.readableLength === 0) await once(response, 'readable')
    bytes += (response.read() as Buffer).length
    await new Promise((resolve) => setTimeout(resolve, REST_MS))
  }
  return bytes
}

test('[NATIVE-SLOW-01] C05 a client that takes nothing for clientWriteStall is hung up on', async () => {
  const beganAtMs = performance.now()
  const response = await openUnread('endless')
  await quiet(endless)
  assert.equal(endless.closed, 0)
  await until('its connection is cut', async () => (await gateway.metric('wasat_connections')) === 1)
  assert.ok(performance.now() - beganAtMs > STALL_MS - 100, 'it was cut too early')
  await until('the upstream is hung up on at the bound of a drain', () => endless.closed === 1)
  const row = await gateway.logged(String(response.headers['x-request-id']))
  assert.deepEqual([row.outcome, row.usageSource, row.totalTokens], ['client_gone', 'partial', 9])
  response.destroy()
})

test('[NATIVE-SLOW-01] a slow client holds up nobody else', async () => {
  const slow = await openUnread('finite')
  await quiet(finite)
  const beganAtMs = performance.now()
  assert.equal((await gateway.ask('/livez', { method: 'GET' })).status, 200)
  const fast = await openUnread('finite')
  assert.equal(await readToTheEnd(fast), bodyBytes(PIECES))
  assert.ok(performance.now() - beganAtMs < STALL_MS)
  slow.destroy()
  await until('every drain ended', async () => (await gateway.metric('wasat_active_streams')) === 0)
})
