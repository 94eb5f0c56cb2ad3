/** What the pretended OpenAI refuses: a server that takes everything would prove nothing. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { OPENAI_KEY, startOpenAi } from './openai-server.ts'
import type { Provider } from './provider-server.ts'
import type { Json } from './provider-shape.ts'

let provider: Provider
before(async () => {
  provider = await startOpenAi()
})
after(() => provider.close())

async function post(path: string, body: unknown, key = OPENAI_KEY) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const answer = await fetch(`${provider.url}/v1/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
}

const WEATHER = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const TOOL = { type: 'function', function: { name: 'get_weather', parameters: WEATHER } }
const ASK = { role: 'user', content: 'What is the weather in Oslo?' }
const call = (id: string, name = 'get_weather') => ({
  id,
  type: 'function',
  function: { name, arguments: '{"city":"Oslo"}' },
})
const calls = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => call(id)),
})
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: '{"degrees":4}' })
const chat = (rest: object): Json => ({ model: 'gpt-4.1', messages: [ASK], ...rest })
const strict = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: WEATHER } }

const CHAT: readonly (readonly [string, Json, RegExp])[] = [
  ['an unknown member', chat({ top_k: 3 }), /Unknown parameter: 'top_k'/],
  [
    'an unknown member of a message',
    chat({ messages: [{ ...ASK, reasoning_content: 'x' }] }),
    /Unknown parameter: 'messages\[0\]\.reasoning_content'/,
  ],
  ['no messages', chat({ messages: [] }), /empty array/],
  ['a number as a string', chat({ temperature: '1' }), /Invalid type for 'temperature'/],
  ['five stops', chat({ stop: ['a', 'b', 'c', 'd', 'e'] }), /array too long/],
  [
    'no call at all',
    chat({ messages: [ASK, result('call_1')] }),
    /must be a response to a preceeding message/,
  ],
  [
    'a call without result',
    chat({ messages: [ASK, calls('call_1')] }),
    /did not have response messages: call_1/,
  ],
  [
    'a result too few',
    chat({ messages: [ASK, calls('a', 'b'), result('a'), ASK] }),
    /did not have response messages: b/,
  ],
  ['a result twice', chat({ messages: [ASK, calls('a'), result('a'), result('a')] }), /must be a response/],
  [
    'a long id',
    chat({ messages: [ASK, calls('c'.repeat(41)), result('c'.repeat(41))] }),
    /maximum length 40/,
  ],
  [
    'nothing said',
    chat({ messages: [ASK, { role: 'assistant', content: null }] }),
    /expected a string, got null/,
  ],
  [
    'a name with a dot',
    chat({ tools: [{ type: 'function', function: { name: 'a.b' } }] }),
    /does not match pattern/,
  ],
  ['a choice without tools', chat({ tool_choice: 'auto' }), /only allowed when 'tools'/],
  [
    'a choice that is not there',
    chat({ tools: [TOOL], tool_choice: { type: 'function', function: { name: 'x' } } }),
    /Tool choice 'x' not found/,
  ],
  [
    'upper-case types',
    chat({ tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'OBJECT' } } }] }),
    /got 'type: "OBJECT"'/,
  ],
  ['a schema that is not strict', chat({ response_format: strict }), /'additionalProperties' is required/],
  [
    'JSON without the word',
    chat({ response_format: { type: 'json_object' } }),
    /must contain the word 'json'/,
  ],
  [
    'a picture of another kind',
    chat({
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AAAA' } }] },
      ],
    }),
    /unsupported image/,
  ],
  [
    'effort without reasoning',
    chat({ reasoning_effort: 'low' }),
    /Unsupported parameter: 'reasoning_effort'/,
  ],
  ['an old limit', chat({ model: 'gpt-5.5', max_tokens: 5 }), /Use 'max_completion_tokens' instead/],
  [
    'a temperature while reasoning',
    chat({ model: 'gpt-5.5', reasoning_effort: 'low', temperature: 0.5 }),
    /does not support 0.5 with this model/,
  ],
  [
    'effort of another model',
    chat({ model: 'gpt-5.5', reasoning_effort: 'minimal' }),
    /'minimal' is not supported/,
  ],
  ['usage without a stream', chat({ stream_options: { include_usage: true } }), /only allowed when 'stream'/],
]

for (const [title, body, why] of CHAT) {
  test(`Chat Completions refuses ${title}`, async () => {
    const { status, json } = await post('chat/completions', body)
    assert.equal(status, 400)
    assert.match(json.error.message, why)
    assert.equal(json.error.type, 'invalid_request_error')
  })
}

test('Chat Completions takes calls and their results, and streams arguments in pieces', async () => {
  const messages = [ASK, calls('a', 'b'), result('b'), result('a')]
  const { status, json } = await post('chat/completions', chat({ messages, tools: [TOOL] }))
  assert.equal(status, 200)
  assert.match(json.choices[0].message.content, /Results: get_weather gave \{"degrees":4\}/)
  const streamed = await post('chat/completions', chat({ tools: [TOOL], stream: true }))
  assert.match(streamed.text, /"arguments":"\{\\"c"/)
  assert.match(streamed.text, /data: \[DONE\]\n\n$/)
  assert.equal((await post('chat/completions', chat({}), 'another')).status, 401)
})

const THINK = {
  model: 'gpt-5.5',
  store: false,
  include: ['reasoning.encrypted_content'],
  reasoning: { effort: 'low', summary: 'auto' },
}
const FLAT = { type: 'function', name: 'get_weather', parameters: WEATHER }

test('Responses wants its own reasoning back, whole and in its place', async () => {
  const first = await post('responses', { ...THINK, input: [ASK], tools: [FLAT] })
  const [reasoning, made] = first.json.output
  assert.deepEqual([reasoning.type, made.type], ['reasoning', 'function_call'])
  const output = { type: 'function_call_output', call_id: made.call_id, output: '4' }
  const again = (...input: object[]) => post('responses', { ...THINK, input: [ASK, ...input], tools: [FLAT] })
  assert.equal((await again(reasoning, made, output)).status, 200)
  assert.equal((await again(made, output)).status, 400, 'its id says that reasoning belongs to it')
  const { id: _, ...anonymous } = made
  assert.equal((await again(anonymous, output)).status, 200, 'without an id nobody knows')
  const refused = async (why: RegExp, ...input: object[]) => {
    const { status, json } = await again(...input)
    assert.equal(status, 400, JSON.stringify(json))
    assert.match(json.error.message, why)
  }
  await refused(/could not be verified/, { ...reasoning, encrypted_content: 'gAAAforged' }, made, output)
  await refused(
    /without its required following item/,
    reasoning,
    { ...made, arguments: '{"city":"Rome"}' },
    output,
  )
  await refused(/without its required/, made, output, reasoning)
  await refused(/No tool output found/, reasoning, made)
  await refused(/No tool call found/, output)
})

const respond = (rest: object): Json => ({ model: 'gpt-4.1', input: [ASK], ...rest })
const RESPONSES: readonly (readonly [string, Json, RegExp])[] = [
  ['an unknown member', respond({ seed: 1 }), /Unknown parameter: 'seed'/],
  [
    'hidden reasoning of a model that has none',
    respond({ include: ['reasoning.encrypted_content'] }),
    /Encrypted content is not supported/,
  ],
  [
    'words of the user as output',
    respond({ input: [{ role: 'user', content: [{ type: 'output_text', text: 'x' }] }] }),
    /Invalid value: 'output_text'/,
  ],
  [
    'words of the model as input',
    respond({ input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] }),
    /Invalid value: 'input_text'/,
  ],
  ['a nested function', respond({ tools: [TOOL] }), /tools\[0\]/],
  [
    'an id of another kind',
    respond({ input: [{ type: 'function_call', id: 'call_1', call_id: 'a', name: 'f', arguments: '{}' }] }),
    /does not match pattern/,
  ],
]
for (const [title, body, why] of RESPONSES) {
  test(`Responses refuses ${title}`, async () => {
    const { status, json } = await post('responses', body)
    assert.equal(status, 400)
    assert.match(json.error.message, why)
  })
}
