/** The Gemini wire as the gateway itself speaks it: keys, JSON, errors and the framing of streams. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ARRAY,
  ASK,
  errorOf,
  type Gateway,
  type Received,
  SSE,
  SSE_HEADERS,
  sseEvent,
  startGateway,
  UNARY,
} from '../gateway/rig.ts'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import { CLIENT_KEY } from '../servers/wasat-process.ts'

let replay: Replay
let gateway: Gateway
before(async () => {
  replay = await startReplay()
  gateway = await startGateway({
    config: `
upstreams:
  sandbox: { kind: sandbox }
  replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] }
models:
  "gemini-*": { targets: [sandbox] }
  native: { targets: [{ upstream: replay, model: gemini-2.5-flash }] }
`,
  })
})
after(async () => {
  await gateway?.stop('SIGINT')
  await replay?.close()
})

const NATIVE = '/v1beta/models/native'
const ask = (body: object, path = UNARY) => gateway.ask(path, { body: JSON.stringify(body) })
const contents = [{ parts: [{ text: 'Why is the sky blue?' }] }]

const CARRIERS: readonly [string, string, Record<string, string>][] = [
  ['x-goog-api-key', '', { 'x-goog-api-key': CLIENT_KEY }],
  ['Authorization: Bearer', '', { authorization: `Bearer ${CLIENT_KEY}` }],
  ['?key=', `?key=${CLIENT_KEY}`, {}],
]

for (const [name, query, headers] of CARRIERS) {
  test(`[CARRIER-01] ${name} carries the key`, async () => {
    assert.equal((await gateway.ask(UNARY + query, { anonymous: true, headers })).status, 200)
    const stream = `${SSE}${query.replace('?', '&')}`
    assert.equal((await gateway.ask(stream, { anonymous: true, headers })).status, 200)
    assert.equal(
      (await gateway.ask(`/v1beta/models${query}`, { method: 'GET', anonymous: true, headers })).status,
      200,
    )
    const wrong = JSON.parse(JSON.stringify(headers).replaceAll(CLIENT_KEY, `${CLIENT_KEY}x`))
    const refused = await gateway.ask(UNARY + (query && `${query}x`), { anonymous: true, headers: wrong })
    assert.equal(refused.status, 400)
  })
}

test('[JSON-01] camelCase and snake_case are one language, also mixed', async () => {
  const camel = {
    contents,
    systemInstruction: { parts: [{ text: 'You are a cat.' }] },
    generationConfig: { maxOutputTokens: 12, thinkingConfig: { thinkingBudget: 0 } },
  }
  const mixed = {
    contents,
    system_instruction: { parts: [{ text: 'You are a cat.' }] },
    generation_config: { maxOutputTokens: 12, thinking_config: { thinkingBudget: 0 } },
  }
  const [one, other] = [JSON.parse((await ask(camel)).text), JSON.parse((await ask(mixed)).text)]
  assert.equal(one.candidates[0].finishReason, 'MAX_TOKENS')
  assert.deepEqual(other.candidates, one.candidates)
  assert.deepEqual(other.usageMetadata, one.usageMetadata)
})

const REFUSED: readonly [id: string, what: string, body: object, message: string | RegExp, field: string][] =
  [
    [
      '[JSON-03]',
      'an unknown field',
      { contents, foo: 1 },
      'Invalid JSON payload received. Unknown name "foo": Cannot find field.',
      '',
    ],
    [
      '[JSON-03]',
      'an unknown field inside',
      { contents, generationConfig: { foo: 1 } },
      `Invalid JSON payload received. Unknown name "foo" at 'generation_config': Cannot find field.`,
      'generation_config',
    ],
    [
      '[JSON-03]',
      'an unknown field in a list',
      { contents: [{ parts: [{ text: 'a', bar: 1 }] }] },
      `Invalid JSON payload received. Unknown name "bar" at 'contents[0].parts[0]': Cannot find field.`,
      'contents[0].parts[0]',
    ],
    [
      '[JSON-04]',
      'a text for a number',
      { contents, generationConfig: { temperature: 'abc' } },
      `Invalid value at 'generation_config.temperature' (TYPE_FLOAT), "abc"`,
      'generation_config.temperature',
    ],
    [
      '[JSON-04]',
      'a word that is no member of the enum',
      { contents, safetySettings: [{ category: 'X', threshold: 'BLOCK_NONE' }] },
      /^Invalid value at 'safety_settings\[0\]\.category' \(type\.googleapis\.com\/google\.ai\.generativelanguage\.v1beta\.HarmCategory\), "X"$/,
      'safety_settings[0].category',
    ],
    [
      '[JSON-04]',
      'an int32 out of range',
      { contents, generationConfig: { seed: 4294967295 } },
      `Invalid value at 'generation_config.seed' (TYPE_INT32), 4294967295`,
      'generation_config.seed',
    ],
    [
      '[ERR-CONTENTS-01]',
      'no contents',
      {},
      '* GenerateContentRequest.contents: contents is not specified\n',
      '',
    ],
  ]

for (const [id, what, body, message, field] of REFUSED) {
  test(`${id} ${what} is refused in Google's words`, async () => {
    const received = await ask(body)
    const error = errorOf(received) as ReturnType<typeof errorOf> & { details?: Record<string, unknown>[] }
    assert.deepEqual([received.status, error.code, error.status], [400, 400, 'INVALID_ARGUMENT'])
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    if (field === '') return
    assert.deepEqual(error.details?.[0]?.fieldViolations, [{ field, description: error.message }])
  })
}

test('[JSON-03] on the native way an unknown field is for the upstream to judge', async () => {
  const before = await replay.receivedCount()
  const body = { contents, foo: 1 }
  assert.equal((await ask(body, `${NATIVE}:generateContent`)).status, 200)
  const [received] = await replay.received(before)
  assert.equal(received?.body.toString(), JSON.stringify(body))
})

const FAILING: readonly [string, number, string, () => Promise<Received>][] = [
  ['a broken body', 400, 'INVALID_ARGUMENT', () => gateway.ask(UNARY, { body: '{' })],
  ['no key', 403, 'PERMISSION_DENIED', () => gateway.ask(UNARY, { anonymous: true })],
  [
    'a wrong key',
    400,
    'INVALID_ARGUMENT',
    () => gateway.ask(UNARY, { headers: { 'x-goog-api-key': 'wst_x_nobody-has-this' } }),
  ],
  ['an unknown model', 404, 'NOT_FOUND', () => ask({ contents }, '/v1/models/nowhere:generateContent')],
  ['an unknown verb', 404, 'NOT_FOUND', () => ask({ contents }, '/v1beta/models/gemini-2.5-flash:sing')],
  ['a wrong method', 405, 'INVALID_ARGUMENT', () => gateway.ask(UNARY, { method: 'PUT', body: ASK })],
  ['a stream that never begins', 400, 'INVALID_ARGUMENT', () => ask({}, SSE)],
  ['an array that never begins', 400, 'INVALID_ARGUMENT', () => ask({}, ARRAY)],
]

for (const [what, status, name, play] of FAILING) {
  test(`[ERR-SHAPE-01] ${what} is ${status} ${name}, in Google's shape`, async () => {
    const received = await play()
    assert.equal(received.status, status, received.text)
    assert.match(String(received.headers['content-type']), /^application\/json/)
    const { code, message, status: told } = errorOf(received)
    assert.deepEqual([code, told], [status, name])
    assert.ok(message.length > 0)
    assert.match(String(received.headers['x-request-id']), /^[\w-]{16,64}$/)
  })
}

for (const path of ['/nothing', '/v1beta', '/v1beta/nothing', '/v9/models', '/v1beta/models/']) {
  test(`[ERR-ROUTE-01] ${path} is no route`, async () => {
    const received = await gateway.ask(path, { method: 'GET' })
    assert.equal(received.status, 404)
    assert.equal(errorOf(received).status, 'NOT_FOUND')
  })
}

test('[WIRE-SSE-01] a stream that we write is data:, one line of JSON, a blank line, and nothing else', async () => {
  const { text, complete } = await ask({ contents }, SSE)
  assert.ok(complete)
  assert.match(text, /^(?:data: \{[^\r\n]*\}(?:\r\n\r\n|\n\n)){2,}$/)
  const events = text
    .trimEnd()
    .split(/\r?\n\r?\n/)
    .map((event) => JSON.parse(event.slice('data: '.length)))
  assert.deepEqual(
    events.map((event) => event.candidates[0].finishReason),
    [...events.slice(1).map(() => undefined), 'STOP'],
  )
})

test('[WIRE-SSE-02] events leave when they come, as text/event-stream and unzipped', async () => {
  const [first, last] = [
    sseEvent({ text: 'first', total: 4 }),
    sseEvent({ text: 'last', total: 9, finish: 'STOP' }),
  ]
  await replay.script('gemini-2.5-flash', {
    headers: SSE_HEADERS,
    body: Buffer.from(first + last),
    framing: 'chunked',
    splits: [first.length],
    delayBetweenMs: 300,
    times: 1,
  })
  const answer = await gateway.open(`${NATIVE}:streamGenerateContent?alt=sse`, {
    headers: { 'accept-encoding': 'gzip, br' },
  })
  assert.match(String(answer.response.headers['content-type']), /^text\/event-stream/)
  assert.equal(answer.response.headers['content-encoding'], undefined)
  await answer.seen((text) => text.includes('first'))
  assert.equal(answer.text(), first, 'the first event is there, and the last is not made yet')
  assert.equal((await answer.over).text, first + last)
})

test('[WIRE-ARRAY-01] without alt=sse the same stream is one JSON array', async () => {
  const stream = await ask({ contents }, SSE)
  const array = await ask({ contents }, ARRAY)
  assert.match(String(array.headers['content-type']), /^application\/json/)
  const elements = JSON.parse(array.text)
  const events = stream.text
    .trimEnd()
    .split(/\r?\n\r?\n/)
    .map((event) => JSON.parse(event.slice('data: '.length)))
  const plain = (list: { createTime?: string }[]) => list.map((item) => ({ ...item, createTime: undefined }))
  assert.ok(elements.length >= 2)
  assert.deepEqual(plain(elements), plain(events))
})

test('[COUNT-01] countTokens counts what generateContent charges, in both of its forms', async () => {
  const path = UNARY.replace('generateContent', 'countTokens')
  const request = { contents, systemInstruction: { parts: [{ text: 'You are a cat.' }] } }
  const charged = JSON.parse((await ask(request)).text).usageMetadata.promptTokenCount
  const whole = await ask({ generateContentRequest: { model: 'models/gemini-2.5-flash', ...request } }, path)
  assert.equal(JSON.parse(whole.text).totalTokens, charged)
  const bare = JSON.parse((await ask({ contents }, path)).text).totalTokens
  assert.ok(bare > 0 && bare < charged, `${bare} of ${charged}`)
})

test('[EMBED-01] one vector a text, in the order of the texts, however they are asked', async () => {
  const model = 'models/gemini-embedding-001'
  const items = ['a', 'b', 'c'].map((text) => ({
    model,
    content: { parts: [{ text }] },
    outputDimensionality: 64,
  }))
  const batch = await ask({ requests: items }, `/v1beta/${model}:batchEmbedContents`)
  const { embeddings } = JSON.parse(batch.text)
  assert.equal(embeddings.length, 3)
  for (const [index, item] of items.entries()) {
    const single = JSON.parse((await ask(item, `/v1beta/${model}:embedContent`)).text)
    assert.deepEqual(single.embedding, embeddings[index])
  }
  assert.notDeepEqual(embeddings[0], embeddings[1])
})
