import assert from 'node:assert/strict'
import test from 'node:test'
import type { Candidate, Part } from '../../wire/gemini.ts'
import { RefusedInside } from '../http/errors.ts'
import { type Answered, lossOf, opened, refusal, streamed, whole } from './testing.fixture.ts'

const HEAD = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-4-8-20260601' }
const USAGE = { input_tokens: 10, output_tokens: 1 }

const start = (usage: object = USAGE, rest: object = {}) => ({
  type: 'message_start',
  message: { ...HEAD, content: [], stop_reason: null, usage, ...rest },
})
const open = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block })
const delta = (index: number, piece: object) => ({ type: 'content_block_delta', index, delta: piece })
const close = (index: number) => ({ type: 'content_block_stop', index })
const stop = (stop_reason: string, usage: object = { output_tokens: 20 }, rest: object = {}) => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null, ...rest }, usage },
  { type: 'message_stop' },
]
const text = (index: number, ...pieces: string[]) => [
  open(index, { type: 'text', text: '' }),
  ...pieces.map((piece) => delta(index, { type: 'text_delta', text: piece })),
  close(index),
]
const thought = (index: number, words: string, signature: string) => [
  open(index, { type: 'thinking', thinking: '', signature: '' }),
  delta(index, { type: 'thinking_delta', thinking: words }),
  delta(index, { type: 'signature_delta', signature }),
  close(index),
]
const call = (index: number, id: string, name: string, ...pieces: string[]) => [
  open(index, { type: 'tool_use', id, name, input: {} }),
  ...pieces.map((partial_json) => delta(index, { type: 'input_json_delta', partial_json })),
  close(index),
]

const partsOf = ({ chunks }: Answered): Part[] =>
  chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
const lastOf = ({ chunks }: Answered) => chunks.at(-1)
const candidateOf = (answered: Answered) => lastOf(answered)?.candidates?.[0] as Candidate

test('[TRN-13] a whole answer has its text, its reason and its usage by class', () => {
  const answered = whole({
    ...HEAD,
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
    usage: {
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 1_000,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 3 },
    },
  })
  const [response] = answered.chunks
  assert.deepEqual(response?.candidates, [
    { content: { parts: [{ text: 'Hello' }], role: 'model' }, finishReason: 'STOP', index: 0 },
  ])
  assert.deepEqual(response?.usageMetadata, {
    promptTokenCount: 1_110,
    cachedContentTokenCount: 100,
    cacheCreationTokenCount: 1_000,
    candidatesTokenCount: 4,
    thoughtsTokenCount: 3,
    totalTokenCount: 1_117,
  })
  assert.equal(response?.modelVersion, 'claude-opus-4-8-20260601')
  assert.deepEqual(answered.losses, [])
})

test('[TRN-08] thoughts that are not counted apart are estimated, and their sum with the rest is exact', () => {
  const answered = whole({
    ...HEAD,
    content: [
      { type: 'thinking', thinking: 'x'.repeat(30), signature: 's' },
      { type: 'text', text: 'y'.repeat(10) },
    ],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 9 },
  })
  const usage = lastOf(answered)?.usageMetadata
  assert.equal(usage?.thoughtsTokenCount, 7)
  assert.equal(usage?.candidatesTokenCount, 2)
  assert.equal(lossOf(answered, 'response.usageMetadata.thoughtsTokenCount'), 'approximated')
})

test('[SIG-01] the first piece behind thoughts carries them, whole and in a stream', () => {
  const blocks = [
    { type: 'thinking', thinking: 'Hm.', signature: 'xyz' },
    { type: 'redacted_thinking', data: 'abc' },
  ]
  const content = [...blocks, { type: 'text', text: 'Hello' }]
  const wholly = whole({ ...HEAD, content, stop_reason: 'end_turn', usage: USAGE })
  const inPieces = streamed([
    start(),
    ...thought(0, 'Hm.', 'xyz'),
    open(1, blocks[1] as object),
    close(1),
    ...text(2, 'Hel', 'lo'),
    ...stop('end_turn'),
  ])
  for (const answered of [wholly, inPieces]) {
    const [shown, first, ...rest] = partsOf(answered)
    assert.deepEqual(shown, { text: 'Hm.', thought: true })
    assert.deepEqual(opened(first?.thoughtSignature), { blocks })
    assert.ok(rest.every((part) => part.thoughtSignature === undefined))
  }
  assert.equal(inPieces.isComplete, true)
})

test('[SIG-01] thoughts between two calls stand before the second one', () => {
  const answered = streamed([
    start(),
    ...thought(0, 'One.', 'first'),
    ...call(1, 'a', 'f', '{}'),
    ...thought(2, 'Two.', 'second'),
    ...call(3, 'b', 'f', '{}'),
    ...stop('tool_use'),
  ])
  const calls = partsOf(answered).filter((part) => part.functionCall !== undefined)
  assert.deepEqual(
    calls.map(
      (part) => (opened(part.thoughtSignature) as { blocks: { signature: string }[] }).blocks[0]?.signature,
    ),
    ['first', 'second'],
  )
})

test('[SIG-01] thoughts that were cut off, without their signature, are not kept', () => {
  const answered = streamed([start(), ...thought(0, 'Hm', ''), ...stop('max_tokens')])
  assert.equal(candidateOf(answered).finishReason, 'MAX_TOKENS')
  assert.ok(partsOf(answered).every((part) => part.thoughtSignature === undefined))
})

test('[TRN-08] thoughts that nobody asked to see are counted only', () => {
  const events = [start(), ...thought(0, 'Hm.', 'xyz'), ...text(1, 'Hello'), ...stop('end_turn')]
  const answered = streamed(events, false)
  assert.ok(partsOf(answered).every((part) => part.thought !== true))
  assert.ok((lastOf(answered)?.usageMetadata?.thoughtsTokenCount ?? 0) > 0)
})

test('[TRN-16] a call comes whole, however small its pieces are', () => {
  const json = JSON.stringify({ city: 'Tromsø 🌧', days: [1, 2] })
  const answered = streamed([
    start(),
    ...text(0, 'I look.'),
    ...call(1, 'toolu_1', 'weather', ...json),
    ...call(2, 'toolu_2', 'clock'),
    ...stop('tool_use'),
  ])
  const calls = partsOf(answered).flatMap(({ functionCall }) => functionCall ?? [])
  assert.deepEqual(calls, [
    { id: 'toolu_1', name: 'weather', args: { city: 'Tromsø 🌧', days: [1, 2] } },
    { id: 'toolu_2', name: 'clock', args: {} },
  ])
  assert.equal(candidateOf(answered).finishReason, 'STOP')
})

test('[TRN-16] a call that the limit cut off is none, and one that is no JSON is malformed', () => {
  const events = [start(), ...call(0, 'a', 'weather', '{"city":"Os')]
  const cut = streamed([...events, ...stop('max_tokens')])
  assert.equal(candidateOf(cut).finishReason, 'MAX_TOKENS')
  assert.ok(partsOf(cut).every(({ functionCall }) => functionCall === undefined))
  const malformed = streamed([...events, ...stop('tool_use')])
  assert.equal(candidateOf(malformed).finishReason, 'MALFORMED_FUNCTION_CALL')
})

test('[TRN-14] every reason to stop has its own', () => {
  const reasons = {
    end_turn: 'STOP',
    stop_sequence: 'STOP',
    tool_use: 'STOP',
    max_tokens: 'MAX_TOKENS',
    model_context_window_exceeded: 'MAX_TOKENS',
    refusal: 'SAFETY',
    pause_turn: 'OTHER',
    something_new: 'OTHER',
  }
  for (const [reason, expected] of Object.entries(reasons)) {
    const answered = streamed([start(), ...text(0, 'Hi'), ...stop(reason)])
    assert.equal(candidateOf(answered).finishReason, expected, reason)
  }
  const stop_details = { type: 'refusal', category: 'cyber', explanation: 'Not this.' }
  const refused = streamed([start(), ...stop('refusal', {}, { stop_details })])
  assert.equal(candidateOf(refused).finishMessage, 'Not this.')
})

test('[TRN-13] the last cumulative counts of a stream stand in its last chunk', () => {
  const answered = streamed([
    start({ input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 }),
    ...text(0, 'Hi'),
    ...stop('end_turn', {
      input_tokens: null,
      output_tokens: 20,
      output_tokens_details: { thinking_tokens: 8 },
    }),
  ])
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount } = lastOf(answered)?.usageMetadata ?? {}
  assert.deepEqual([promptTokenCount, candidatesTokenCount, thoughtsTokenCount], [15, 12, 8])
})

test('[TRN-13] usage that was not told is none, and not zero', () => {
  const answered = whole({ ...HEAD, content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn' })
  assert.equal(lastOf(answered)?.usageMetadata, undefined)
})

test('[TRN-12] what a search found is cited in bytes, and goes back with the next turn', () => {
  const use = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search' }
  const result = {
    type: 'web_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: [{ type: 'web_search_result', url: 'https://a.example', title: 'A', encrypted_content: 'e' }],
  }
  const citation = {
    type: 'web_search_result_location',
    url: 'https://a.example',
    title: 'A',
    cited_text: 'rain',
    encrypted_index: 'i',
  }
  const inPieces = streamed([
    start(),
    open(0, { ...use, input: {} }),
    delta(0, { type: 'input_json_delta', partial_json: '{"query":"weather"}' }),
    close(0),
    open(1, result),
    close(1),
    ...text(2, 'Så: '),
    open(3, { type: 'text', text: '', citations: [] }),
    delta(3, { type: 'citations_delta', citation }),
    delta(3, { type: 'text_delta', text: 'regn' }),
    close(3),
    ...stop('end_turn'),
  ])
  const content = [
    { ...use, input: { query: 'weather' } },
    result,
    { type: 'text', text: 'Så: ' },
    { type: 'text', text: 'regn', citations: [citation] },
  ]
  const wholly = whole({ ...HEAD, content, stop_reason: 'end_turn', usage: USAGE })
  for (const answered of [inPieces, wholly]) {
    const { webSearchQueries, groundingChunks, groundingSupports } = candidateOf(answered)
      .groundingMetadata as Record<string, { segment: object }[]>
    assert.deepEqual(webSearchQueries, ['weather'])
    assert.deepEqual(groundingChunks, [{ web: { uri: 'https://a.example', title: 'A' } }])
    assert.deepEqual(groundingSupports?.[0]?.segment, { startIndex: 5, endIndex: 9, text: 'regn' })
    assert.deepEqual(opened(partsOf(answered)[0]?.thoughtSignature), { blocks: content.slice(0, 2) })
  }
})

test('[SIG-01] thoughts that the target left out are on the report', () => {
  const change = { type: 'thinking_dropped', path: 'messages.1.content.0', reason: 'prefix_binding_mismatch' }
  const head = start(USAGE, { input_transformations: [change] })
  const answered = streamed([head, ...text(0, 'Hi'), ...stop('end_turn')])
  assert.equal(lossOf(answered, 'contents'), 'dropped')
})

test('[TRN-17] an error inside a stream is one, with the words of the target', () => {
  const error = (type: string) => ({ type: 'error', error: { type, message: 'Overloaded' } })
  const { code, message } = refusal(() => streamed([start(), error('api_error')]))
  assert.equal(code, 'upstream_unavailable')
  assert.match(message, /Overloaded/)
  const named = refusal(() => streamed([start(), error('overloaded_error')])) as unknown as RefusedInside
  assert.ok(named instanceof RefusedInside)
  assert.equal(named.status, 503)
  assert.match(named.message, /Overloaded/)
})

test('[TRN-17] a stream without its end, or without a reason to stop, is not complete', () => {
  const [reason, end] = stop('end_turn') as [object, object]
  assert.equal(streamed([start(), ...text(0, 'Hi')]).isComplete, false)
  assert.equal(streamed([start(), ...text(0, 'Hi'), reason]).isComplete, false)
  assert.equal(streamed([start(), ...text(0, 'Hi'), end]).isComplete, false)
  assert.equal(streamed([start(), { type: 'ping' }, ...text(0, 'Hi'), reason, end]).isComplete, true)
})

test('[TRN-17] what is no message is no answer', () => {
  for (const document of [null, 1, {}, { type: 'error', error: {} }]) {
    assert.equal(refusal(() => whole(document)).code, 'upstream_unavailable')
  }
  const orphan = delta(0, { type: 'input_json_delta', partial_json: '{}' })
  assert.equal(refusal(() => streamed([start(), orphan])).code, 'upstream_unavailable')
})
