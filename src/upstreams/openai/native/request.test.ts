import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CALLER, callOf } from '../../../nouns.fixture.ts'
import type { Call, WireFormat } from '../../../nouns.ts'
import { DEFAULT_FLAGS } from '../vendor.ts'
import { isSpoken, mayIgnoreLimit, nativeRequest, type StreamUsage } from './request.ts'
import { startNative } from './testing.fixture.ts'

/** All that parsing and printing would change. */
const ODD = `\ufeff{ "model" :\t"gpt-4o",\r\n "seed":12345678901234567890, "temperature": 1.0,
  "messages":[{"role":"user","content":"\\u0048i \\ud83d\\ude00 \\/ é"}],
  "x_own":{"model":"gpt-4o","a":1e400}, "x_twice":1, "x_twice":2 }\n`

const WHOLE = '{"id":"a","choices":[],"usage":null}'

describe('the request', () => {
  for (const [wire, path] of [
    ['openai-chat', '/v1/chat/completions'],
    ['openai-responses', '/v1/responses'],
    ['openai-embeddings', '/v1/embeddings'],
    ['openai-images', '/v1/images/generations'],
  ] as const) {
    test(`[ONW-REQUEST-01] ${wire} goes to its path, byte for byte`, async () => {
      const rig = await startNative()
      rig.play({ pieces: [WHOLE] })
      const { sent, wire: answered } = await rig.ask(wire, ODD)
      assert.equal(sent.path, path)
      assert.equal(sent.body, ODD)
      assert.equal(answered, wire)
    })
  }

  test('[ONW-REQUEST-02] the model’s name is replaced where it stands, and nothing else', async () => {
    const rig = await startNative()
    rig.play({ pieces: [WHOLE] })
    const { sent } = await rig.ask('openai-chat', ODD, { to: 'org/the "real" one' })
    assert.equal(sent.body, ODD.replace(':\t"gpt-4o"', ':\t"org/the \\"real\\" one"'))
  })

  test('[ONW-REQUEST-02] a name that is written otherwise is the same name', () => {
    const body = '{"model":"gpt\\u002d4o"}'
    assert.equal(bodyOf(body, { model: 'gpt-4o' }), body)
    assert.equal(bodyOf('{"model":"a","model":"b"}', { model: 'c' }), '{"model":"c","model":"c"}')
  })

  test('[ONW-REQUEST-03] only our credential and allowed headers go out', async () => {
    const rig = await startNative()
    rig.play({ pieces: [WHOLE] })
    const forwardHeaders = {
      'x-wasat-hop': '2',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
      'user-agent': 'OpenAI/Python 2.0',
      'x-goog-api-client': 'genai-js/3',
    }
    const { sent } = await rig.ask('openai-chat', '{"model":"gpt-4o"}', {
      forwardHeaders,
      credential: 'client',
    })
    const { host, connection, 'content-length': length, ...headers } = sent.headers
    assert.ok(host && connection && length)
    const { 'x-goog-api-client': _, ...forwarded } = forwardHeaders
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: 'Bearer the-secret-key',
      ...forwarded,
    })
  })

  test('[ONW-REQUEST-03] an api-key vendor gets its header, and a stream is asked for as one', async () => {
    const rig = await startNative({ vendor: 'azure' })
    rig.play({ pieces: ['data: [DONE]\n\n'] })
    const { sent } = await rig.ask('openai-chat', '{"model":"gpt-4o"}', { delivery: 'sse' })
    assert.deepEqual(
      [sent.headers['api-key'], sent.headers.authorization, sent.headers.accept],
      ['the-secret-key', undefined, 'text/event-stream'],
    )
  })
})

describe('what is spoken', () => {
  const spoken = (flags: Partial<typeof DEFAULT_FLAGS>) => {
    const wires: WireFormat[] = [
      'gemini',
      'openai-chat',
      'openai-responses',
      'openai-embeddings',
      'openai-images',
    ]
    return wires.filter((wire) => isSpoken(wire, { ...DEFAULT_FLAGS, ...flags }))
  }

  test('[ONW-REQUEST-04] what the vendor has is spoken, chat unless the operator rules it out', () => {
    assert.deepEqual(spoken({}), ['gemini', 'openai-chat', 'openai-embeddings', 'openai-images'])
    assert.ok(spoken({ isReasoning: true, hasResponses: true }).includes('openai-chat'))
    assert.deepEqual(spoken({ api: 'responses', hasEmbeddings: false }), [
      'gemini',
      'openai-responses',
      'openai-images',
    ])
  })

  test('[ONW-REQUEST-04] a call that goes as it is becomes one request', async () => {
    const native = await startNative()
    const facts = { ...callOf().facts, candidateCount: 3 }
    const max = (call: Partial<Call>) => native.upstream.requestsMax?.(callOf({ facts, ...call }))
    assert.equal(max({ wire: 'openai-chat' }), 1)
    assert.equal(max({ wire: 'gemini' }), 3)
    assert.equal(native.upstream.speaks?.('openai-responses', 'gpt-4o'), true)
    const other = await startNative({ vendor: 'generic', flags: { api: 'responses' } })
    assert.equal(other.upstream.speaks?.('openai-chat', 'm'), false)
    assert.equal(other.upstream.requestsMax?.(callOf({ wire: 'openai-chat', facts })), 3)
  })
})

test('[ONW-REQUEST-04] a server that knows one name for a limit may pass over the other', () => {
  const may = (body: string, flags: Partial<typeof DEFAULT_FLAGS> = {}, call: Partial<Call> = {}) =>
    mayIgnoreLimit(callOf({ wire: 'openai-chat', ...call, body: Buffer.from(body) }), {
      ...DEFAULT_FLAGS,
      ...flags,
    })
  assert.equal(may('{"model":"m","max_tokens":5}'), false)
  assert.equal(may('{"max_completion_tokens":5,"max_tokens":5}'), false)
  assert.equal(may('{"model":"m","max_completion_tokens":5}'), true)
  assert.equal(may('{"tools":[{"max_tokens":5}],"max_completion_tokens":5}'), true)
  assert.equal(may('{"max_completion_tokens":5}', { maxTokensField: 'max_completion_tokens' }), false)
  assert.equal(may('{"max_completion_tokens":5}', {}, { wire: 'gemini' }), false)
})

describe('usage that the client did not ask for', () => {
  const stream = { wire: 'openai-chat', delivery: 'sse' } as const
  const added = (body: string, asked: Partial<Asked> = {}) =>
    bodyOf(body, { call: stream, isBudgeted: true, ...asked })

  test('[ONW-USAGE-02] is asked for where a budget is enforced, in the bytes as they are', () => {
    const rest = '"model":"m", "n" :12345678901234567890 }'
    assert.equal(added(`{${rest}`), `{"stream_options":{"include_usage":true},${rest}`)
    assert.equal(
      added(`{ "stream_options": null,${rest}`),
      `{ "stream_options": {"include_usage":true},${rest}`,
    )
    assert.equal(
      added(`{"stream_options":{ "include_obfuscation":false},${rest}`),
      `{"stream_options":{"include_usage":true, "include_obfuscation":false},${rest}`,
    )
    assert.equal(
      added(`{"stream_options":{"include_usage": false},${rest}`),
      `{"stream_options":{"include_usage": true},${rest}`,
    )
    assert.equal(added(`{"stream_options":{ },${rest}`), `{"stream_options":{"include_usage":true },${rest}`)
  })

  test('[ONW-USAGE-02] is not asked for twice, nor where it is not the matter', () => {
    const asked = '{"model":"m","stream_options":{"include_usage":true}}'
    assert.equal(added(asked), asked)
    const wrong = '{"model":"m","stream_options":"yes"}'
    assert.equal(added(wrong), wrong)
    const plain = '{"model":"m"}'
    assert.equal(added(plain, { isBudgeted: false }), plain)
    assert.equal(added(plain, { streamUsage: 'never' }), plain)
    assert.equal(added(plain, { hasStreamOptions: false }), plain)
    assert.equal(added(plain, { call: { ...stream, delivery: 'unary' } }), plain)
    assert.equal(added(plain, { call: { ...stream, wire: 'openai-responses' } }), plain)
    assert.notEqual(added(plain, { isBudgeted: false, streamUsage: 'always' }), plain)
  })
})

interface Asked {
  readonly model: string
  readonly call: Partial<Call>
  readonly isBudgeted: boolean
  readonly hasStreamOptions: boolean
  readonly streamUsage: StreamUsage
}

function bodyOf(body: string, asked: Partial<Asked> = {}): string {
  const {
    model = 'm',
    call = {},
    isBudgeted = false,
    hasStreamOptions = true,
    streamUsage = 'budgeted',
  } = asked
  const request = nativeRequest(callOf({ wire: 'openai-chat', ...call, body: Buffer.from(body) }), {
    model,
    flags: { ...DEFAULT_FLAGS, hasStreamOptions },
    streamUsage,
    caller: { ...CALLER, isBudgeted },
  })
  return request.body.toString()
}
