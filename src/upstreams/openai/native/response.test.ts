import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WireFormat } from '../../../nouns.ts'
import { cut, startNative } from './testing.fixture.ts'

const ASKED = '{"model":"gpt-4o"}'
const rig = await startNative()

async function hear(wire: WireFormat, body: string | readonly Buffer[], isBroken = false) {
  const pieces = typeof body === 'string' ? [body] : body
  rig.play({ pieces, isBroken, headers: { 'openai-processing-ms': '12', 'x-request-id': 'theirs' } })
  return rig.ask(wire, ASKED)
}

const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 9,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 5 },
  completion_tokens_details: { reasoning_tokens: 4 },
}
const completion = (message: object, rest: object = { usage: USAGE }) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    model: 'gpt-4o-2024',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    ...rest,
  })

describe('a chat completion', () => {
  const odd = ` {"x":1,"x":2, "created" : 12345678901234567890,\r\n"model":"gpt-4o-2024",
  "choices":[{"message":{"content":"\\u0048\\ud83d\\ude00 é"},"finish_reason":"length"}],"usage":{"prompt_tokens":1.0,"completion_tokens":2}}\n `

  test('[ONW-ANSWER-01] passes byte for byte, however it is cut', async () => {
    for (const bytes of [1, 50, 10_000]) {
      const { text, wire, status, reading } = await hear('openai-chat', cut(odd, bytes))
      assert.deepEqual([text, wire, status], [odd, 'openai-chat', 200])
      assert.deepEqual(reading.usage, { promptTokenCount: 1, candidatesTokenCount: 2 })
      assert.deepEqual([reading.finishReason, reading.modelVersion], ['MAX_TOKENS', 'gpt-4o-2024'])
    }
  })

  test('[ONW-ANSWER-01] shows few of the upstream’s headers', async () => {
    const { headers } = await hear('openai-chat', completion({ content: 'hi' }))
    assert.deepEqual(headers, { 'content-type': 'application/json', 'openai-processing-ms': '12' })
  })

  test('[ONW-ANSWER-01] of megabytes passes while it is read', async () => {
    const body = completion({
      content: 'a'.repeat(900_000),
      audio: { data: 'B'.repeat(400_000), format: 'wav' },
    })
    const { text, reading, lastBytes } = await hear('openai-chat', cut(body, 60_000))
    assert.ok(text === body)
    assert.ok(lastBytes < 200_000)
    assert.equal(reading.media?.bytes, 400_000)
    assert.equal(reading.finishReason, 'STOP')
    assert.equal((reading.usage as { thoughtsTokenCount: number }).thoughtsTokenCount, 4)
  })

  test('[ONW-USAGE-01] tells its usage by class', async () => {
    const { reading } = await hear('openai-chat', completion({ content: 'hi' }))
    assert.deepEqual(reading.usage, {
      promptTokenCount: 20,
      cachedContentTokenCount: 5,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 4,
    })
  })

  test('[ONW-USAGE-03] without usage is estimated from what was written', async () => {
    const call = { type: 'function', function: { name: 'find', arguments: '{"a":1}' } }
    const images = [{ image_url: { url: 'data:image/png;base64,AAAA' } }]
    const message = { content: 'héllo', reasoning: 'hm', tool_calls: [call], images }
    const { reading } = await hear('openai-chat', completion(message, {}))
    assert.equal(reading.usage, undefined)
    assert.equal(reading.textBytes, 6 + 2 + 4 + 7)
    assert.equal(reading.media?.tokens, 1_290)
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'abc' }] },
      { type: 'text', text: 'de' },
    ]
    assert.equal((await hear('openai-chat', completion({ content: parts }, {}))).reading.textBytes, 5)
  })

  test('[ONW-ANSWER-02] that is none is an error', async () => {
    for (const body of ['', '{"id":', '[]', '"a"', '<html>'])
      assert.equal((await hear('openai-chat', body)).error?.code, 'upstream_unavailable', body)
    const gaveUp = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'abort' }] })
    assert.equal((await hear('openai-chat', gaveUp)).status, 500)
    const whole = completion({ content: 'hi' })
    assert.equal((await hear('openai-chat', cut(whole.slice(0, -9), 40))).error?.code, 'upstream_unavailable')
    assert.equal((await hear('openai-chat', [Buffer.from(whole)], true)).error?.code, 'upstream_unavailable')
    const large = completion({ content: 'a'.repeat(900_000) })
    for (const body of [large.slice(0, -9), `${large}x`])
      assert.equal((await hear('openai-chat', cut(body, 60_000))).error?.code, 'upstream_broken')
  })

  test('[ONW-ERROR-01] that is an error is one, with the status that it names', async () => {
    const body = '{"error" : {"message":"slow","code":429,"metadata":{"raw":12345678901234567890}}}'
    const { status, text, retryable, headers } = await hear('openai-chat', body)
    assert.deepEqual([status, text, retryable], [429, body, true])
    assert.equal(headers['content-type'], 'application/json')
    const own = await hear('openai-chat', '{"error":{"message":"no","code":"invalid_api_key","type":"401"}}')
    assert.equal(own.error?.code, 'upstream_refused_credential')
    assert.equal((await hear('openai-chat', '{"error":"model crashed"}')).status, 500)
  })
})

describe('other answers', () => {
  test('[ONW-ANSWER-01] a response passes, and tells its usage', async () => {
    const response = {
      status: 'incomplete',
      error: null,
      incomplete_details: { reason: 'content_filter' },
      model: 'gpt-5',
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'ab' }] },
        { type: 'message', content: [{ type: 'output_text', text: 'cde' }] },
        { type: 'image_generation_call', result: 'AAAA' },
      ],
    }
    const body = JSON.stringify({ ...response, usage: { input_tokens: 3, output_tokens: 4 } })
    const { text, reading, wire } = await hear('openai-responses', body)
    assert.deepEqual([text, wire, reading.finishReason], [body, 'openai-responses', 'SAFETY'])
    assert.deepEqual(reading.usage, { promptTokenCount: 3, candidatesTokenCount: 4, thoughtsTokenCount: 0 })
    const bare = await hear('openai-responses', JSON.stringify(response))
    assert.deepEqual([bare.reading.textBytes, bare.reading.media?.tokens], [5, 1_290])
    const failed = JSON.stringify({ ...response, error: { code: 'server_error', message: 'no' } })
    const refused = await hear('openai-responses', failed)
    assert.deepEqual([refused.status, refused.text, refused.retryable], [500, failed, true])
  })

  test('[ONW-ANSWER-01] a response that is not over has no end yet', async () => {
    const { error, reading } = await hear('openai-responses', '{"status":"queued","output":[]}')
    assert.deepEqual([error, reading.finishReason, reading.begun], [undefined, undefined, true])
  })

  test('[ONW-ANSWER-01] vectors pass, few and many', async () => {
    const vector = {
      object: 'embedding',
      index: 0,
      embedding: Array.from({ length: 1_500 }, () => -0.0123456),
    }
    for (const count of [1, 40]) {
      const data = Array.from({ length: count }, () => vector)
      const body = JSON.stringify({ data, model: 'e', usage: { prompt_tokens: 8, total_tokens: 8 } })
      const { text, reading, error } = await hear('openai-embeddings', cut(body, 50_000))
      assert.deepEqual([error, text === body], [undefined, true])
      assert.deepEqual(reading.usage, { promptTokenCount: 8 })
      assert.deepEqual([reading.modelVersion, reading.begun], ['e', true])
    }
  })

  test('[ONW-USAGE-01] pictures pass, and are counted as what they are', async () => {
    for (const size of [100, 500_000]) {
      const data = [{ b64_json: 'A'.repeat(size), revised_prompt: 'a cat' }, { b64_json: 'B'.repeat(size) }]
      const usage = {
        input_tokens: 50,
        output_tokens: 4_160,
        input_tokens_details: { text_tokens: 10, image_tokens: 40 },
      }
      const body = JSON.stringify({ created: 1, data, usage })
      const { text, reading } = await hear('openai-images', cut(body, 50_000))
      assert.ok(text === body)
      assert.deepEqual(reading.usage, {
        promptTokenCount: 50,
        candidatesTokenCount: 4_160,
        promptTokensDetails: [{ modality: 'IMAGE', tokenCount: 40 }],
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 4_160 }],
      })
      assert.deepEqual(reading.media, { bytes: 2 * size, tokens: 2 * 1_290 })
    }
    const bare = await hear('openai-images', '{"created":1,"data":[{"url":"https://a.test/b"}]}')
    assert.deepEqual([bare.reading.usage, bare.reading.begun], [undefined, true])
  })
})
