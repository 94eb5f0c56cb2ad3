/** The members of a request of the Responses API. */
import { NAME } from './openai-server-chat-shape.ts'
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

const STATUS = nullable(word('in_progress', 'completed', 'incomplete'))
const CALL_ID = text({ min: 1, max: 64 })
const IMAGE = object(
  { type: anything },
  { image_url: nullable(text()), file_id: nullable(text()), detail: word('auto', 'low', 'high', 'original') },
)
const FILE = object(
  { type: anything },
  { filename: text(), file_data: text(), file_id: nullable(text()), file_url: text() },
)
const INPUT_PARTS = list(
  tagged('type', {
    input_text: object({ type: anything, text: text() }),
    input_image: IMAGE,
    input_file: FILE,
  }),
)
const OUTPUT_PARTS = list(
  tagged('type', {
    output_text: object(
      { type: anything, text: text() },
      { annotations: list(anObject), logprobs: list(anObject) },
    ),
    refusal: object({ type: anything, refusal: text() }),
  }),
)

const asked = object(
  { role: anything, content: textOr(INPUT_PARTS) },
  { type: word('message'), status: STATUS, id: text() },
)
const MESSAGE = tagged('role', {
  user: asked,
  system: asked,
  developer: asked,
  assistant: object(
    { role: anything, content: textOr(OUTPUT_PARTS) },
    {
      type: word('message'),
      status: STATUS,
      id: text({ pattern: /^msg/ }),
      phase: nullable(word('commentary', 'final_answer')),
    },
  ),
})

const ITEM = tagged(
  'type',
  {
    message: MESSAGE,
    function_call: object(
      {
        type: anything,
        call_id: CALL_ID,
        name: text({ pattern: NAME, min: 1, max: 128 }),
        arguments: text(),
      },
      { id: text({ pattern: /^fc/ }), status: STATUS },
    ),
    function_call_output: object(
      { type: anything, call_id: CALL_ID, output: textOr(INPUT_PARTS) },
      { id: nullable(text()), status: STATUS },
    ),
    reasoning: object(
      {
        type: anything,
        summary: list(object({ type: word('summary_text'), text: text() })),
      },
      {
        id: text({ pattern: /^rs/ }),
        encrypted_content: nullable(text()),
        content: list(object({ type: word('reasoning_text'), text: text() })),
        status: STATUS,
      },
    ),
  },
  { fallback: MESSAGE },
)

const NAMED = object({ type: word('function'), name: text() })

const COUNTED: Record<string, Shape> = {
  conversation: anything,
  instructions: nullable(text()),
  parallel_tool_calls: nullable(aBoolean),
  previous_response_id: nullable(text()),
  reasoning: nullable(
    object(
      {},
      {
        effort: nullable(word('none', 'minimal', 'low', 'medium', 'high', 'xhigh')),
        summary: nullable(word('auto', 'concise', 'detailed')),
      },
    ),
  ),
  text: object(
    {},
    {
      verbosity: nullable(word('low', 'medium', 'high')),
      format: tagged('type', {
        text: object({ type: anything }),
        json_object: object({ type: anything }),
        json_schema: object(
          { type: anything, name: text({ pattern: NAME, max: 64 }), schema: anObject },
          { strict: nullable(aBoolean), description: text() },
        ),
      }),
    },
  ),
  tool_choice: textOr(
    tagged('type', {
      function: NAMED,
      allowed_tools: object({
        type: anything,
        mode: word('auto', 'required'),
        tools: list(NAMED, { min: 1 }),
      }),
    }),
  ),
  tools: list(
    tagged('type', {
      function: object(
        { type: anything, name: text({ pattern: NAME, min: 1, max: 128 }) },
        { parameters: nullable(anObject), strict: nullable(aBoolean), description: nullable(text()) },
      ),
      web_search: anObject,
      web_search_preview: anObject,
    }),
    { max: 128 },
  ),
  truncation: nullable(word('auto', 'disabled')),
}

const REQUIRED = { model: text(), input: textOr(list(ITEM)) }
export const COUNT = object(REQUIRED, COUNTED)
export const REQUEST = object(REQUIRED, {
  ...COUNTED,
  background: nullable(aBoolean),
  include: nullable(
    list(
      word('reasoning.encrypted_content', 'message.output_text.logprobs', 'web_search_call.action.sources'),
    ),
  ),
  max_output_tokens: nullable(integer({ min: 16 })),
  max_tool_calls: nullable(integer({ min: 1 })),
  metadata: nullable(map(text({ max: 512 }))),
  prompt_cache_key: text(),
  prompt_cache_retention: nullable(text()),
  safety_identifier: text({ max: 64 }),
  service_tier: nullable(word('auto', 'default', 'flex', 'scale', 'priority')),
  store: nullable(aBoolean),
  stream: nullable(aBoolean),
  stream_options: nullable(object({}, { include_obfuscation: aBoolean })),
  temperature: nullable(number({ min: 0, max: 2 })),
  top_logprobs: nullable(integer({ min: 0, max: 20 })),
  top_p: nullable(number({ min: 0, max: 1 })),
  user: text(),
})
