/** The members of a request of Chat Completions. */
import {
  aBoolean,
  anObject,
  anything,
  integer,
  list,
  map,
  nullable,
  number,
  object,
  type Shape,
  tagged,
  text,
  textOr,
  word,
} from './provider-shape.ts'

export const NAME = /^[a-zA-Z0-9_-]+$/
/** Chat Completions takes shorter ids than Responses does. */
const CALL_ID = text({ min: 1, max: 40 })

const TEXT_PART = object({ type: word('text'), text: text() })
const USER_PARTS = list(
  tagged('type', {
    text: TEXT_PART,
    image_url: object({
      type: anything,
      image_url: object({ url: text() }, { detail: word('auto', 'low', 'high') }),
    }),
    input_audio: object({
      type: anything,
      input_audio: object({ data: text({ pattern: /^[A-Za-z0-9+/]+={0,2}$/ }), format: word('wav', 'mp3') }),
    }),
    file: object({
      type: anything,
      file: object({}, { filename: text(), file_data: text(), file_id: text() }),
    }),
  }),
  { min: 1 },
)
const TEXT_PARTS = list(TEXT_PART, { min: 1 })
const ASSISTANT_PARTS = list(
  tagged('type', { text: TEXT_PART, refusal: object({ type: anything, refusal: text() }) }),
  { min: 1 },
)

const TOOL_CALLS = list(
  tagged('type', {
    function: object({
      id: CALL_ID,
      type: anything,
      function: object({ name: text({ pattern: NAME, min: 1, max: 64 }), arguments: text() }),
    }),
  }),
  { min: 1 },
)

const ASSISTANT = {
  content: nullable(textOr(ASSISTANT_PARTS)),
  tool_calls: TOOL_CALLS,
  name: text(),
  refusal: nullable(text()),
  audio: nullable(anObject),
  // What its own answers have may come back.
  annotations: nullable(list(anObject)),
}

function messages(assistant: Record<string, Shape>): Shape {
  return list(
    tagged('role', {
      system: object({ role: anything, content: textOr(TEXT_PARTS) }, { name: text() }),
      developer: object({ role: anything, content: textOr(TEXT_PARTS) }, { name: text() }),
      user: object({ role: anything, content: textOr(USER_PARTS) }, { name: text() }),
      assistant: object({ role: anything }, assistant),
      tool: object({ role: anything, content: textOr(TEXT_PARTS), tool_call_id: CALL_ID }),
    }),
    { min: 1 },
  )
}

const NAMED = object({ type: word('function'), function: object({ name: text() }) })

export const OPTIONAL: Record<string, Shape> = {
  audio: nullable(anObject),
  frequency_penalty: nullable(number({ min: -2, max: 2 })),
  logit_bias: nullable(map(integer())),
  logprobs: nullable(aBoolean),
  max_completion_tokens: nullable(integer({ min: 1 })),
  max_tokens: nullable(integer({ min: 1 })),
  metadata: nullable(map(text({ max: 512 }))),
  modalities: nullable(list(word('text', 'audio'))),
  n: nullable(integer({ min: 1, max: 128 })),
  parallel_tool_calls: aBoolean,
  prediction: nullable(anObject),
  presence_penalty: nullable(number({ min: -2, max: 2 })),
  prompt_cache_key: text(),
  prompt_cache_retention: nullable(text()),
  reasoning_effort: nullable(word('none', 'minimal', 'low', 'medium', 'high', 'xhigh')),
  response_format: tagged('type', {
    text: object({ type: anything }),
    json_object: object({ type: anything }),
    json_schema: object({
      type: anything,
      json_schema: object(
        { name: text({ pattern: NAME, max: 64 }) },
        { schema: anObject, strict: nullable(aBoolean), description: text() },
      ),
    }),
  }),
  safety_identifier: text({ max: 64 }),
  seed: nullable(integer()),
  service_tier: nullable(word('auto', 'default', 'flex', 'scale', 'priority')),
  stop: nullable(textOr(list(text({ min: 1 }), { min: 1, max: 4 }))),
  store: nullable(aBoolean),
  stream: nullable(aBoolean),
  stream_options: nullable(object({}, { include_usage: aBoolean, include_obfuscation: aBoolean })),
  temperature: nullable(number({ min: 0, max: 2 })),
  tool_choice: textOr(
    tagged('type', {
      function: NAMED,
      allowed_tools: object({
        type: anything,
        allowed_tools: object({ mode: word('auto', 'required'), tools: list(NAMED, { min: 1 }) }),
      }),
    }),
  ),
  tools: list(
    tagged('type', {
      function: object({
        type: anything,
        function: object(
          { name: text({ pattern: NAME, min: 1, max: 64 }) },
          { description: text(), parameters: anObject, strict: nullable(aBoolean) },
        ),
      }),
    }),
    { min: 1, max: 128 },
  ),
  top_logprobs: nullable(integer({ min: 0, max: 20 })),
  top_p: nullable(number({ min: 0, max: 1 })),
  user: text(),
  verbosity: nullable(word('low', 'medium', 'high')),
  web_search_options: anObject,
}

export const REQUEST = object({ model: text(), messages: messages(ASSISTANT) }, OPTIONAL)
export const COMPATIBLE_MESSAGES = messages({ ...ASSISTANT, reasoning_content: text(), reasoning: text() })

/** What a local server counts by the template of its model. */
export const TOKENIZE = object(
  { messages: COMPATIBLE_MESSAGES },
  { model: text(), tools: anything, add_generation_prompt: aBoolean, chat_template_kwargs: anObject },
)
