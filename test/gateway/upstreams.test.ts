/** Operators see in the admin API, the metrics and the log how an upstream fares, and can test it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import type { Script } from '../servers/replay-script.ts'
import { type Gateway, startGateway, until } from './rig.ts'

let replay: Replay
let gateway: Gateway

before(async () => {
  replay = await startReplay()
  gateway = await startGateway({
    config: `
upstreams:
  up: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] }
  gone: { kind: gemini, baseUrl: "http://127.0.0.1:1", keys: ["another-upstream-key"] }
models:
  "*": { targets: [up] }
retries: { backoffMin: 1ms, backoffMax: 2ms }
health: { failures: 2, openFor: 1h, openForMax: 1h }
`,
  })
})
after(async () => {
  await gateway.stop('SIGINT')
  await replay.close()
})

const answering = (status: number, details: readonly object[] = []): Script => ({
  status,
  body: Buffer.from(JSON.stringify({ error: { code: status, message: 'no', status: 'X', details } })),
  framing: 'content-length',
})

async function admin(method: string, path: string) {
  const headers = { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' }
  const { status, text } = await gateway.ask(`/admin/v1${path}`, {
    method,
    headers,
    anonymous: true,
    body: '',
  })
  assert.equal(status, 200, text)
  assert.doesNotMatch(text, /upstream-key/)
  return JSON.parse(text)
}

const ask = (model: string) => gateway.ask(`/v1beta/models/${model}:generateContent`)

test('[NEV-12] [NEV-10] what failed again and again is shown as open, counted and told', async () => {
  await replay.script('broken', answering(500))
  for (let time = 0; time < 3; time++) await ask('broken')
  const sent = await replay.receivedCount()
  const { status, headers } = await ask('broken')
  const { upstreams } = await admin('GET', '/upstreams')
  const [up, gone] = upstreams
  assert.equal(up.host, new URL(replay.url).host)
  assert.deepEqual([gone.credentials, gone.health], [1, []])
  const [broken] = up.health
  assert.deepEqual([broken.model, broken.credential, broken.state], ['broken', 0, 'open'])
  const openMs = Date.parse(broken.until) - Date.now()
  assert.ok(openMs > 50 * 60_000 && openMs < 70 * 60_000, broken.until)
  const { text } = await gateway.ask('/metrics', { method: 'GET', anonymous: true })
  assert.match(text, /^wasat_upstream_targets\{upstream="up",state="open",.*\} 1$/m)
  assert.match(text, /^wasat_upstream_health_changes_total\{upstream="up",to="opened",.*\} 1$/m)
  await until('the line in the log', () => gateway.output().includes('failed again and again'))
  // The last target is asked now and then all the same; whoever is refused is told when to come back.
  assert.equal(
    status === 500 || (status === 503 && headers['retry-after'] !== undefined),
    true,
    String(status),
  )
  assert.ok((await replay.receivedCount()) - sent <= 1)
})

test('[NEV-12] [NEV-11] a limit is shown for the model that it was about, and others are served', async () => {
  const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3000s' }
  await replay.script('limited', answering(429, [retryInfo]))
  assert.equal((await ask('limited')).status, 429)
  assert.equal((await ask('gemini-2.5-flash')).status, 200)
  const { upstreams } = await admin('GET', '/upstreams')
  const states = upstreams[0].health.map(({ model, state, reason }: Record<string, string>) => [
    model,
    state,
    reason,
  ])
  assert.deepEqual(
    states.filter(([model]: string[]) => model !== 'broken'),
    [
      ['limited', 'parked', 'limited'],
      ['gemini-2.5-flash', 'ok', null],
    ],
  )
})

test('[NEV-12] a test of an upstream tells what answers from what does not', async () => {
  const good = await admin('POST', '/upstreams/up:test')
  assert.deepEqual(
    [good.ok, good.reachable, good.credentials],
    [true, true, { tried: 1, good: 1, refused: 0 }],
  )
  assert.ok(good.models > 0)
  const gone = await admin('POST', '/upstreams/gone:test')
  assert.deepEqual([gone.ok, gone.reachable, gone.failures[0].code], [false, false, 'upstream_unreachable'])
})
