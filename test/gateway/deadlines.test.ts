/** `x-server-timeout`: the seconds that the client waits, within bounds; and what is no number of seconds. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import { errorOf, type Gateway, SSE_HEADERS, sseEvent, startGateway, UNARY } from './rig.ts'

const SLACK_MS = 700

let replay: Replay
let gateway: Gateway
before(async () => {
  replay = await startReplay()
  gateway = await startGateway({
    config: `
upstreams:
  replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] }
  second: { kind: gemini, baseUrl: "${replay.url}/second", keys: ["upstream-key"] }
models:
  "gemini-*": { targets: [replay] }
  "pair-*": { targets: [replay, second] }
`,
  })
  const hanging = { body: Buffer.from('{}'), framing: 'content-length', delayBeforeMs: 30_000 } as const
  await replay.script('gemini-silent', hanging)
  await replay.script('pair-silent', hanging)
  await replay.script('gemini-stuck', {
    headers: SSE_HEADERS,
    body: Buffer.from(sseEvent({ text: 'begun', total: 5 })),
    framing: 'chunked',
    ending: 'hang',
  })
  const answer = JSON.stringify({
    candidates: [{ content: { parts: [{ text: 'late' }] }, finishReason: 'STOP' }],
  })
  await replay.script('gemini-late', {
    body: Buffer.from(answer),
    framing: 'content-length',
    delayBeforeMs: 1_400,
  })
})
after(async () => {
  await gateway.stop('SIGINT')
  await replay.close()
})

async function timed(path: string, seconds: string) {
  const beganAtMs = performance.now()
  const received = await gateway.ask(path, { headers: { 'x-server-timeout': seconds } })
  return { ...received, tookMs: performance.now() - beganAtMs }
}

const within = (tookMs: number, seconds: number) =>
  assert.ok(tookMs >= seconds * 1000 - 50 && tookMs < seconds * 1000 + SLACK_MS, `${tookMs.toFixed(0)} ms`)

suite('deadlines', { concurrency: true }, () => {
  for (const [seconds, after] of [
    ['1', 1],
    ['1.5', 1.5],
    ['0', 1],
    ['-1', 1],
  ] as const) {
    test(`[DEADLINE-01] C17 x-server-timeout: ${seconds} and a silent upstream is a 504 after ${after} s`, async () => {
      const { status, tookMs, text, ...rest } = await timed(
        '/v1beta/models/gemini-silent:generateContent',
        seconds,
      )
      assert.equal(status, 504, text)
      assert.equal(errorOf({ ...rest, status, text }).status, 'DEADLINE_EXCEEDED')
      within(tookMs, after)
    })
  }

  test('[DEADLINE-01] a stream that has not begun by then is a 504 in its place', async () => {
    const { status, tookMs, text } = await timed(
      '/v1beta/models/gemini-silent:streamGenerateContent?alt=sse',
      '1',
    )
    assert.deepEqual([status, JSON.parse(text).error.code], [504, 504])
    within(tookMs, 1)
  })

  test('[DEADLINE-01] a stream under way is told, then cut', async () => {
    const { status, complete, tookMs, text } = await timed(
      '/v1beta/models/gemini-stuck:streamGenerateContent?alt=sse',
      '1',
    )
    assert.deepEqual([status, complete], [200, false])
    assert.match(text, /begun[\s\S]*data: \{"error"/)
    within(tookMs, 1)
  })

  test('[DEADLINE-01] the deadline holds over all attempts together', async () => {
    const { status, tookMs, text } = await timed('/v1beta/models/pair-silent:generateContent', '1')
    assert.equal(status, 504, text)
    within(tookMs, 1)
  })

  for (const silly of ['', 'soon', '1e99', '999999999', 'NaN', 'Infinity', '5 s', '0x1']) {
    test(`[DEADLINE-01] C17 x-server-timeout: ${JSON.stringify(silly)} does not shorten the wait`, async () => {
      const { status, text } = await timed('/v1beta/models/gemini-late:generateContent', silly)
      assert.equal(status, 200, text)
    })
  }

  test('[DEADLINE-01] two of them are refused', async () => {
    const refused = await gateway.ask(UNARY, {
      headers: { 'x-server-timeout': ['1', '2'] as unknown as string },
    })
    assert.equal(refused.status, 400)
  })
})
