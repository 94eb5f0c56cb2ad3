/** The same answers in the words of each wire: whole, in pieces, and as an error. */
import type { UpstreamConfig } from '../../config/schema.ts'
import { vendorNameAt } from '../../upstreams/openai/vendors.ts'

export const FAULT_WIRES = ['gemini', 'openai', 'anthropic'] as const
export type FaultWire = (typeof FAULT_WIRES)[number]

/** How use is told; undefined: not at all. Anything, because upstreams say anything. */
export interface Told {
  readonly input: unknown
  readonly output: unknown
}

export const USE: Told = { input: 11, output: 7 }

const OPENAI_ADDRESS = 'https://api.openai.com/v1'

export interface WireWords {
  whole(text: string, told?: Told): string
  /** Frames that carry one text each; the first brings what has to come before. */
  pieces(texts: readonly string[]): readonly string[]
  /** The frames after the last text, with the protocol's own end. */
  ending(told?: Told): string
  /** An error's body. `details` in Google's shape go where there is room for them. */
  error(status: number, message: string, details?: readonly object[]): string
  /** An error in the middle of a stream, in each form that is known. */
  readonly errorFrames: readonly string[]
}

const GOOGLE_STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
}

const googleError = (status: number, message: string, details?: readonly object[]) =>
  JSON.stringify({
    error: {
      code: status,
      message,
      status: GOOGLE_STATUSES[status] ?? 'UNAVAILABLE',
      ...(details && { details }),
    },
  })

const geminiChunk = (text: string, rest: object, told?: Told) =>
  JSON.stringify({
    candidates: [{ content: { parts: [{ text }], role: 'model' }, ...rest, index: 0 }],
    ...(told && {
      usageMetadata: {
        promptTokenCount: told.input,
        candidatesTokenCount: told.output,
        totalTokenCount: sum(told),
      },
    }),
    modelVersion: 'faulty-001',
  })

function sum({ input, output }: Told): unknown {
  return typeof input === 'number' && typeof output === 'number' ? input + output : input
}

const gemini: WireWords = {
  whole: (text, told) => geminiChunk(text, { finishReason: 'STOP' }, told),
  pieces: (texts) => texts.map((text) => `data: ${geminiChunk(text, {})}\r\n\r\n`),
  ending: (told) => `data: ${geminiChunk('', { finishReason: 'STOP' }, told)}\r\n\r\n`,
  error: googleError,
  errorFrames: [
    `data: ${googleError(503, 'overloaded')}\r\n\r\n`,
    '{\n  "error": {\n    "code": 503,\n    "message": "overloaded",\n    "status": "UNAVAILABLE"\n  }\n}\n',
    `${googleError(503, 'overloaded')}\n${googleError(503, 'overloaded')}\n`,
  ],
}

const chatUsage = (told: Told) => ({
  prompt_tokens: told.input,
  completion_tokens: told.output,
  total_tokens: sum(told),
})
const chatChunk = (choices: readonly object[], told?: Told) =>
  sse({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'faulty-001',
    choices,
    ...(told && { usage: chatUsage(told) }),
  })
const chatError = (status: number, message: string) =>
  JSON.stringify({
    error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', code: null },
  })

const openai: WireWords = {
  whole: (text, told) =>
    JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'faulty-001',
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      ...(told && { usage: chatUsage(told) }),
    }),
  pieces: (texts) =>
    texts.map((content) =>
      chatChunk([{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }]),
    ),
  ending: (told) =>
    chatChunk([{ index: 0, delta: {}, finish_reason: 'stop' }]) +
    (told ? chatChunk([], told) : '') +
    sse('[DONE]'),
  error: chatError,
  errorFrames: [`data: ${chatError(503, 'overloaded')}\n\n`],
}

const anthropicEvent = (event: { readonly type: string } & Record<string, unknown>) => sse(event, event.type)
const anthropicError = (status: number, message: string) =>
  JSON.stringify({ type: 'error', error: { type: anthropicType(status), message }, request_id: 'req_1' })

function anthropicType(status: number): string {
  const types: Record<number, string> = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    529: 'overloaded_error',
  }
  return types[status] ?? 'api_error'
}

const anthropicUsage = (told: Told | undefined) =>
  told && { usage: { input_tokens: told.input, output_tokens: told.output } }

const anthropic: WireWords = {
  whole: (text, told) =>
    JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'faulty-001',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      ...anthropicUsage(told),
    }),
  pieces: (texts) =>
    texts.map((text, index) => {
      const delta = anthropicEvent({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text },
      })
      return index === 0 ? ANTHROPIC_BEGIN + delta : delta
    }),
  ending: (told) =>
    anthropicEvent({ type: 'content_block_stop', index: 0 }) +
    anthropicEvent({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      ...anthropicUsage(told),
    }) +
    anthropicEvent({ type: 'message_stop' }),
  error: anthropicError,
  errorFrames: [sse(JSON.parse(anthropicError(529, 'Overloaded')), 'error')],
}

const ANTHROPIC_BEGIN =
  anthropicEvent({
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'faulty-001',
      content: [],
      stop_reason: null,
      stop_sequence: null,
    },
  }) + anthropicEvent({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })

/** One server-sent event. */
export function sse(data: unknown, event?: string): string {
  const body = typeof data === 'string' ? data : JSON.stringify(data)
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${body}\n\n`
}

/** The wire that each kind of upstream speaks. */
const WIRES: Readonly<Record<Exclude<UpstreamConfig['kind'], 'sandbox'>, FaultWire>> = {
  gemini: 'gemini',
  vertex: 'gemini',
  openai: 'openai',
  anthropic: 'anthropic',
}

type Reached = Exclude<UpstreamConfig, { kind: 'sandbox' }>

export const wireOf = ({ kind }: Pick<Reached, 'kind'>): FaultWire => WIRES[kind]

/** The same upstream at the address of a fault upstream. `key`: for one whose credential is none of `keys`. */
export function settingsFor(upstream: Reached, address: string, key: string): Reached {
  switch (upstream.kind) {
    case 'openai': {
      const vendor = upstream.vendor ?? vendorNameAt(upstream.baseUrl ?? OPENAI_ADDRESS)
      const flags = { ...upstream.flags, api: 'chat' as const }
      return { ...upstream, vendor, flags, baseUrl: `${address}/v1` }
    }
    case 'vertex': {
      // Credentials of the cloud would ask Google for a token.
      const { credentialsFile: _, ...rest } = upstream
      const keys = upstream.keys.length > 0 ? upstream.keys : [key]
      return { ...rest, keys, baseUrl: address }
    }
    default:
      return { ...upstream, baseUrl: address }
  }
}

export const WORDS: Readonly<Record<FaultWire, WireWords>> = { gemini, openai, anthropic }
