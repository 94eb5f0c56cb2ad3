/** What the pretended Anthropic refuses: a server that takes everything would prove nothing. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ANTHROPIC_KEY, startAnthropic } from './anthropic-server.ts'
import type { Provider } from './provider-server.ts'
import type { Json } from './provider-shape.ts'

let provider: Provider
before(async () => {
  provider = await startAnthropic()
})
after(() => provider.close())

async function post(body: unknown, path = 'messages') {
  const headers = { 'x-api-key': ANTHROPIC_KEY, 'anthropic-version': '2023-06-01' }
  const answer = await fetch(`${provider.url}/v1/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
}

const TOOL = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const ASK = { role: 'user', content: 'What is the weather in Oslo?' }
const use = (id: string) => ({ type: 'tool_use', id, name: 'get_weather', input: { city: 'Oslo' } })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: '4' })
const made = (...content: object[]) => ({ role: 'assistant', content })
const user = (...content: object[]) => ({ role: 'user', content })
const SAY = { type: 'text', text: 'Hm' }
const ask = (rest: object): Json => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 4_096,
  messages: [ASK],
  ...rest,
})
const talk = (...messages: object[]) => ask({ messages, tools: [TOOL] })
const THINK = { type: 'enabled', budget_tokens: 1_024 }
const format = (schema: object) => ask({ output_config: { format: { type: 'json_schema', schema } } })

const CASES: readonly (readonly [string, Json, RegExp])[] = [
  ['no limit', { model: 'claude-sonnet-4-5', messages: [ASK] }, /^max_tokens: Field required/],
  ['an unknown member', ask({ seed: 1 }), /^seed: Extra inputs are not permitted/],
  ['a temperature of 2', ask({ temperature: 2 }), /^temperature: Input should be less than or equal to 1/],
  ['both of temperature and top_p', ask({ temperature: 1, top_p: 1 }), /cannot both be specified/],
  ['the model speaking first', talk(made(SAY), ASK), /first message must use the "user" role/],
  ['an empty text', talk(user({ type: 'text', text: '' })), /text content blocks must be non-empty/],
  [
    'a use without result',
    talk(ASK, made(use('a')), ASK),
    /without `tool_result` blocks immediately after: a/,
  ],
  ['one result too few', talk(ASK, made(use('a'), use('b')), user(result('a'))), /immediately after: b/],
  ['a result too many', talk(ASK, made(SAY), user(result('a'))), /unexpected `tool_use_id`/],
  ['results after words', talk(ASK, made(use('a')), user(SAY, result('a'))), /immediately after/],
  ['a use by the user', talk(user(use('a'))), /can only be in `assistant` messages/],
  ['a strange id', talk(ASK, made(use('a.b')), user(result('a.b'))), /should match pattern/],
  [
    'a forged thought',
    talk(ASK, made({ type: 'thinking', thinking: 'x', signature: 'y' }, SAY), ASK),
    /Invalid `signature`/,
  ],
  [
    'thinking that begins with a use',
    ask({ messages: [ASK, made(use('a')), user(result('a'))], tools: [TOOL], thinking: THINK }),
    /Expected `thinking`/,
  ],
  [
    'a small budget',
    ask({ thinking: { type: 'enabled', budget_tokens: 512 } }),
    /greater than or equal to 1024/,
  ],
  [
    'a budget over the limit',
    ask({ max_tokens: 1_024, thinking: THINK }),
    /must be greater than `thinking.budget_tokens`/,
  ],
  ['a cool head that thinks', ask({ temperature: 0, thinking: THINK }), /only be set to 1 when thinking/],
  [
    'a forced tool while thinking',
    ask({ thinking: THINK, tools: [TOOL], tool_choice: { type: 'any' } }),
    /may not be enabled when tool_choice forces/,
  ],
  [
    'a choice without tools',
    ask({ tool_choice: { type: 'auto' } }),
    /only be specified while providing tools/,
  ],
  [
    'a picture of another kind',
    talk(user({ type: 'image', source: { type: 'base64', media_type: 'image/tiff', data: 'AAAA' } })),
    /media_type/,
  ],
  ['an open schema', format({ type: 'object' }), /'additionalProperties' must be explicitly set to false/],
  ['limits in a schema', format({ type: 'integer', minimum: 1 }), /property 'minimum' is not supported/],
  [
    'an answer begun for it',
    { ...ask({ messages: [ASK, made(SAY)] }), model: 'claude-opus-4-6' },
    /does not support assistant message prefill/,
  ],
  [
    'a budget where there is none',
    { ...ask({ thinking: THINK }), model: 'claude-opus-4-7' },
    /is not supported for this model/,
  ],
  ['blank stops', ask({ stop_sequences: ['\n'] }), /must contain non-whitespace/],
]

for (const [title, body, why] of CASES) {
  test(`Messages refuses ${title}`, async () => {
    const { status, json } = await post(body)
    assert.equal(status, 400, JSON.stringify(json))
    assert.equal(json.error.type, 'invalid_request_error')
    assert.match(json.error.message, why)
  })
}

test('Messages takes its own thoughts back, and streams input in pieces', async () => {
  const first = await post(ask({ tools: [TOOL], thinking: THINK }))
  const [thinking, call] = first.json.content
  assert.deepEqual([thinking.type, call.type], ['thinking', 'tool_use'])
  const messages = [ASK, made(thinking, call), user(result(call.id))]
  const second = await post(ask({ messages, tools: [TOOL], thinking: THINK }))
  assert.equal(second.status, 200, second.text)
  const changed = [ASK, made({ ...thinking, thinking: 'no' }, call), user(result(call.id))]
  assert.equal((await post(ask({ messages: changed, tools: [TOOL] }))).status, 400)
  const streamed = await post(ask({ tools: [TOOL], stream: true }))
  assert.match(streamed.text, /"partial_json":"\{\\"c"/)
  assert.match(streamed.text, /event: message_stop\n/)
  assert.equal((await post({ ...ask({}), max_tokens: undefined }, 'messages/count_tokens')).status, 200)
})
