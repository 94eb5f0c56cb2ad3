import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { callOf } from '../../../nouns.fixture.ts'
import { chunkOf, cut, DONE_EVENT, eventOf, type How, startNative } from './testing.fixture.ts'

const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8' }
const ASKED = '{"model":"gpt-4o","stream":true}'
const SSE: How = { verb: 'streamGenerateContent', delivery: 'sse' }
const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
const COUNTED = { promptTokenCount: 7, candidatesTokenCount: 3 }
const usageChunk = eventOf({ id: 'x', choices: [], model: 'gpt-4o-2024', usage: USAGE })
const role = chunkOf({ role: 'assistant', content: '' })
const end = chunkOf({}, { finish: 'stop' })

const stream = await startNative()
/** What a client hears of these pieces. */
async function hear(pieces: readonly (string | Buffer)[], how: How = {}, isBroken = false) {
  stream.play({ headers: EVENTS, pieces, isBroken })
  return stream.ask('openai-chat', ASKED, { ...SSE, ...how })
}

describe('a streamed chat completion', () => {
  /** Comments, names, ids, other line ends, spaces, big numbers, escapes, unknown and doubled members. */
  const odd = [
    ': PROCESSING\n\n',
    'retry: 10\r\n\r\n',
    `event: chunk\r\nid: 1\r\ndata:${role.slice(6, -2)}\r\n\r\n`,
    'data: { "choices" : [ {"index":0, "delta":{"content":"\\u0048\\ud83d\\ude00é"}, "x":1, "x":2, "finish_reason" : null} ], "created":12345678901234567890 }\n\n',
    'data: {"choices":[{"index":0,"delta":{"content":"a"},\ndata: "finish_reason":null}]}\n\n',
    end,
    usageChunk,
    DONE_EVENT,
    ': bye\n\n',
  ].join('')

  for (const bytes of [1, 7, 64, 100_000]) {
    test(`[ONW-STREAM-01] passes byte for byte in pieces of ${bytes}`, async () => {
      const { text, reading, error, status, headers } = await hear(cut(odd, bytes))
      assert.equal(error, undefined)
      assert.equal(text, odd)
      assert.equal(status, 200)
      assert.equal(headers['content-type'], EVENTS['content-type'])
      assert.deepEqual(reading.usage, COUNTED)
      assert.equal(reading.finishReason, 'STOP')
      assert.equal(reading.modelVersion, 'gpt-4o-2024')
      assert.equal(reading.begun, true)
    })
  }

  test('[ONW-STREAM-01] an event passes when it is there, and the end waits for the end', async () => {
    const { text, lastBytes } = await hear([role, end, DONE_EVENT])
    assert.equal(text, role + end + DONE_EVENT)
    assert.equal(lastBytes, DONE_EVENT.length)
  })

  test('[ONW-STREAM-01] an event of megabytes passes, and its usage and pictures are read', async () => {
    const image = { image_url: { url: `data:image/png;base64,${'A'.repeat(1_000_000)}` } }
    const large = chunkOf({ images: [image] }, { finish: 'length', usage: USAGE })
    const text = role + large + DONE_EVENT
    const heard = await hear(cut(text, 50_000))
    assert.equal(heard.text, text)
    assert.deepEqual(heard.reading.usage, COUNTED)
    assert.equal(heard.reading.finishReason, 'MAX_TOKENS')
    assert.equal(heard.reading.media?.tokens, 1_290)
    assert.ok((heard.reading.textBytes ?? 0) < 1_000)
  })

  test('[ONW-STREAM-02] is whole with a finish reason for each choice, or with [DONE]', async () => {
    const without = await hear([role, end])
    assert.deepEqual([without.error, without.text], [undefined, role + end])
    const done = await hear([role, DONE_EVENT.trimEnd()])
    assert.deepEqual([done.error, done.text], [undefined, role + DONE_EVENT.trimEnd()])
    const choice = (index: number, finish_reason: string | null) =>
      eventOf({ choices: [{ index, delta: { content: 'a' }, finish_reason }] })
    const facts = { ...callOf().facts, candidateCount: 2 }
    const both = [choice(0, null), choice(1, null), choice(0, 'stop')]
    assert.equal((await hear(both, { facts })).error?.code, 'upstream_broken')
    assert.equal((await hear([...both, choice(1, 'stop')], { facts })).error, undefined)
  })

  test('[ONW-STREAM-02] is understood however its JSON is printed', async () => {
    const long = Array.from({ length: 40 }, () => chunkOf({ content: 'a' })).join('')
    const all = role + long + chunkOf({}, { finish: 'length', usage: USAGE })
    for (const colon of ['":', '": ', '" : ', '":\t']) {
      const { error, text, reading } = await hear([all.replaceAll('":', colon)])
      assert.deepEqual([error, text], [undefined, all.replaceAll('":', colon)])
      assert.deepEqual([reading.usage, reading.finishReason], [COUNTED, 'MAX_TOKENS'])
    }
  })

  test('[ONW-STREAM-02] is broken when it is cut anywhere else', async () => {
    for (const pieces of [[role], [role, end.slice(0, -20)], [role, 'data: [DO'], [role, 'da']]) {
      const { error, text } = await hear(pieces)
      assert.equal(error?.code, 'upstream_broken', pieces.join())
      assert.equal(text, role)
    }
    assert.equal((await hear([role, end], {}, true)).error?.code, 'upstream_broken')
    for (const pieces of [[], [DONE_EVENT], [': hello\n\n'], ['data: {nonsense\n\n'], ['data: 1\n\n']])
      assert.equal((await hear(pieces)).error?.code, 'upstream_unavailable', pieces.join())
  })

  test('[ONW-STREAM-03] an error in the place of the first event is an error answer', async () => {
    const error = { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded', n: 1 }
    const body = `{ "error": ${JSON.stringify(error)} }`
    for (const pieces of [
      [`data: ${body}\n\n`],
      [': hello\n\n', `event: error\ndata: ${body}\n\n`],
      [body],
    ]) {
      const heard = await hear(pieces)
      assert.deepEqual([heard.status, heard.text, heard.retryable], [429, body, true])
      assert.equal(heard.headers['content-type'], 'application/json')
    }
    const wrong = { error: { message: 'no', type: 'invalid_request_error', code: null } }
    assert.deepEqual((await hear([eventOf(wrong)])).status, 400)
    const own = await hear([eventOf({ error: { message: 'bad key', code: 401 } })])
    assert.equal(own.error?.code, 'upstream_refused_credential')
    const word = await hear([eventOf({ object: 'error', message: 'gone' })])
    assert.deepEqual([word.status, JSON.parse(word.text).error.message], [500, 'gone'])
  })

  test('[ONW-STREAM-03] an error behind the first event breaks the stream, and is not passed on', async () => {
    const said = chunkOf({ content: 'error' })
    for (const last of [
      eventOf({ id: 'x', choices: [], error: { message: 'it with the-secret-key failed', code: 502 } }),
      chunkOf({ content: '' }, { finish: 'error' }),
      eventOf({ choices: [{ index: 0, delta: {}, error: { message: 'it failed' } }] }),
    ]) {
      const { error, text } = await hear([role + said + last])
      assert.equal(error?.code, 'upstream_broken')
      assert.match(error?.message ?? '', /failed|broke off/)
      assert.doesNotMatch(error?.message ?? '', /the-secret-key/)
      assert.equal(text, role + said)
    }
    const harmless = chunkOf({ content: 'a' }, { error: null })
    assert.equal((await hear([role, harmless, end, DONE_EVENT])).error, undefined)
  })
})

describe('the usage of a stream', () => {
  const budgeted: How = { caller: { isBudgeted: true } }
  const said = role + chunkOf({ content: 'hello' }, { usage: null })

  for (const bytes of [1, 13, 100_000]) {
    test(`[ONW-USAGE-02] that was asked for is taken out again, in pieces of ${bytes}`, async () => {
      const { text, reading, sent } = await hear(cut(said + end + usageChunk + DONE_EVENT, bytes), budgeted)
      assert.deepEqual(JSON.parse(sent.body).stream_options, { include_usage: true })
      assert.equal(text, said + end + DONE_EVENT)
      assert.deepEqual(reading.usage, COUNTED)
    })
  }

  test('[ONW-USAGE-02] that comes with content, or without usage, is not taken out', async () => {
    const filters = eventOf({ choices: [], prompt_filter_results: [] })
    const both = filters + said + chunkOf({ content: '!' }, { finish: 'stop', usage: USAGE })
    const { text, reading } = await hear([both, DONE_EVENT], budgeted)
    assert.equal(text, both + DONE_EVENT)
    assert.deepEqual(reading.usage, COUNTED)
  })

  test('[ONW-USAGE-02] that the client asked for stays', async () => {
    const text = said + end + usageChunk + DONE_EVENT
    stream.play({ headers: EVENTS, pieces: [text] })
    const body = '{"model":"gpt-4o","stream_options":{"include_usage":true}}'
    const heard = await stream.ask('openai-chat', body, { ...SSE, ...budgeted })
    assert.deepEqual([heard.text, heard.sent.body], [text, body])
  })

  test('[ONW-USAGE-01] counts as it was told last, wherever it stands', async () => {
    const running = chunkOf({ content: 'a' }, { usage: { ...USAGE, completion_tokens: 1 } })
    const { reading } = await hear([role, running, end, eventOf({ choices: [], x_groq: { usage: USAGE } })])
    assert.deepEqual(reading.usage, COUNTED)
  })

  test('[ONW-USAGE-03] that nobody told is estimated from what was written', async () => {
    const words = Array.from({ length: 500 }, (_, index) => `word ${index % 7} `)
    const told = words.map((content) => chunkOf({ content }))
    const heard = await hear([role, ...told, end, DONE_EVENT].join('').match(/.{1,1400}/gs) ?? [])
    const written = words.join('').length
    assert.equal(heard.reading.usage, undefined)
    assert.ok(
      Math.abs((heard.reading.textBytes ?? 0) - written) < written * 0.02,
      `${heard.reading.textBytes}`,
    )
    assert.ok(heard.text.length > written * 10)
  })

  test('[ONW-USAGE-03] counts calls and thoughts, and a broken stream as far as it came', async () => {
    const call = { index: 0, id: 'c', type: 'function', function: { name: 'find', arguments: '{"a":1}' } }
    const pieces = [chunkOf({ reasoning_content: 'hmm' }), chunkOf({ tool_calls: [call] })]
    const { reading, error } = await hear(pieces)
    assert.equal(error?.code, 'upstream_broken')
    assert.equal(reading.textBytes, 3 + 4 + 7)
    assert.equal(reading.begun, true)
  })
})

describe('a streamed response', () => {
  const event = (type: string, rest: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`
  const response = { id: 'resp_1', model: 'gpt-5-2026', error: null, usage: null }
  const begin = event('response.created', { response: { ...response, status: 'in_progress' } })
  const delta = event('response.output_text.delta', { delta: 'response.completed', obfuscation: 'xx' })
  const text = event('response.output_text.done', { text: 'response.completed' })
  const usage = { input_tokens: 7, output_tokens: 5, output_tokens_details: { reasoning_tokens: 2 } }
  const ended = (status: string, rest: object = {}) =>
    event(`response.${status}`, { response: { ...response, status, usage, ...rest } })

  async function hearResponse(all: string, pieceBytes = 33) {
    stream.play({ headers: EVENTS, pieces: cut(all, pieceBytes) })
    return stream.ask('openai-responses', ASKED, SSE)
  }

  test('[ONW-RESPONSES-01] passes byte for byte, and its last event tells the usage', async () => {
    const all = begin + delta + text + ended('completed')
    for (const pieceBytes of [1, 33, 100_000]) {
      const heard = await hearResponse(all, pieceBytes)
      assert.equal(heard.error, undefined)
      assert.equal(heard.text, all)
      assert.equal(heard.wire, 'openai-responses')
      // What comes in one read with the end goes out with it.
      if (pieceBytes < 100) assert.equal(heard.lastBytes, ended('completed').length)
      assert.deepEqual(heard.reading.usage, {
        promptTokenCount: 7,
        candidatesTokenCount: 3,
        thoughtsTokenCount: 2,
      })
      assert.deepEqual([heard.reading.finishReason, heard.reading.modelVersion], ['STOP', 'gpt-5-2026'])
    }
  })

  test('[ONW-RESPONSES-01] ends as it says, also when it failed', async () => {
    const cutShort = ended('incomplete', { incomplete_details: { reason: 'max_output_tokens' } })
    assert.equal((await hearResponse(begin + cutShort)).reading.finishReason, 'MAX_TOKENS')
    const failed = ended('failed', { error: { code: 'server_error', message: 'no' }, usage: null })
    const heard = await hearResponse(begin + delta + failed)
    assert.deepEqual([heard.error, heard.text], [undefined, begin + delta + failed])
    assert.equal(heard.reading.finishReason, 'OTHER')
    assert.equal((await hearResponse(begin + delta)).error?.code, 'upstream_broken')
    const only = `: hello\n\n${ended('completed')}`
    assert.equal((await hearResponse(only, 9)).text, only)
  })

  test('[ONW-RESPONSES-01] a last event of megabytes passes', async () => {
    const output = [{ type: 'image_generation_call', result: 'A'.repeat(600_000) }]
    const all = begin + delta + ended('completed', { output })
    const heard = await hearResponse(all, 40_000)
    assert.deepEqual([heard.error, heard.text === all], [undefined, true])
    assert.equal((heard.reading.usage as { promptTokenCount: number }).promptTokenCount, 7)
    assert.equal(heard.reading.finishReason, 'STOP')
    assert.equal(heard.reading.textBytes, 'response.completed'.length)
  })

  test('[ONW-RESPONSES-02] an error event is an error answer, or breaks the stream', async () => {
    const error = event('error', { code: 'rate_limit_exceeded', message: 'slow', param: null })
    const first = await hearResponse(error)
    assert.deepEqual([first.status, JSON.parse(first.text).error.message], [429, 'slow'])
    const later = await hearResponse(begin + error)
    assert.deepEqual([later.error?.code, later.error?.message], ['upstream_broken', 'slow'])
  })
})
