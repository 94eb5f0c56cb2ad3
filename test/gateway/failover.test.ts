/** A failing upstream is routed around before the first byte, within three attempts, and never after the client left. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import type { Script } from '../servers/replay-script.ts'
import { errorOf, type Gateway, SSE_HEADERS, sseEvent, startGateway, until } from './rig.ts'

const FIRST_BYTE_MS = 400
const REQUESTS_AT_ONCE = 8

let first: Replay
let second: Replay
let gateway: Gateway

before(async () => {
  ;[first, second] = await Promise.all([startReplay(), startReplay()])
  const timeouts = `timeouts: { firstByte: ${FIRST_BYTE_MS}ms, streamFirstByte: ${FIRST_BYTE_MS}ms }`
  const upstream = (url: string, keys: string) =>
    `{ kind: gemini, baseUrl: "${url}", keys: [${keys}], ${timeouts} }`
  gateway = await startGateway({
    config: `
upstreams:
  first: ${upstream(first.url, '"upstream-key"')}
  second: ${upstream(second.url, '"upstream-key"')}
  other: ${upstream(first.url, '"upstream-key"')}
  closed: ${upstream('http://127.0.0.1:1', '"upstream-key"')}
  three-keys: ${upstream(first.url, '"key-a", "key-b", "key-c"')}
  two-keys: ${upstream(first.url, '"key-a", "key-b"')}
  five-keys: ${upstream(first.url, '"key-1", "key-2", "key-3", "key-4", "key-5"')}
models:
  "both-*": { targets: [first, second] }
  "other-*": { targets: [other, second] }
  "down-*": { targets: [closed, second] }
  "worse-*": { targets: [first, closed] }
  "only-*": { targets: [first] }
  "turns-*": { targets: [three-keys] }
  "pair-*": { targets: [two-keys] }
  "many-*": { targets: [five-keys] }
  "chain-*": { targets: [closed, first, { upstream: first, model: chain-x }, second] }
`,
  })
})
beforeEach(() => Promise.all([first.reset(), second.reset()]))
after(async () => {
  await gateway.stop('SIGINT')
  await Promise.all([first.close(), second.close()])
})

const json = (value: object) => Buffer.from(JSON.stringify(value))
const failing = (status: number, rest: Partial<Script> = {}): Script => ({
  status,
  body: json({
    error: { code: status, message: `upstream says ${status}`, status: 'X', details: [{ n: 1 }] },
  }),
  framing: 'content-length',
  ...rest,
})
const silent: Script = { body: Buffer.from('{}'), framing: 'content-length', delayBeforeMs: 5_000 }
const brokenStream: Script = {
  headers: SSE_HEADERS,
  body: Buffer.from(sseEvent({ text: 'begun' })),
  framing: 'chunked',
  ending: 'reset',
}
const inStream = (body: string): Script => ({
  headers: SSE_HEADERS,
  body: Buffer.from(body),
  framing: 'chunked',
})

const FAILURES: readonly [string, Script][] = [
  ['U23 says 500', failing(500)],
  ['U23 says 503', failing(503)],
  ['U23 says 529', failing(529)],
  ['U19 says 429', failing(429)],
  ['U17 refuses our credential', failing(401)],
  ['U05 is silent until the first-byte timeout', silent],
  [
    'U25 answers with a web page',
    { headers: [['content-type', 'text/html']], body: Buffer.from('<html>'), framing: 'content-length' },
  ],
  ['U14 answers with nothing', { body: Buffer.alloc(0), framing: 'content-length' }],
  ['U27 sends half an answer', { body: Buffer.from('{"candidates":'), framing: 'content-length' }],
  [
    'U06 resets the connection',
    { body: Buffer.alloc(0), framing: 'content-length', declaredBytes: 9, ending: 'reset' },
  ],
  [
    'U48 wraps an error in a 200',
    { body: json({ error: { code: 503, message: 'no', status: 'UNAVAILABLE' } }), framing: 'content-length' },
  ],
]

// A model for each: what failed or is limited is left alone for a while.
for (const [at, [name, script]] of FAILURES.entries()) {
  // A refused credential is left alone for all models.
  const model = `${name.startsWith('U17') ? 'other' : 'both'}-${at + 1}`
  test(`[FAILOVER-01] the second upstream answers when the first ${name}`, async () => {
    await first.script(model, script)
    const received = await gateway.ask(`/v1beta/models/${model}:generateContent`)
    assert.equal(received.status, 200, received.text)
    assert.match(received.text, /replayed answer/)
    assert.equal(received.headers['x-wasat-attempts'], '2')
    assert.equal(received.headers['x-wasat-upstream'], `second/${model}`)
  })
}

const STREAM_FAILURES: readonly [string, Script][] = [
  ['U05 is silent', silent],
  ['U14 is empty', inStream('')],
  [
    'U32 begins with an error',
    inStream('data: {"error":{"code":503,"message":"no","status":"UNAVAILABLE"}}\r\n\r\n'),
  ],
  ['U23 is a 503', failing(503)],
]

for (const [at, [name, script]] of STREAM_FAILURES.entries()) {
  const model = `both-stream-${at + 1}`
  test(`[FAILOVER-01] the second upstream streams when the stream of the first ${name}`, async () => {
    await first.script(model, script)
    const received = await gateway.ask(`/v1beta/models/${model}:streamGenerateContent?alt=sse`)
    assert.deepEqual(
      [received.status, received.headers['x-wasat-upstream']],
      [200, `second/${model}`],
      received.text,
    )
    assert.match(received.text, /"finishReason": "STOP"/)
  })
}

test('[FAILOVER-01] U01 the second upstream answers when nobody listens at the first', async () => {
  const received = await gateway.ask('/v1beta/models/down-1:generateContent')
  assert.deepEqual(
    [received.status, received.headers['x-wasat-upstream'], received.headers['x-wasat-attempts']],
    [200, 'second/down-1', '2'],
  )
})

test('[FAILOVER-02] U16 an error that is the request’s own fault is nobody else’s to answer', async () => {
  for (const status of [400, 404, 403]) {
    await first.script('both-1', failing(status))
    const received = await gateway.ask('/v1beta/models/both-1:generateContent')
    assert.equal(received.status, status)
  }
  assert.equal(await second.receivedCount(), 0)
})

test('[FAILOVER-02] U33 after the first byte nobody else is asked', async () => {
  await first.script('both-1', brokenStream)
  const received = await gateway.ask('/v1beta/models/both-1:streamGenerateContent?alt=sse')
  assert.deepEqual([received.status, received.complete], [200, false])
  assert.match(received.text, /begun[\s\S]*"error"/)
  assert.equal(await second.receivedCount(), 0)
})

test('[FAILOVER-03] the error of the only upstream passes with every byte, and its hint when to come again', async () => {
  const script = failing(429, {
    headers: [
      ['content-type', 'application/json'],
      // Longer than anybody is made to wait within a request.
      ['retry-after', '70'],
    ],
  })
  await first.script('only-1', script)
  const received = await gateway.ask('/v1beta/models/only-1:generateContent')
  assert.deepEqual([received.status, received.text], [429, script.body.toString()])
  assert.equal(received.headers['retry-after'], '70')
  assert.equal(received.headers['x-wasat-attempts'], '1')
  assert.equal(await first.receivedCount(), 1)
})

test('[FAILOVER-03] an upstream’s own error is a better answer than another one’s silence', async () => {
  const script = failing(429)
  await first.script('worse-1', script)
  const received = await gateway.ask('/v1beta/models/worse-1:generateContent')
  assert.deepEqual([received.status, received.text], [429, script.body.toString()])
  assert.equal(received.headers['x-wasat-upstream'], 'first/worse-1')
  assert.equal(received.headers['x-wasat-attempts'], '3')
})

test('[FAILOVER-04] several keys take turns', async () => {
  await first.keys(['key-a', 'key-b', 'key-c'])
  for (let asked = 0; asked < 6; asked++)
    assert.equal((await gateway.ask('/v1beta/models/turns-1:generateContent')).status, 200)
  const used = (await first.received()).map(keyOf)
  assert.deepEqual([...new Set(used)].sort(), ['key-a', 'key-b', 'key-c'])
  assert.deepEqual(used.slice(0, 3), used.slice(3))
})

test('[FAILOVER-04] U45 a key that is refused gives its place to the next one', async () => {
  await first.keys(['key-b'])
  for (let asked = 0; asked < 4; asked++)
    assert.equal((await gateway.ask('/v1beta/models/pair-1:generateContent')).status, 200)
})

test('[FAILOVER-04] U45 the same with many requests at once', async () => {
  await first.keys(['key-b'])
  const asking = Array.from({ length: REQUESTS_AT_ONCE }, () =>
    gateway.ask('/v1beta/models/pair-1:generateContent'),
  )
  const statuses = (await Promise.all(asking)).map(({ status }) => status)
  assert.deepEqual(statuses, Array(REQUESTS_AT_ONCE).fill(200))
})

test('[FAILOVER-05] U20 never more than three attempts, over keys and over targets', async () => {
  await first.keys([])
  const received = await gateway.ask('/v1beta/models/many-1:generateContent')
  assert.deepEqual([received.status, errorOf(received).status], [503, 'UNAVAILABLE'])
  assert.equal(await first.receivedCount(), 3)

  await first.reset()
  await first.script('chain-1', failing(503))
  await first.script('chain-x', failing(503))
  assert.equal((await gateway.ask('/v1beta/models/chain-1:generateContent')).status, 503)
  assert.deepEqual([await first.receivedCount(), await second.receivedCount()], [2, 0])
})

test('[FAILOVER-05] nothing is tried again once the client is gone', async () => {
  await first.script('both-gone', failing(503, { delayBeforeMs: 200 }))
  const request = gateway.send('/v1beta/models/both-gone:generateContent').on('error', () => undefined)
  await until('the first upstream was asked', async () => (await first.receivedCount()) === 1)
  request.destroy()
  await until('the request was logged', () => gateway.output().includes('"model":"both-gone"'))
  assert.equal(await second.receivedCount(), 0)
})

function keyOf({ head }: { head: Buffer }): string {
  return /^x-goog-api-key: (.*)$/im.exec(head.toString('latin1'))?.[1]?.trim() ?? ''
}
