/** The mock's answers as finished bytes, by request target. */
import {
  BURST_EVENTS,
  CHAT_ANSWER,
  CHAT_END,
  CHAT_EVENT,
  DRIP_INTERVAL_MS,
  HOLD_INTERVAL_MS,
  STREAM_EVENT,
  STREAM_LAST_EVENT,
  sseEvent,
  streamJson,
  UNARY_ANSWER,
} from '../wire.ts'

/** Either everything at once, or `first` now, `next` each `intervalMs`, and `last` as the final event. */
export type MockAnswer =
  | { readonly whole: Buffer; readonly drip?: undefined }
  | { readonly whole?: undefined; readonly drip: Drip }

export interface Drip {
  readonly first: Buffer
  readonly next: Buffer
  readonly last: Buffer
  readonly intervalMs: number
  /** An endless stream goes on until the client leaves. */
  readonly endless: boolean
}

const FINAL_CHUNK = '0\r\n\r\n'
const SSE_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nvary: Origin\r\ntransfer-encoding: chunked\r\n\r\n'
const ARRAY_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=UTF-8\r\nvary: Origin\r\n' +
  'transfer-encoding: chunked\r\n\r\n'

function jsonAnswer(status: string, body: string): MockAnswer {
  const head =
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=UTF-8\r\nvary: Origin\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n`
  return { whole: Buffer.from(head + body, 'latin1') }
}

/** Each event is a chunk of its own, because Google flushes each event by itself. */
function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}

function burst(elements: readonly string[], head: string): MockAnswer {
  return { whole: Buffer.from(head + elements.map(chunk).join('') + FINAL_CHUNK, 'latin1') }
}

/** Without `alt=sse`, Google streams a JSON array with this very punctuation. */
function arrayElements(json: readonly string[]): readonly string[] {
  const elements = json.map((item, index) => (index === 0 ? `[${item}` : `\n,\r\n${item}`))
  return [...elements, '\n]\n']
}

function sseDrip(intervalMs: number, endless: boolean): MockAnswer {
  const next = Buffer.from(chunk(sseEvent(STREAM_EVENT)), 'latin1')
  const last = Buffer.from(chunk(sseEvent(STREAM_LAST_EVENT)) + FINAL_CHUNK, 'latin1')
  return {
    drip: {
      first: Buffer.from(SSE_HEAD + next.toString('latin1'), 'latin1'),
      next,
      last,
      intervalMs,
      endless,
    },
  }
}

function arrayDrip(intervalMs: number, endless: boolean): MockAnswer {
  const first = Buffer.from(ARRAY_HEAD + chunk(`[${STREAM_EVENT}`), 'latin1')
  const next = Buffer.from(chunk(`\n,\r\n${STREAM_EVENT}`), 'latin1')
  const last = Buffer.from(chunk(`\n,\r\n${STREAM_LAST_EVENT}\n]\n`) + FINAL_CHUNK, 'latin1')
  return { drip: { first, next, last, intervalMs, endless } }
}

/** A vendor's events end in plain line feeds, each a chunk of its own. */
const chatChunkOf = (json: string) => chunk(`data: ${json}\n\n`)

function chatDrip(intervalMs: number, endless: boolean): MockAnswer {
  const next = Buffer.from(chatChunkOf(CHAT_EVENT), 'latin1')
  const last = Buffer.from(CHAT_END.map(chatChunkOf).join('') + FINAL_CHUNK, 'latin1')
  const first = Buffer.from(SSE_HEAD + next.toString('latin1'), 'latin1')
  return { drip: { first, next, last, intervalMs, endless } }
}

function chatBurst(): MockAnswer {
  const events = Array.from({ length: BURST_EVENTS - 1 }, () => CHAT_EVENT)
  const text = [...events, ...CHAT_END].map(chatChunkOf).join('')
  return { whole: Buffer.from(SSE_HEAD + text + FINAL_CHUNK, 'latin1') }
}

/** By the base path that the subject puts before the route: the route itself is the same for all of them. */
const CHATS: Readonly<Record<string, MockAnswer>> = {
  '/chat-unary/v1/chat/completions': jsonAnswer('200 OK', CHAT_ANSWER),
  '/chat-burst/v1/chat/completions': chatBurst(),
  '/chat-drip/v1/chat/completions': chatDrip(DRIP_INTERVAL_MS, false),
  '/chat-hold/v1/chat/completions': chatDrip(HOLD_INTERVAL_MS, true),
}

const UNARY = jsonAnswer('200 OK', UNARY_ANSWER)
const MODELS = jsonAnswer(
  '200 OK',
  '{"models": [{"name": "models/bench-unary","supportedGenerationMethods": ["generateContent"]}]}',
)
const NOT_FOUND = jsonAnswer(
  '404 Not Found',
  '{"error": {"code": 404,"message": "The mock upstream has no such route.","status": "NOT_FOUND"}}',
)
const STREAMS: Readonly<Record<string, readonly [sse: MockAnswer, array: MockAnswer]>> = {
  'bench-burst': [
    burst(streamJson(BURST_EVENTS).map(sseEvent), SSE_HEAD),
    burst(arrayElements(streamJson(BURST_EVENTS)), ARRAY_HEAD),
  ],
  'bench-drip': [sseDrip(DRIP_INTERVAL_MS, false), arrayDrip(DRIP_INTERVAL_MS, false)],
  'bench-hold': [sseDrip(HOLD_INTERVAL_MS, true), arrayDrip(HOLD_INTERVAL_MS, true)],
}

export function findAnswer(target: string): MockAnswer {
  const [path = '', query = ''] = target.split('?', 2)
  const chat = CHATS[path]
  if (chat !== undefined) return chat
  if (path.endsWith('/models')) return MODELS
  const [, model = '', verb] = /\/models\/([\w.-]+):(\w+)$/.exec(path) ?? []
  if (verb === 'generateContent' && model === 'bench-unary') return UNARY
  const [sse, array] = (verb === 'streamGenerateContent' && STREAMS[model]) || [NOT_FOUND, NOT_FOUND]
  return query.split('&').includes('alt=sse') ? sse : array
}
