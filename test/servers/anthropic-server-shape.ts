/** The members of a request of the Messages API. */
import {
  aBoolean,
  anObject,
  anything,
  integer,
  list,
  nullable,
  number,
  object,
  type Shape,
  tagged,
  text,
  textOr,
  word,
} from './provider-shape.ts'

const CACHE = nullable(object({ type: word('ephemeral') }, { ttl: word('5m', '1h') }))
const CACHED = { cache_control: CACHE }
const BASE64 = text({ pattern: /^[A-Za-z0-9+/]+={0,2}$/ })
export const ID = text({ pattern: /^[a-zA-Z0-9_-]+$/ })

const TEXT = object({ type: anything, text: text() }, { ...CACHED, citations: nullable(anything) })
const IMAGE = object(
  {
    type: anything,
    source: tagged(
      'type',
      {
        base64: object({
          type: anything,
          media_type: word('image/jpeg', 'image/png', 'image/gif', 'image/webp'),
          data: BASE64,
        }),
        url: object({ type: anything, url: text({ pattern: /^https:\/\// }) }),
        file: object({ type: anything, file_id: text() }),
      },
      { named: true },
    ),
  },
  CACHED,
)
const DOCUMENT = object(
  {
    type: anything,
    source: tagged(
      'type',
      {
        base64: object({ type: anything, media_type: word('application/pdf'), data: BASE64 }),
        text: object({ type: anything, media_type: word('text/plain'), data: text() }),
        url: object({ type: anything, url: text({ pattern: /^https:\/\// }) }),
        file: object({ type: anything, file_id: text() }),
        content: object({ type: anything, content: anything }),
      },
      { named: true },
    ),
  },
  {
    ...CACHED,
    title: nullable(text({ min: 1, max: 500 })),
    context: nullable(text()),
    citations: nullable(object({}, { enabled: aBoolean })),
  },
)

const RESULT = object(
  { type: anything, tool_use_id: ID },
  {
    ...CACHED,
    content: textOr(
      list(
        tagged(
          'type',
          { text: TEXT, image: IMAGE, document: DOCUMENT, search_result: anObject },
          { named: true },
        ),
      ),
    ),
    is_error: aBoolean,
  },
)

const BLOCKS = {
  text: TEXT,
  image: IMAGE,
  document: DOCUMENT,
  search_result: anObject,
  tool_use: object({ type: anything, id: ID, name: text({ min: 1, max: 200 }), input: anObject }, CACHED),
  tool_result: RESULT,
  thinking: object({ type: anything, thinking: text(), signature: text() }),
  redacted_thinking: object({ type: anything, data: text() }),
  server_tool_use: anObject,
  web_search_tool_result: anObject,
}

const MESSAGES = list(
  object({
    role: word('user', 'assistant'),
    content: textOr(list(tagged('type', BLOCKS, { named: true }))),
  }),
)

const CUSTOM_TOOL = object(
  {
    name: text({ pattern: /^[a-zA-Z0-9_-]{1,128}$/ }),
    input_schema: anObject,
  },
  {
    ...CACHED,
    type: nullable(word('custom')),
    description: text(),
    strict: aBoolean,
    input_examples: list(anObject),
    eager_input_streaming: nullable(aBoolean),
    defer_loading: aBoolean,
    allowed_callers: list(text()),
  },
)
const SERVER_TOOL = object(
  { type: anything, name: text() },
  {
    ...CACHED,
    max_uses: nullable(integer({ min: 1 })),
    allowed_domains: nullable(list(text())),
    blocked_domains: nullable(list(text())),
    user_location: nullable(anObject),
    citations: nullable(anObject),
    max_content_tokens: nullable(integer()),
  },
)
const TOOL = tagged(
  'type',
  {
    custom: CUSTOM_TOOL,
    web_search_20250305: SERVER_TOOL,
    web_search_20260209: SERVER_TOOL,
    web_fetch_20250910: SERVER_TOOL,
    web_fetch_20260209: SERVER_TOOL,
  },
  { fallback: CUSTOM_TOOL },
)

const PARALLEL = { disable_parallel_tool_use: aBoolean }
const THINKING_SHOWN = { display: nullable(word('summarized', 'omitted')) }

/** What may also be counted. */
const COUNTED: Record<string, Shape> = {
  cache_control: CACHE,
  system: textOr(list(tagged('type', { text: TEXT }))),
  thinking: tagged('type', {
    enabled: object({ type: anything, budget_tokens: integer({ min: 1024 }) }, THINKING_SHOWN),
    disabled: object({ type: anything }),
    adaptive: object({ type: anything }, THINKING_SHOWN),
  }),
  tool_choice: tagged('type', {
    auto: object({ type: anything }, PARALLEL),
    any: object({ type: anything }, PARALLEL),
    tool: object({ type: anything, name: text() }, PARALLEL),
    none: object({ type: anything }),
  }),
  tools: list(TOOL),
  output_config: object(
    {},
    {
      effort: nullable(word('low', 'medium', 'high', 'xhigh', 'max')),
      format: nullable(object({ type: word('json_schema'), schema: anObject })),
    },
  ),
}

const REQUIRED = { model: text(), messages: MESSAGES }

export const COUNT_REQUEST = object(REQUIRED, COUNTED)

export const MESSAGES_REQUEST = object(
  { ...REQUIRED, max_tokens: integer({ min: 1 }) },
  {
    ...COUNTED,
    container: nullable(anything),
    inference_geo: nullable(text()),
    metadata: object({}, { user_id: nullable(text({ max: 256 })) }),
    service_tier: word('auto', 'standard_only'),
    stop_sequences: list(text({ min: 1 })),
    stream: aBoolean,
    temperature: number({ min: 0, max: 1 }),
    top_k: integer({ min: 0 }),
    top_p: number({ min: 0, max: 1 }),
  },
)
