/** Going down: balancers notice first, whoever can finish does, the others are told, and nothing is left open. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import type { Script } from '../servers/replay-script.ts'
import {
  dataFolder,
  errorOf,
  type Gateway,
  ledgerRows,
  SSE_HEADERS,
  sseEvent,
  startGateway,
  until,
} from './rig.ts'

/** What the process may take beside what it was told to wait; a busy machine takes most of it. */
const SLACK_MS = 1_500
/** What settling and telling may take once everybody was interrupted. */
const LAST_WORDS_MS = 2_000

let replay: Replay
before(async () => {
  replay = await startReplay()
  const events = [1, 2, 3].map((at) =>
    sseEvent({ text: `event ${at}`, total: 4 + at, ...(at === 3 && { finish: 'STOP' }) }),
  )
  const stream = (rest: Partial<Script>): Script => ({
    headers: SSE_HEADERS,
    body: Buffer.from(events.join('')),
    framing: 'chunked',
    ...rest,
  })
  const cuts = [events[0]!.length, events[0]!.length + events[1]!.length]
  const answer = JSON.stringify({
    candidates: [{ content: { parts: [{ text: 'late' }] }, finishReason: 'STOP' }],
  })
  await replay.script('gemini-stream', stream({ splits: cuts, delayBetweenMs: 150 }))
  await replay.script('gemini-stuck', stream({ body: Buffer.from(events[0]!), ending: 'hang' }))
  await replay.script('gemini-late', {
    body: Buffer.from(answer),
    framing: 'content-length',
    delayBeforeMs: 400,
  })
  await replay.script('gemini-silent', {
    body: Buffer.from(answer),
    framing: 'content-length',
    delayBeforeMs: 30_000,
  })
})
after(() => replay.close())

interface Waits {
  readonly delay?: number
  readonly grace?: number
  readonly streamGrace?: number
}

interface Rig {
  readonly gateway: Gateway
  readonly folder: string
}

async function withGateway(
  { delay = 0, grace = 300, streamGrace = 300 }: Waits,
  work: (rig: Rig) => Promise<void>,
): Promise<void> {
  const folder = await dataFolder()
  const gateway = await startGateway({
    dataFolder: folder.path,
    config: `
upstreams: { replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] } }
server: { shutdown: { delay: ${delay}ms, grace: ${grace}ms, streamGrace: ${streamGrace}ms } }
`,
  })
  try {
    await work({ gateway, folder: folder.path })
  } finally {
    if (gateway.alive()) await gateway.kill()
    await folder.remove()
  }
}

const KEEP_ALIVE = { headers: { connection: 'keep-alive' } }
const path = (model: string, verb = 'generateContent') => `/v1beta/models/${model}:${verb}`
const SSE_VERB = 'streamGenerateContent?alt=sse'
const signal = (gateway: Gateway, name: NodeJS.Signals) => process.kill(gateway.pid, name)
const ready = async (gateway: Gateway) =>
  (await gateway.ask('/readyz', { method: 'GET', anonymous: true })).status

async function endOf(gateway: Gateway, withinMs: number): Promise<void> {
  await until('the process ended', () => !gateway.alive(), withinMs)
}

/** Asks for a unary answer, and resolves once the upstream has the question. */
async function asked(gateway: Gateway, model: string) {
  const before = await replay.receivedCount()
  const answer = gateway.ask(path(model))
  answer.catch(() => undefined)
  await until('the upstream was asked', async () => (await replay.receivedCount()) > before)
  return answer
}

suite('shutdown', { concurrency: 4 }, () => {
  test('[HEALTH-01] P01 readiness goes false at once, and whoever still comes is served and told to go', () =>
    withGateway({ delay: 1_500 }, async ({ gateway }) => {
      assert.equal(await ready(gateway), 200)
      const before = await gateway.ask(path('gemini-2.5-flash'), KEEP_ALIVE)
      assert.notEqual(before.headers.connection, 'close')
      const end = gateway.stop('SIGTERM')
      await until('it is not ready', async () => (await ready(gateway)) === 503, 1_000)
      assert.equal((await gateway.ask('/livez', { method: 'GET' })).status, 200)
      const late = await gateway.ask(path('gemini-2.5-flash'), KEEP_ALIVE)
      assert.deepEqual([late.status, late.complete, late.headers.connection], [200, true, 'close'])
      assert.equal(await end, 0)
    }))

  test('[STOP-01] P01 an answer and a stream under way end whole, and are on the ledger', () =>
    withGateway({ grace: 3_000, streamGrace: 3_000 }, async ({ gateway, folder }) => {
      const stream = await gateway.open(path('gemini-stream', SSE_VERB))
      const unary = asked(gateway, 'gemini-late')
      await stream.seen((text) => text.includes('event 1'))
      // Not `await asked`: that would wait for the answer itself.
      await until('both are asked', async () => (await gateway.metric('wasat_connections')) >= 3)
      const end = gateway.stop('SIGTERM')
      const [streamed, answered] = await Promise.all([stream.over, unary])
      assert.deepEqual(
        [streamed.status, streamed.complete, answered.status, answered.complete],
        [200, true, 200, true],
      )
      assert.match(streamed.text, /event 3.*"finishReason":"STOP"/)
      assert.equal(await end, 0)
      const rows = ledgerRows(folder)
      for (const { headers } of [streamed, answered])
        assert.equal(rows.get(String(headers['x-request-id']))?.outcome, 'complete')
      assert.ok(!existsSync(join(folder, 'admin.sock')) && !existsSync(join(folder, 'wasat.lock')))
    }))

  test('[STOP-01] P02 a stuck stream is told at its grace in the way that every client notices', () =>
    withGateway({ grace: 100, streamGrace: 500 }, async ({ gateway, folder }) => {
      const stream = await gateway.open(path('gemini-stuck', SSE_VERB))
      await stream.seen((text) => text.includes('event 1'))
      const beganAtMs = performance.now()
      const end = gateway.stop('SIGTERM')
      const { text, complete, headers } = await stream.over
      const waitedMs = performance.now() - beganAtMs
      assert.ok(waitedMs >= 450 && waitedMs < 500 + SLACK_MS, `told after ${waitedMs} ms`)
      assert.equal(complete, false, 'a clean end would be taken for a whole answer')
      const tail = text.slice(text.indexOf('data: {"error"'))
      const [event = '', bare = ''] = tail.split('\r\n\r\n')
      for (const body of [event.slice('data: '.length), bare])
        assert.deepEqual(JSON.parse(body).error, {
          code: 503,
          message: 'The server is shutting down. Please retry.',
          status: 'UNAVAILABLE',
        })
      assert.equal(await end, 0)
      const row = ledgerRows(folder).get(String(headers['x-request-id']))
      assert.deepEqual(
        [row?.outcome, row?.usage_source, row?.total_tokens],
        ['upstream_broken', 'partial', 5],
      )
    }))

  test('[STOP-01] a stuck array stream ends in an error too', () =>
    withGateway({ grace: 100, streamGrace: 300 }, async ({ gateway }) => {
      const element = '[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}'
      await replay.script('gemini-array', { body: Buffer.from(element), framing: 'chunked', ending: 'hang' })
      const stream = await gateway.open(path('gemini-array', 'streamGenerateContent'))
      await stream.seen((text) => text.includes('"a"'))
      const end = gateway.stop('SIGTERM')
      const { text, complete } = await stream.over
      assert.equal(complete, false)
      assert.equal(JSON.parse(text)[1].error.status, 'UNAVAILABLE')
      assert.equal(await end, 0)
    }))

  test('[STOP-01] P04 a drain under way is read to its end, and its row is there', () =>
    withGateway({ grace: 100, streamGrace: 3_000 }, async ({ gateway, folder }) => {
      const stream = await gateway.open(path('gemini-stream', SSE_VERB))
      await stream.seen((text) => text.includes('event 1'))
      stream.leave()
      await until('the drain began', async () => (await gateway.metric('wasat_drains')) === 1)
      assert.equal(await gateway.stop('SIGTERM'), 0)
      const row = ledgerRows(folder).get(String(stream.response.headers['x-request-id']))
      assert.deepEqual([row?.outcome, row?.usage_source, row?.total_tokens], ['client_gone', 'final', 7])
    }))

  test('[STOP-01] P02 an upstream that never says a word does not keep the process, its client is told, the books know', () =>
    withGateway({ grace: 200, streamGrace: 200 }, async ({ gateway, folder }) => {
      const before = await replay.receivedCount()
      const asked = gateway.ask(path('gemini-silent'))
      await until('the upstream was asked', async () => (await replay.receivedCount()) > before)
      signal(gateway, 'SIGTERM')
      const { status, headers, text } = await asked
      assert.equal(status, 503)
      assert.match(text, /shutting down/)
      await endOf(gateway, 200 + LAST_WORDS_MS + SLACK_MS)
      const row = ledgerRows(folder).get(String(headers['x-request-id']))
      assert.deepEqual([row?.status, row?.usage_source], [503, 'none'])
    }))

  test('[STOP-01] a connection that never asks anything does not keep the process', () =>
    withGateway({ grace: 400, streamGrace: 400 }, async ({ gateway }) => {
      const { connect } = await import('node:net')
      const socket = connect(gateway.port, '127.0.0.1').on('error', () => undefined)
      await until('it is connected', async () => (await gateway.metric('wasat_connections')) === 2)
      signal(gateway, 'SIGTERM')
      await endOf(gateway, 400 + LAST_WORDS_MS + SLACK_MS)
      socket.destroy()
    }))

  test('[STOP-02] P03 a second signal ends it now, with exit code 1, and the use so far is booked', () =>
    withGateway({ delay: 10_000, grace: 10_000, streamGrace: 10_000 }, async ({ gateway, folder }) => {
      const stream = await gateway.open(path('gemini-stuck', SSE_VERB))
      await stream.seen((text) => text.includes('event 1'))
      const end = gateway.stop('SIGTERM')
      await until('it is not ready', async () => (await ready(gateway)) === 503)
      const beganAtMs = performance.now()
      signal(gateway, 'SIGTERM')
      assert.equal(await end, 1)
      assert.ok(performance.now() - beganAtMs < LAST_WORDS_MS + SLACK_MS)
      assert.match((await stream.over).text, /"error"/)
      assert.equal(ledgerRows(folder).get(String(stream.response.headers['x-request-id']))?.total_tokens, 5)
    }))

  test('[STOP-02] SIGINT does not wait for balancers', () =>
    withGateway({ delay: 10_000, grace: 10_000, streamGrace: 10_000 }, async ({ gateway }) => {
      await gateway.ask(path('gemini-2.5-flash'))
      const beganAtMs = performance.now()
      assert.equal(await gateway.stop('SIGINT'), 0)
      assert.ok(performance.now() - beganAtMs < SLACK_MS)
    }))

  test('[STOP-01] after the delay nobody new is let in', () =>
    withGateway({ streamGrace: 1_500, grace: 1_500 }, async ({ gateway }) => {
      const stream = await gateway.open(path('gemini-stuck', SSE_VERB))
      await stream.seen((text) => text.includes('event 1'))
      const end = gateway.stop('SIGTERM')
      const refused = async () =>
        gateway.ask('/livez', { method: 'GET' }).then(
          () => false,
          (error) => error.code === 'ECONNREFUSED',
        )
      await until('new connections are refused', refused, 1_000)
      assert.equal(await end, 0)
      assert.equal(
        errorOf({ ...(await stream.over), text: (await stream.over).text.split('\r\n\r\n').at(-1) as string })
          .code,
        503,
      )
    }))
})
