/** A stream that does not end as its protocol says is an error to the client, never a clean end. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Script } from '../servers/replay-script.ts'
import { ARRAY, type Rig, SSE, startRig, UNARY } from './rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig('health: { failures: 1000 }')
})
after(() => rig.close())

const MODEL = 'gemini-2.5-flash'
const ASK = '{"contents":[{"parts":[{"text":"hi"}]}]}'
const event = (text: string, more = '') =>
  `data: {"candidates": [{"content": {"parts": [{"text": "${text}"}],"role": "model"}${more},"index": 0}],"usageMetadata": {"promptTokenCount": 3,"totalTokenCount": 5}}\r\n\r\n`
const sse = (body: string, rest: Partial<Script> = {}): Script => ({
  headers: [['content-type', 'text/event-stream']],
  body: Buffer.from(body),
  framing: 'chunked',
  ...rest,
})

const BROKEN: readonly [string, Script][] = [
  ['U33 reset after two events', sse(event('a') + event('b'), { ending: 'reset' })],
  ['U34 closed without the last chunk', sse(event('a') + event('b'), { ending: 'fin' })],
  ['U34 close-delimited and cut', sse(event('a') + event('b'), { framing: 'close' })],
  ['U35 no finish reason', sse(event('a') + event('b'))],
  ['U27 cut in the middle of an event', sse(`${event('a') + event('b')}data: {"candidates": [{"con`)],
  [
    'U31 an error as an event',
    sse(
      `${event('a') + event('b')}data: {"error": {"code": 503,"message": "overloaded","status": "UNAVAILABLE"}}\r\n\r\n`,
    ),
  ],
  [
    'U31 an error as bare JSON',
    sse(
      `${event('a') + event('b')}{\n  "error": {\n    "code": 499,\n    "message": "gone",\n    "status": "CANCELLED"\n  }\n}\n`,
    ),
  ],
]

for (const [name, script] of BROKEN) {
  test(`[WIRE-SSE-05] ${name}: the events so far, then an error that every client notices, then a cut`, async () => {
    await rig.replay.script(MODEL, script)
    const received = await rig.post(SSE, ASK)
    assert.equal(received.status, 200)
    assert.equal(received.complete, false, 'the connection must not end cleanly')
    const text = received.body.toString()
    assert.ok(text.startsWith(event('a') + event('b')), text)
    const tail = text.slice((event('a') + event('b')).length)
    const [line, bare] = [tail.slice(0, tail.indexOf('\r\n\r\n')), tail.slice(tail.indexOf('\r\n\r\n') + 4)]
    assert.match(line, /^data: \{"error":\{"code":503,/)
    assert.deepEqual(JSON.parse(bare), JSON.parse(line.slice(6)))
    assert.equal(JSON.parse(bare).error.status, 'UNAVAILABLE')
  })
}

const NEVER_BEGUN: readonly [string, Script, number][] = [
  [
    'U32 an error as the first event',
    sse('data: {"error": {"code": 503,"message": "overloaded","status": "UNAVAILABLE"}}\r\n\r\n'),
    503,
  ],
  ['U14 an empty stream', sse(''), 503],
  ['U25 an HTML page', { ...sse('<html>busy</html>'), headers: [['content-type', 'text/html']] }, 503],
  ['U33 reset before the first event', sse('', { ending: 'reset' }), 503],
]

for (const [name, script, status] of NEVER_BEGUN) {
  test(`[WIRE-SSE-06] ${name}: a real status and a JSON body`, async () => {
    await rig.replay.script(MODEL, script)
    const received = await rig.post(SSE, ASK)
    assert.equal(received.status, status)
    assert.match(String(received.headers['content-type']), /^application\/json/)
    assert.equal(JSON.parse(received.body.toString()).error.code, status)
  })
}

test('[WIRE-SSE-07] a blocked prompt is a whole stream', async () => {
  const body =
    'data: {"promptFeedback": {"blockReason": "SAFETY"},"usageMetadata": {"promptTokenCount": 4,"totalTokenCount": 4}}\r\n\r\n'
  await rig.replay.script(MODEL, sse(body))
  const received = await rig.post(SSE, ASK)
  assert.ok(received.complete)
  assert.equal(received.body.toString(), body)
})

test('[WIRE-ARRAY-02] a broken array stream gets the error as its last element, then a cut', async () => {
  const body = Buffer.from('[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}')
  await rig.replay.script(MODEL, { body, framing: 'chunked', ending: 'reset' })
  const received = await rig.post(ARRAY, ASK)
  assert.equal(received.complete, false)
  const elements = JSON.parse(received.body.toString())
  assert.equal(elements.length, 2)
  assert.equal(elements[1].error.status, 'UNAVAILABLE')
})

test('U27 a unary answer cut at any byte is a 503, never half an answer', async () => {
  const body = Buffer.from('{"candidates":[{"content":{"parts":[{"text":"é"}]},"finishReason":"STOP"}]}')
  for (let length = 0; length < body.length; length++) {
    await rig.replay.script(MODEL, { body: body.subarray(0, length), framing: 'chunked' })
    const received = await rig.post(UNARY, ASK)
    assert.equal(received.status, 503, `${length} bytes`)
  }
})

test('U48 an error object in a 200 is an error', async () => {
  await rig.replay.script(MODEL, {
    body: Buffer.from('{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}'),
    framing: 'content-length',
  })
  const received = await rig.post(UNARY, ASK)
  assert.equal(received.status, 429)
})

test('U41 candidates that are no list, or hold nothing, pass or fail, and never crash', async () => {
  for (const candidates of ['{}', '[null]', '"x"', '7']) {
    const body = Buffer.from(
      `{"candidates":${candidates},"usageMetadata":{"promptTokenCount":1,"totalTokenCount":1}}`,
    )
    await rig.replay.script(MODEL, { body, framing: 'content-length' })
    const received = await rig.post(UNARY, ASK)
    assert.equal(received.status, 200, candidates)
    assert.ok(received.body.equals(body))
    await rig.replay.script(MODEL, sse(`data: ${body}\r\n\r\n`))
    assert.equal((await rig.post(SSE, ASK)).complete, false, 'a stream without an end')
  }
})
