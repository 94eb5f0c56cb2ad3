/** The native way: what the upstream sent is what the client gets, and the other way round, to the byte. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Script } from '../servers/replay-script.ts'
import { ARRAY, type Rig, SSE, startRig, UNARY } from './rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.close())

/** Nothing here is what a parser would print again: spaces, orders, escapes, 64-bit integers, unknown members. */
const ODD =
  '{"candidates": [ {"content":{"parts":[{"text":"\\u00e9é🙂\\/"},{"hologram":{"depth":18446744073709551615}}],"role":"model"}' +
  ',"index":0%FINISH%}],"usageMetadata":{"promptTokenCount":9007199254740991,"totalTokenCount":9007199254740991},' +
  '"modelVersion":"gemini-2.5-flash","nobodyKnows":{"a":1.50,"b":-0,"c":1E5,"d":12345678901234567890}}'
const MIDDLE = ODD.replace('%FINISH%', '')
const LAST = ODD.replace('%FINISH%', ',"finishReason":"STOP"')

const JSON_HEADERS = [['content-type', 'application/json; charset=UTF-8']] as const
const SSE_HEADERS = [['content-type', 'text/event-stream']] as const

interface Form {
  readonly name: string
  readonly path: string
  readonly headers: Script['headers']
  readonly body: Buffer
  readonly framings: readonly Script['framing'][]
}

const FORMS: readonly Form[] = [
  {
    name: 'unary',
    path: UNARY,
    headers: JSON_HEADERS,
    body: Buffer.from(LAST),
    framings: ['content-length', 'chunked'],
  },
  {
    name: 'SSE, CRLF',
    path: SSE,
    headers: SSE_HEADERS,
    body: Buffer.from(`data: ${MIDDLE}\r\n\r\ndata: ${LAST}\r\n\r\n`),
    framings: ['chunked'],
  },
  {
    name: 'SSE, LF',
    path: SSE,
    headers: SSE_HEADERS,
    body: Buffer.from(`data: ${MIDDLE}\n\ndata: ${LAST}\n\n`),
    framings: ['chunked'],
  },
  {
    name: 'array',
    path: ARRAY,
    headers: JSON_HEADERS,
    body: Buffer.from(`[${MIDDLE}\n,\r\n${LAST}\n]\n`),
    framings: ['chunked'],
  },
]

const MODEL = 'gemini-2.5-flash'
const ASK = '{"contents":[{"parts":[{"text":"hi"}]}]}'

for (const form of FORMS) {
  for (const framing of form.framings) {
    test(`[NATIVE-ANSWER-01] ${form.name} answer bytes (${framing}), split at every position`, async () => {
      for (let at = 1; at < form.body.length; at++) {
        await rig.replay.script(MODEL, { headers: form.headers!, body: form.body, framing, splits: [at] })
        const received = await rig.post(form.path, ASK)
        assert.equal(received.status, 200, `split at ${at}: ${received.body}`)
        assert.ok(received.complete)
        assert.ok(received.body.equals(form.body), `split at ${at}`)
      }
    })
    test(`[NATIVE-ANSWER-01] ${form.name} answer bytes (${framing}), each byte alone`, async () => {
      await rig.replay.script(MODEL, {
        headers: form.headers!,
        body: form.body,
        framing,
        splits: 'every-byte',
      })
      const received = await rig.post(form.path, ASK)
      assert.ok(received.complete && received.body.equals(form.body))
    })
  }
}

const ASKS: readonly [string, string][] = [
  [
    '64-bit integers and odd numbers',
    '{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890,"m":1.0,"e":1E+2}}}]}]}',
  ],
  [
    'unknown fields, unknown parts, mixed spellings',
    '{ "contents" : [{"parts":[{"telepathy":{"x":[]}}]}],\r\n\t"system_instruction":{"parts":[{"text":"é\\u00e9🙂\\ud83d"}]},"foo":null}',
  ],
  ['a byte order mark', '\uFEFF{"contents":[{"parts":[{"text":"hi"}]}]}'],
  [
    '__proto__ and friends',
    '{"contents":[{"parts":[{"text":"x"}]}],"labels":{"__proto__":"1","then":"2","constructor":{}}}',
  ],
  [
    'NUL, non-characters, line separators, escapes of a terminal',
    '{"contents":[{"parts":[{"text":"\\u0000\\uffff\\u2028\\u001b[31m"}]}]}',
  ],
]

for (const [name, ask] of ASKS) {
  for (const path of [UNARY, SSE, ARRAY]) {
    test(`[NATIVE-REQUEST-01] request bytes arrive untouched: ${name} (${path.split(':')[1]})`, async () => {
      await rig.replay.reset()
      const received = await rig.post(path, ask)
      assert.equal(received.status, 200, received.body.toString())
      const [request] = await rig.replay.received()
      assert.deepEqual(request?.body, Buffer.from(ask))
    })
  }
}

test('[NATIVE-REQUEST-02] only the allowed headers travel on, with our credential and not the client’s', async () => {
  await rig.replay.reset()
  await rig.post(`${UNARY}?key=${rig.wasat.key}`, ASK, {
    cookie: 'session=1',
    'x-goog-api-client': 'google-genai-sdk/3.1.0 gl-node/v26',
    'x-forwarded-for': '1.2.3.4',
    'x-secret': 'no',
    authorization: `Bearer ${rig.wasat.key}`,
  })
  const head = (await rig.replay.received())[0]?.head.toString('latin1') ?? ''
  const names = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(':')[0]?.toLowerCase())
    .sort()
  assert.deepEqual(names, [
    'accept-encoding',
    'connection',
    'content-length',
    'content-type',
    'host',
    'x-goog-api-client',
    'x-goog-api-key',
    // Ours, against circles of gateways.
    'x-wasat-hop',
  ])
  assert.match(head, /^POST \/v1beta\/models\/gemini-2\.5-flash:generateContent HTTP\/1\.1/)
  assert.match(head, /x-goog-api-key: upstream-key/i)
  assert.ok(!head.includes(rig.wasat.key))
})

test('[NATIVE-ERROR-01] an error of the upstream passes with its status and every byte', async () => {
  const body = Buffer.from(
    '{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT","details":[{"n":12345678901234567890}]}}\n',
  )
  for (const [status, path] of [
    [400, UNARY],
    [404, SSE],
    [429, UNARY],
    [503, ARRAY],
  ] as const) {
    await rig.replay.script(MODEL, { status, headers: JSON_HEADERS, body, framing: 'content-length' })
    const received = await rig.post(path, ASK)
    assert.equal(received.status, status)
    assert.ok(received.body.equals(body))
  }
})

test('[NATIVE-ERROR-02] our own credential refused is our fault, and says nothing of the key', async () => {
  await rig.replay.reset()
  await rig.replay.keys(['another-key'])
  const received = await rig.post(UNARY, ASK)
  await rig.replay.reset()
  assert.equal(received.status, 503)
  assert.equal(JSON.parse(received.body.toString()).error.status, 'UNAVAILABLE')
  assert.ok(!received.body.includes('upstream-key'))
})

test('[NATIVE-REDIRECT-01] U15 a redirect is not followed, and no key leaves', async () => {
  const trap = await (await import('../servers/replay-client.ts')).startReplay()
  for (const status of [301, 302, 303, 307, 308]) {
    const headers = [['location', `${trap.url}${UNARY}`]] as const
    await rig.replay.script(MODEL, { status, headers, body: Buffer.alloc(0), framing: 'content-length' })
    assert.equal((await rig.post(UNARY, ASK)).status, 503)
  }
  assert.equal(await trap.receivedCount(), 0)
  await trap.close()
})
