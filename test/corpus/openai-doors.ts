/** Where the OpenAI API lies, and requests that are good there. */
import type { Door } from './case.ts'

const MODEL = '"model":"gemini-2.5-flash"'

export const CHAT: Door = {
  target: '/v1/chat/completions',
  body: `{${MODEL},"messages":[{"role":"user","content":"hi"}]}`,
  errorBody: 'openai',
}
export const GOOGLES_CHAT: Door = {
  ...CHAT,
  target: '/v1beta/openai/chat/completions',
  errorBody: 'google-list',
}
export const EMBEDDINGS: Door = {
  target: '/v1/embeddings',
  body: '{"model":"gemini-embedding-001","input":"hi"}',
  errorBody: 'openai',
}
export const IMAGES: Door = {
  target: '/v1/images/generations',
  body: '{"model":"gemini-3-pro-image-preview","prompt":"hi"}',
  errorBody: 'openai',
}
export const DOORS: readonly Door[] = [CHAT, GOOGLES_CHAT, EMBEDDINGS, IMAGES]

const FUNCTION = {
  name: 'find',
  description: 'finds',
  strict: true,
  parameters: { type: 'object', properties: { where: { type: 'array', items: { type: 'number' } } } },
}
const TALK = {
  model: 'box',
  messages: [
    { role: 'system', content: 'be brief' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'h\u00e9llo \u{1f600}' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      reasoning_content: 'hm',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"where":[1]}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: '{"found":1}' },
  ],
  tools: [{ type: 'function', function: FUNCTION }],
  tool_choice: { type: 'function', function: { name: 'find' } },
  parallel_tool_calls: false,
}
const SHAPED = {
  model: 'box',
  messages: [{ role: 'user', content: 'make one' }],
  temperature: 0.5,
  top_p: 0.9,
  max_completion_tokens: 100,
  n: 2,
  stop: ['END'],
  seed: 7,
  logprobs: true,
  top_logprobs: 2,
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'a', schema: { type: 'object', properties: { a: { type: 'string' } } } },
  },
  stream: false,
  stream_options: { include_usage: true },
  metadata: { team: 'search' },
  service_tier: 'flex',
  reasoning_effort: 'low',
  extra_body: { google: { thinking_config: { include_thoughts: true }, safety_settings: [] } },
  user: 'u',
}
const OLDER =
  '{ "model" : "models/box", "messages":[ {"role":"user","content":"a"},{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"x"} ],\n"functions":[{"name":"f"}],"function_call":"auto","max_tokens":5}'

/** What is damaged by the thousand. */
export const GOOD_CHATS: readonly string[] = [JSON.stringify(TALK), JSON.stringify(SHAPED), OLDER]
export const GOOD_EMBEDDING =
  '{"model":"embedder","input":["a","b"],"dimensions":8,"encoding_format":"base64","user":"u"}'
export const GOOD_IMAGE =
  '{"model":"box","prompt":"a cat","n":1,"size":"1024x1024","response_format":"b64_json"}'
