import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Candidate, GenerateContentResponse, Part } from '../../../wire/gemini.ts'
import { NOTHING_EARLIER } from '../earlier.ts'
import { responses } from './endpoint.ts'
import { askedOf, translated, UNIQUE } from './testing.fixture.ts'

const USAGE = {
  promptTokenCount: 10,
  cachedContentTokenCount: 4,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 3,
  totalTokenCount: 18,
}

function answer(parts: Part[], rest: Partial<Candidate> = {}): GenerateContentResponse {
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0, ...rest }],
    usageMetadata: USAGE,
    modelVersion: 'gemini-2.5-flash-001',
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
const whole = async (response: GenerateContentResponse, asked = askedOf({ input: 'Hi' })): Promise<any> =>
  responses.whole(response, asked)

test('[RSP-06] a text is a message, with status, usage and what the request asked', async () => {
  const asked = askedOf({ input: 'Hi', instructions: 'Short.', metadata: { a: 'b' }, temperature: 0.2 })
  const { output, usage, ...others } = await whole(answer([{ text: 'Hel' }, { text: 'lo' }]), asked)
  assert.deepEqual(output, [
    {
      id: `msg_${UNIQUE}0`,
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }],
    },
  ])
  assert.deepEqual(usage, {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 8,
    output_tokens_details: { reasoning_tokens: 3 },
    total_tokens: 18,
  })
  const { id, object, status, error, incomplete_details, instructions, metadata, model } = others
  assert.deepEqual(
    { id, object, status, error, incomplete_details, instructions, metadata, model },
    {
      ...{ id: `resp_${UNIQUE}`, object: 'response', status: 'completed', error: null },
      ...{ incomplete_details: null, instructions: 'Short.', metadata: { a: 'b' } },
      model: 'gemini-2.5-flash-001',
    },
  )
  const { temperature, top_p, tools, tool_choice, parallel_tool_calls, store } = others
  assert.deepEqual(
    { temperature, top_p, tools, tool_choice, parallel_tool_calls, store },
    { temperature: 0.2, top_p: 1, tools: [], tool_choice: 'auto', parallel_tool_calls: true, store: true },
  )
})

test('[RSP-06] thoughts, searches, code, pictures and calls are items of their own, in order', async () => {
  const { output } = await whole(
    answer(
      [
        { text: 'Hm.', thought: true },
        { text: 'Paris is large.' },
        { executableCode: { language: 'PYTHON', code: 'print(1)' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } },
        { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
        { functionCall: { name: 'go', args: { to: 'Rome' } } },
      ],
      {
        groundingMetadata: {
          webSearchQueries: ['paris size'],
          groundingChunks: [{ web: { uri: 'https://a.example/', title: 'A' } }],
          groundingSupports: [{ segment: { endIndex: 5 }, groundingChunkIndices: [0] }],
        },
      },
    ),
  )
  assert.deepEqual(
    output.map(({ type }: { type: string }) => type),
    [
      ...['web_search_call', 'reasoning', 'message', 'code_interpreter_call'],
      ...['image_generation_call', 'function_call'],
    ],
  )
  const [search, thought, , code, picture, call] = output
  assert.deepEqual(search.action, { type: 'search', query: 'paris size', queries: ['paris size'] })
  assert.deepEqual(thought.summary, [{ type: 'summary_text', text: 'Hm.' }])
  assert.deepEqual([code.code, code.outputs], ['print(1)', [{ type: 'logs', logs: '1\n' }]])
  assert.equal(picture.result, 'iVBORw0KGgo=')
  assert.deepEqual([call.name, call.arguments], ['go', '{"to":"Rome"}'])
})

test('[RSP-06] passages of a grounded answer are cited', async () => {
  const { output } = await whole(
    answer([{ text: 'Paris is large.' }], {
      groundingMetadata: {
        groundingChunks: [{ web: { uri: 'https://a.example/', title: 'A' } }],
        groundingSupports: [{ segment: { endIndex: 5 }, groundingChunkIndices: [0] }],
      },
    }),
  )
  assert.deepEqual(output[0].content[0].annotations, [
    { type: 'url_citation', start_index: 0, end_index: 5, url: 'https://a.example/', title: 'A' },
  ])
})

test('[RSP-06] an answer that was cut says by what, and a refused prompt says so', async () => {
  const cut = await whole(answer([{ text: 'Hel' }], { finishReason: 'MAX_TOKENS' }))
  assert.deepEqual(
    [cut.status, cut.incomplete_details, cut.output[0].status],
    ['incomplete', { reason: 'max_output_tokens' }, 'incomplete'],
  )
  const filtered = await whole(answer([], { finishReason: 'SAFETY' }))
  assert.deepEqual(filtered.incomplete_details, { reason: 'content_filter' })
  assert.equal(filtered.extra_content.google.finish_reason, 'SAFETY')
  const blocked = await whole({ promptFeedback: { blockReason: 'SAFETY' } })
  assert.deepEqual([blocked.status, blocked.incomplete_details], ['incomplete', { reason: 'content_filter' }])
  assert.deepEqual(blocked.output[0].content, [
    { type: 'refusal', refusal: 'The prompt was blocked: SAFETY.' },
  ])
})

test('[RSP-03] what comes back leads to the parts that it came from', async () => {
  const parts: Part[] = [
    { text: 'First.', thought: true },
    { functionCall: { id: 'c1', name: 'go', args: {} }, thoughtSignature: 'YQ==' },
    { functionCall: { id: 'c2', name: 'go', args: { to: 'Rome' } } },
  ]
  const { output } = await whole(answer(parts))
  const results = ['c1', 'c2'].map((id) => ({ type: 'function_call_output', call_id: id, output: 'ok' }))
  const { body } = translated({ input: [{ role: 'user', content: 'Go.' }, ...output, ...results] })
  assert.deepEqual(body.contents[1], { role: 'model', parts })
})

test('[RSP-03] the signature of a text is shown when asked for, and kept in any case', async () => {
  const said = answer([{ text: 'Hello', thoughtSignature: 'YQ==' }])
  const quiet = askedOf({ input: 'Hi' })
  assert.equal((await whole(said, quiet)).output.length, 1)
  assert.equal(quiet.kept[0]?.output.at(-1)?.encrypted_content, 'wasat.last.YQ==')
  const asked = askedOf({ input: 'Hi', include: ['reasoning.encrypted_content'] })
  const { output } = await whole(said, asked)
  assert.equal(output[1].encrypted_content, 'wasat.last.YQ==')
})

test('[RSP-10] an answer is kept with the conversation that it ends, unless the request says no', async () => {
  const earlier = { id: 'resp_0', response: {}, input: [{ id: 'a' }], output: [{ id: 'b' }] }
  const asked = askedOf(
    { input: 'Hi' },
    { earlier: { ...NOTHING_EARLIER, previous: { id: 'resp_0', kept: earlier } } },
  )
  const response = await whole(answer([{ text: 'Hello' }]), asked)
  const [kept] = asked.kept
  assert.deepEqual(kept?.response, response)
  assert.deepEqual(
    kept?.input.map(({ id }) => id),
    ['a', 'b', `msg_${UNIQUE}i0`],
  )
  assert.deepEqual(kept?.output, response.output)
  const unkept = askedOf({ input: 'Hi', store: false })
  assert.equal((await whole(answer([{ text: 'Hello' }]), unkept)).store, false)
  assert.deepEqual(unkept.kept, [])
})

test('[RSP-10] an answer that could not be kept is given, and says that it was not', async () => {
  const asked = askedOf({ input: 'Hi' }, { keep: async () => false })
  const { store, status } = await whole(answer([{ text: 'Hello' }]), asked)
  assert.deepEqual([store, status], [false, 'completed'])
})
