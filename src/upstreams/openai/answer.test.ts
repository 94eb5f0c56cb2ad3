import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { chatAnswer, chatEvent, type Loose, model, partsOf, says, startRig, user } from './testing.fixture.ts'

const STREAM = { verb: 'streamGenerateContent' } as const
const WEATHER = { functionDeclarations: [{ name: 'weather' }, { name: 'time' }] }
const asking = { ...says('hi'), tools: [WEATHER] }
const USAGE = {
  choices: [],
  usage: { prompt_tokens: 10, completion_tokens: 8, completion_tokens_details: { reasoning_tokens: 3 } },
}

test('[TRN-13] a whole answer comes with its text, usage by class and finish reason', async () => {
  const rig = await startRig()
  const usage = {
    prompt_tokens: 20,
    completion_tokens: 9,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 8, audio_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 0 },
  }
  rig.reply({ body: chatAnswer({ content: 'Hello' }, { usage }) })
  const { chunks } = await rig.send(says('hi'))
  assert.deepEqual(chunks, [
    {
      candidates: [
        { content: { parts: [{ text: 'Hello' }], role: 'model' }, finishReason: 'STOP', index: 0 },
      ],
      usageMetadata: {
        promptTokenCount: 20,
        cachedContentTokenCount: 8,
        candidatesTokenCount: 4,
        thoughtsTokenCount: 5,
        totalTokenCount: 29,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 16 },
          { modality: 'AUDIO', tokenCount: 4 },
        ],
      },
      modelVersion: 'gpt-4o-2024',
      responseId: 'chatcmpl-1',
    },
  ])
})

test('[TRN-13] a stream asks for its usage and gives it with the last chunk', async () => {
  const rig = await startRig()
  rig.reply({
    events: [
      chatEvent({ role: 'assistant', content: '' }),
      chatEvent({ content: 'Hé' }),
      chatEvent({ content: 'llo' }),
      chatEvent({}, { finish_reason: 'stop' }),
      USAGE,
      'data: [DONE]\n\n',
    ],
  })
  const { chunks, sent } = await rig.send(says('hi'), STREAM)
  assert.equal(sent.stream, true)
  assert.deepEqual(sent.stream_options, { include_usage: true })
  const texts = partsOf(chunks).map((part) => part.text)
  assert.deepEqual(texts.slice(0, 2), ['Hé', 'llo'])
  const last = chunks.at(-1)
  assert.equal(last?.candidates?.[0]?.finishReason, 'STOP')
  assert.deepEqual(last?.usageMetadata, {
    promptTokenCount: 10,
    candidatesTokenCount: 5,
    thoughtsTokenCount: 3,
    totalTokenCount: 18,
  })
})

const call = (index: number, rest: object) => chatEvent({ tool_calls: [{ index, ...rest }] })

test('[TRN-16] calls that come in pieces, mixed with one another, are given whole', async () => {
  const rig = await startRig()
  rig.reply({
    events: [
      chatEvent({ content: 'Looking.' }),
      call(0, { id: 'a1', type: 'function', function: { name: 'weather', arguments: '' } }),
      call(1, { id: 'a2', type: 'function', function: { name: 'time', arguments: '{"zo' } }),
      call(0, { function: { arguments: '{"place":' } }),
      call(1, { function: { arguments: 'ne":"CET"}' } }),
      call(0, { function: { arguments: '"Rome"}' } }),
      chatEvent({}, { finish_reason: 'tool_calls' }),
      USAGE,
    ],
  })
  const { chunks } = await rig.send(asking, STREAM)
  const calls = partsOf(chunks).flatMap((part) => part.functionCall ?? [])
  assert.deepEqual(calls, [
    { id: 'a1', name: 'weather', args: { place: 'Rome' } },
    { id: 'a2', name: 'time', args: { zone: 'CET' } },
  ])
  assert.equal(partsOf(chunks)[0]?.text, 'Looking.')
  const [end] = chunks.at(-1)?.candidates ?? []
  assert.equal(end?.finishReason, 'STOP')
})

test('[TRN-16] arguments that are no JSON end the answer, and nothing is called', async () => {
  const rig = await startRig()
  const broken = { id: 'a1', type: 'function', function: { name: 'weather', arguments: '{"place":' } }
  rig.reply({ body: chatAnswer({ content: null, tool_calls: [broken] }, { finish_reason: 'tool_calls' }) })
  const { chunks } = await rig.send(asking)
  assert.equal(chunks[0]?.candidates?.[0]?.finishReason, 'MALFORMED_FUNCTION_CALL')
  assert.equal(partsOf(chunks).length, 0)
})

const FINISHES = [
  ['stop', 'STOP'],
  ['length', 'MAX_TOKENS'],
  ['content_filter', 'SAFETY'],
  ['tool_calls', 'STOP'],
  ['something_new', 'OTHER'],
] as const
for (const [theirs, ours] of FINISHES) {
  test(`[TRN-14] ${theirs} is ${ours}, whole and streamed`, async () => {
    const rig = await startRig()
    const events = [chatEvent({ content: 'a' }), chatEvent({}, { finish_reason: theirs })]
    rig.reply({ body: chatAnswer({ content: 'a' }, { finish_reason: theirs }) }, { events })
    const whole = await rig.send(says('hi'))
    const streamed = await rig.send(says('hi'), STREAM)
    assert.equal(whole.chunks[0]?.candidates?.[0]?.finishReason, ours)
    assert.equal(streamed.chunks.at(-1)?.candidates?.[0]?.finishReason, ours)
  })
}

test('[TRN-14] a refusal is its text, and SAFETY', async () => {
  const rig = await startRig()
  rig.reply({ body: chatAnswer({ content: null, refusal: 'I will not.' }) })
  const { chunks } = await rig.send(says('hi'))
  assert.equal(partsOf(chunks)[0]?.text, 'I will not.')
  assert.equal(chunks[0]?.candidates?.[0]?.finishReason, 'SAFETY')
})

test('[TRN-17] a stream that ends without a finish reason is an error', async () => {
  const rig = await startRig()
  for (const isBroken of [false, true]) {
    rig.reply({ events: [chatEvent({ content: 'half an' }), 'data: [DONE]\n\n'], isBroken })
    await assert.rejects(rig.send(says('hi'), STREAM), fails('upstream_broken'))
  }
})

test('[TRN-17] one candidate that never ends breaks the stream of both', async () => {
  const rig = await startRig()
  rig.reply({
    events: [
      chatEvent({ content: 'a' }),
      chatEvent({ content: 'b' }, { index: 1 }),
      chatEvent({}, { finish_reason: 'stop' }),
    ],
  })
  const request = { ...says('hi'), generationConfig: { candidateCount: 2 } }
  await assert.rejects(rig.send(request, STREAM), fails('upstream_broken'))
})

test('[TRN-17] an error inside a stream is one, with its text', async () => {
  const rig = await startRig()
  const error = { error: { message: 'The engine is on fire.', code: 'server_error' } }
  rig.reply({ events: [chatEvent({ content: 'half' }), error] })
  await assert.rejects(rig.send(says('hi'), STREAM), fails('upstream_broken', /on fire/))
  rig.reply({ events: [error] })
  await assert.rejects(rig.send(says('hi'), STREAM), fails('upstream_unavailable', /on fire/))
  rig.reply({ body: error })
  await assert.rejects(rig.send(says('hi')), fails('upstream_unavailable', /on fire/))
  rig.reply({ events: [chatEvent({ content: 'half' }), chatEvent({}, { finish_reason: 'error' })] })
  await assert.rejects(rig.send(says('hi'), STREAM), fails('upstream_broken'))
})

test('[TRN-08] thoughts come as parts only when they were asked for, and are counted in any case', async () => {
  const rig = await startRig({ vendor: 'deepseek' })
  const usage = { prompt_tokens: 1, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 6 } }
  rig.reply({ body: chatAnswer({ content: 'Yes.', reasoning_content: 'Hm.' }, { usage }) })
  const hidden = await rig.send(says('hi'))
  assert.deepEqual(
    partsOf(hidden.chunks).map((part) => part.text),
    ['Yes.'],
  )
  assert.equal(hidden.chunks[0]?.usageMetadata?.thoughtsTokenCount, 6)
  const shown = await rig.send({
    ...says('hi'),
    generationConfig: { thinkingConfig: { includeThoughts: true } },
  })
  const [thought, text] = partsOf(shown.chunks)
  assert.deepEqual(thought, { text: 'Hm.', thought: true })
  assert.equal(text?.text, 'Yes.')
})

test('[SIG-01] what was thought goes back with the call that it led to', async () => {
  const rig = await startRig({ vendor: 'deepseek' })
  rig.reply({
    events: [
      chatEvent({ reasoning_content: 'Hm, ' }),
      chatEvent({ reasoning_content: 'Rome.' }),
      call(0, { id: 'a1', function: { name: 'weather', arguments: '{}' } }),
      chatEvent({}, { finish_reason: 'tool_calls' }),
    ],
  })
  const first = await rig.send(asking, STREAM)
  const parts = partsOf(first.chunks)
  assert.ok(parts.some((part) => part.functionCall !== undefined && part.thoughtSignature !== undefined))
  rig.reply({ body: chatAnswer({ content: 'ok' }) })
  const result = { functionResponse: { id: 'a1', name: 'weather', response: { output: 'sun' } } }
  const { sent, losses } = await rig.send({
    ...asking,
    contents: [...asking.contents, model(...parts), user(result)],
  })
  assert.deepEqual(sent.messages[1], {
    role: 'assistant',
    content: null,
    reasoning_content: 'Hm, Rome.',
    tool_calls: [{ id: 'a1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
  })
  assert.deepEqual(losses, [])
})

test('[SIG-01] reasoning details go back as they came, fragments put together', async () => {
  const rig = await startRig({ vendor: 'openrouter' })
  const text = (text: string) => ({ type: 'reasoning.text', text, index: 0, format: 'anthropic-claude-v1' })
  const signature = { type: 'reasoning.text', signature: 'sig', index: 0, format: 'anthropic-claude-v1' }
  const sealed = { type: 'reasoning.encrypted', data: 'xyz', index: 1 }
  rig.reply({
    events: [
      chatEvent({ reasoning: 'a', reasoning_details: [text('a')] }),
      chatEvent({ reasoning: 'b', reasoning_details: [text('b')] }),
      chatEvent({ reasoning_details: [signature] }),
      chatEvent({ content: 'Yes.' }),
      chatEvent({ reasoning_details: [sealed] }),
      chatEvent({}, { finish_reason: 'stop' }),
    ],
  })
  const config = { generationConfig: { thinkingConfig: { includeThoughts: true } } }
  const first = await rig.send({ ...says('hi'), ...config }, STREAM)
  const parts = partsOf(first.chunks)
  assert.equal(parts.flatMap((part) => (part.thought ? [part.text] : [])).join(''), 'ab')
  rig.reply({ body: chatAnswer({ content: 'ok' }) })
  const { sent, losses } = await rig.send({
    contents: [user({ text: 'hi' }), model(...parts), user({ text: 'so?' })],
  })
  assert.deepEqual(sent.messages[1], {
    role: 'assistant',
    content: 'Yes.',
    reasoning_details: [{ ...text('ab'), signature: 'sig' }, sealed],
  })
  assert.deepEqual(losses, [])
})

test('[SIG-01] thoughts in content parts go back in content parts', async () => {
  const rig = await startRig({ vendor: 'mistral' })
  const content = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
    { type: 'text', text: 'Yes.' },
  ]
  rig.reply({ body: chatAnswer({ content }) })
  const first = await rig.send(says('hi'))
  const parts = partsOf(first.chunks)
  assert.equal(parts[0]?.text, 'Yes.')
  const { sent } = await rig.send({
    contents: [user({ text: 'hi' }), model(...parts), user({ text: 'so?' })],
  })
  assert.deepEqual(sent.messages[1].content, content)
})

test('[TRN-12] citations become grounding, with offsets in bytes', async () => {
  const rig = await startRig()
  const text = 'Grüße 🙂 aus Rom.'
  const annotation = {
    type: 'url_citation',
    url_citation: { url: 'https://example.com/a', title: 'A', start_index: 6, end_index: 7 },
  }
  rig.reply({ body: chatAnswer({ content: text, annotations: [annotation] }) })
  const request = { ...says('hi'), tools: [{ googleSearch: {} }] }
  const { chunks } = await rig.send(request, { model: 'gpt-4o-search-preview' })
  const grounding = chunks[0]?.candidates?.[0]?.groundingMetadata as {
    groundingChunks: unknown
    groundingSupports: { segment: { startIndex: number; endIndex: number } }[]
  }
  assert.deepEqual(grounding.groundingChunks, [{ web: { uri: 'https://example.com/a', title: 'A' } }])
  const { startIndex, endIndex } = grounding.groundingSupports[0]!.segment
  assert.equal(Buffer.from(text).subarray(startIndex, endIndex).toString(), '🙂')
})

test('[TRN-11] log probabilities become a LogprobsResult', async () => {
  const rig = await startRig()
  const logprobs = {
    content: [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [{ token: 'b', logprob: -1 }] }],
  }
  rig.reply({ body: chatAnswer({ content: 'a' }, { logprobs }) })
  const { chunks } = await rig.send({
    ...says('hi'),
    generationConfig: { responseLogprobs: true, logprobs: 1 },
  })
  const result: Loose = chunks[0]?.candidates?.[0]?.logprobsResult
  assert.deepEqual(result.chosenCandidates, [{ token: 'a', logProbability: -0.5 }])
  assert.deepEqual(result.topCandidates, [{ candidates: [{ token: 'b', logProbability: -1 }] }])
})

test('images of a message are parts of the answer', async () => {
  const rig = await startRig({ vendor: 'openrouter' })
  const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }]
  rig.reply({ body: chatAnswer({ content: 'Here.', images }) })
  const { chunks } = await rig.send(says('draw'))
  assert.deepEqual(partsOf(chunks)[1]?.inlineData, { mimeType: 'image/png', data: 'iVBORw0KGgo=' })
})

test('[SIG-02] a history of other models goes without their thoughts, and says so', async () => {
  const rig = await startRig()
  const { sent, lost } = await rig.send({
    contents: [
      user({ text: 'hi' }),
      model({ text: 'Hm.', thought: true }, { text: 'Yes.', thoughtSignature: 'AAEC' }),
      user({ text: 'so?' }),
    ],
  })
  assert.deepEqual(sent.messages[1], { role: 'assistant', content: 'Yes.' })
  assert.deepEqual(lost, {
    'contents[1].parts[0]': 'dropped',
    'contents[1].parts[1].thoughtSignature': 'dropped',
  })
})
