import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { CALLER, callOf, fails, targetOf } from '../../nouns.fixture.ts'
import type { Answer, Call, Chunk, Upstream } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { MODEL, NO_LIBRARY, seals } from './testing.fixture.ts'
import { createAnthropicUpstream } from './upstream.ts'

const KEY = 'sk-ant-secret'
const TIMEOUTS = {
  connect: 1_000,
  firstByte: 5_000,
  streamFirstByte: 5_000,
  streamIdle: 5_000,
  streamTotal: 5_000,
}
const REQUEST = { contents: [{ parts: [{ text: 'Hi' }] }] }
const USAGE = { input_tokens: 3, output_tokens: 2 }
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: MODEL,
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  usage: USAGE,
}
const EVENTS = [
  { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
]

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

interface Reply {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: string
  /** Whether the connection breaks behind it. */
  readonly isBroken?: boolean
}

const json = (body: unknown, status = 200, headers = {}): Reply => ({
  status,
  headers,
  body: JSON.stringify(body),
})
const sse = (events: readonly { type: string }[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

async function stage(
  context: TestContext,
  ...replies: Reply[]
): Promise<{ upstream: Upstream; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { method, url, headers } = request
    asked.push({ method, url, headers, body: Buffer.concat(pieces).toString() })
    const { status = 200, headers: told = {}, body, isBroken } = replies.shift() as Reply
    response.writeHead(status, { 'content-type': 'application/json', ...told })
    if (!isBroken) response.end(body)
    else response.write(body, () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream = createAnthropicUpstream({
    name: 'claude',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/v1`,
    keys: [KEY],
    timeouts: TIMEOUTS,
    connectionsMax: 4,
    library: NO_LIBRARY,
    seals,
  })
  context.after(async () => {
    await upstream.destroy()
    server.close()
  })
  return { upstream, asked }
}

const ask = (upstream: Upstream, rest: Partial<Call> = {}, request: object = REQUEST): Promise<Answer> =>
  upstream.send(
    callOf({ model: MODEL, body: Buffer.from(JSON.stringify(request)), ...rest }),
    targetOf(upstream, MODEL),
    CALLER,
  )

const STREAM = { verb: 'streamGenerateContent', delivery: 'sse' } as const

/** Rejects with what the source fails with. */
function chunksOf(answer: Answer): Promise<GenerateContentResponse[]> {
  const chunks: Chunk[] = []
  return new Promise((resolve, reject) => {
    answer.source.start({
      weigh: () => 0,
      chunk: (chunk) => void chunks.push(chunk),
      fail: reject,
      end: (last) => resolve([...chunks, ...(last ? [last] : [])].map(responseOf)),
    })
  })
}

function responseOf(chunk: Chunk): GenerateContentResponse {
  return chunk.response ?? JSON.parse(String(chunk.bytes))
}

test('[TRN-01] a request goes where it belongs, with the credential and the version', async (context) => {
  const { upstream, asked } = await stage(context, json(MESSAGE))
  const [response] = await chunksOf(await ask(upstream))
  assert.deepEqual(response?.candidates?.[0]?.content?.parts, [{ text: 'Hello' }])
  const [{ method, url, headers, body }] = asked as [Asked]
  assert.deepEqual([method, url], ['POST', '/base/v1/messages'])
  assert.equal(headers['x-api-key'], KEY)
  assert.equal(headers['anthropic-version'], '2023-06-01')
  assert.equal(headers['anthropic-beta'], undefined)
  assert.equal(JSON.parse(body).messages.length, 1)
})

test('[TRN-13] a stream is given on delta by delta, and ends with reason and usage', async (context) => {
  const { upstream, asked } = await stage(context, { body: sse(EVENTS) })
  const answer = await ask(upstream, STREAM)
  const chunks = await chunksOf(answer)
  const texts = chunks.map(({ candidates }) => candidates?.[0]?.content?.parts?.[0]?.text ?? '')
  assert.equal(texts.join(''), 'Hello')
  assert.ok(chunks.length >= 2)
  assert.equal(chunks.at(-1)?.candidates?.[0]?.finishReason, 'STOP')
  assert.equal(chunks.at(-1)?.usageMetadata?.totalTokenCount, 5)
  assert.equal(answer.reading().usage?.candidatesTokenCount, 2)
  assert.equal(JSON.parse(asked[0]?.body ?? '').stream, true)
})

test('[TRN-17] a stream that breaks, ends early or tells of an error fails', async (context) => {
  const begun = EVENTS.slice(0, 5)
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  const replies = [
    { body: sse(begun), isBroken: true },
    { body: sse(begun) },
    { body: sse([...begun, error]) },
  ]
  const { upstream } = await stage(context, ...replies)
  for (const _ of replies) {
    await assert.rejects(chunksOf(await ask(upstream, STREAM)), fails('upstream_broken'))
  }
})

test('[TRN-15] an error comes in the shape of Google, with when to retry; one of the credential does not', async (context) => {
  const limited = { type: 'error', error: { type: 'rate_limit_error', message: `Slow down, ${KEY}.` } }
  const refused = { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }
  const { upstream } = await stage(context, json(limited, 429, { 'retry-after': '7' }), json(refused, 401))
  const answer = await ask(upstream)
  const [body] = (await chunksOf(answer)) as unknown as [{ error: { status: string; message: string } }]
  assert.equal(answer.status, 429)
  assert.equal(body.error.status, 'RESOURCE_EXHAUSTED')
  assert.match(body.error.message, /Slow down/)
  assert.doesNotMatch(JSON.stringify(body), new RegExp(KEY))
  assert.equal(answer.headers['retry-after'], '7')
  await assert.rejects(ask(upstream), fails('upstream_refused_credential'))
})

test('[CNT-01] tokens are counted by the target', async (context) => {
  const { upstream, asked } = await stage(context, json({ input_tokens: 42 }))
  const [count] = await chunksOf(await ask(upstream, { verb: 'countTokens' }))
  assert.equal((count as { totalTokens?: number }).totalTokens, 42)
  assert.equal(asked[0]?.url, '/base/v1/messages/count_tokens')
})

test('[RPT-02] in strict mode nothing is sent that would not be carried exactly', async (context) => {
  const { upstream, asked } = await stage(context)
  const request = { ...REQUEST, generationConfig: { temperature: 0.2, seed: 1 } }
  await assert.rejects(ask(upstream, { isStrict: true }, request), fails('untranslatable', /temperature/))
  assert.equal(asked.length, 0)
})

test('[EMB-11] there are no vectors', async (context) => {
  const { upstream } = await stage(context)
  const request = { content: { parts: [{ text: 'Hi' }] } }
  await assert.rejects(ask(upstream, { verb: 'embedContent' }, request), fails('not_found'))
})

test('models are listed page by page, with what is known of them', async (context) => {
  const { upstream, asked } = await stage(
    context,
    json({
      data: [
        { id: 'claude-haiku-4-5', display_name: 'Haiku', max_input_tokens: 200_000, max_tokens: 64_000 },
      ],
      has_more: true,
      last_id: 'claude-haiku-4-5',
    }),
    json({ data: [{ id: 'claude-opus-5-5' }], has_more: false }),
    json({ type: 'error', error: { type: 'authentication_error', message: 'no' } }, 401),
  )
  const models = await upstream.listModels()
  assert.deepEqual(
    models.map(({ name, outputTokenLimit, maxTemperature }) => [name, outputTokenLimit, maxTemperature]),
    [
      ['models/claude-haiku-4-5', 64_000, 1],
      ['models/claude-opus-5-5', 128_000, undefined],
    ],
  )
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['/base/v1/models?limit=1000', '/base/v1/models?limit=1000&after_id=claude-haiku-4-5'],
  )
  await assert.rejects(upstream.listModels(), fails('upstream_refused_credential'))
})

test('[NEV-30] U19 a limit says when to come back, in the header, in the body, and to us', async (context) => {
  const error = { type: 'error', error: { type: 'rate_limit_error', message: 'Slow.' } }
  const { upstream } = await stage(context, json(error, 429, { 'retry-after': '2' }), json(error, 529))
  const limited = await ask(upstream)
  assert.deepEqual([limited.status, limited.retryable], [429, true])
  assert.deepEqual(limited.hint, { afterMs: 2_000, scope: undefined, isDaily: false })
  assert.equal(limited.headers['retry-after'], '2')
  const silent = await ask(upstream)
  assert.deepEqual(silent.hint, { afterMs: undefined, scope: undefined, isDaily: false })
  assert.deepEqual(silent.headers, {})
  limited.source.cancel()
  silent.source.cancel()
})

test('[NEV-31] U26 one whole message in the place of events is one chunk', async (context) => {
  const { upstream } = await stage(context, json(MESSAGE))
  const chunks = await chunksOf(await ask(upstream, STREAM))
  assert.equal(chunks.length, 1)
  assert.deepEqual(chunks[0]?.candidates?.[0]?.content?.parts, [{ text: 'Hello' }])
})

test('[NEV-31] U48 U32 an error in a 200, whole or as the first event, is no answer', async (context) => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  const limit = { type: 'error', error: { type: 'rate_limit_error', message: 'Slow.' } }
  const events = (...list: readonly { type: string }[]) => ({
    body: sse(list),
    headers: { 'content-type': 'text/event-stream' },
  })
  const start = EVENTS.slice(0, 3) as { type: string }[]
  const replies = [json(error), json(error), events(error), events(...start, limit)]
  const { upstream } = await stage(context, ...replies)
  await assert.rejects(ask(upstream), fails('upstream_unavailable'))
  await assert.rejects(ask(upstream, STREAM), fails('upstream_unavailable'))
  for (const status of [503, 429]) {
    const refused = await ask(upstream, STREAM)
    assert.deepEqual([refused.status, refused.retryable], [status, true])
    refused.source.cancel()
  }
})

test('[NEV-31] U14 a message without content may be bettered by another, and passes as it is', async (context) => {
  const { upstream } = await stage(context, json({ ...MESSAGE, content: [] }), json(MESSAGE))
  const empty = await ask(upstream)
  assert.deepEqual([empty.status, empty.retryable], [200, true])
  const [chunk] = await chunksOf(empty)
  assert.equal(chunk?.candidates?.[0]?.finishReason, 'STOP')
  assert.equal((await ask(upstream)).retryable, false)
})
