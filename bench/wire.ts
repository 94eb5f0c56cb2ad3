/** The bytes of the benchmark: what is asked and what the mock upstream answers. All of it is made once. */

export const UPSTREAM_KEY = 'bench-upstream-key'
export const CLIENT_KEY = 'bench-client-key-0123456789abcdef'
export const ADMIN_KEY = 'bench-admin-key-0123456789abcdef'

export const BURST_EVENTS = 50
export const DRIP_INTERVAL_MS = 100
export const HOLD_INTERVAL_MS = 2_000

export type Model = 'bench-unary' | 'bench-burst' | 'bench-drip' | 'bench-hold'

const WORDS = 'the line carries each event as it came and reads only what money and policy need of it '
const PROMPT =
  'Explain in three short paragraphs how a reverse proxy differs from a gateway, and name one case for each of them.'

/** One GenerateContentResponse in Google's spelling: a space after each colon, none after a comma. */
function answerJson(text: string, candidatesTokenCount: number, finishReason?: string): string {
  const finish = finishReason === undefined ? '' : `"finishReason": "${finishReason}",`
  return (
    `{"candidates": [{"content": {"parts": [{"text": "${text}"}],"role": "model"},${finish}"index": 0}],` +
    `"usageMetadata": {"promptTokenCount": 24,"candidatesTokenCount": ${candidatesTokenCount},` +
    `"totalTokenCount": ${24 + candidatesTokenCount},` +
    `"promptTokensDetails": [{"modality": "TEXT","tokenCount": 24}]},` +
    `"modelVersion": "bench-001","responseId": "bQ5yaKvKDMuzxN8PtczM-Qk"}`
  )
}

/** 0.8 kB, as one JSON body. */
export const UNARY_ANSWER = answerJson(WORDS.repeat(6).slice(0, 470), 118, 'STOP')

export const STREAM_EVENT = answerJson(WORDS.repeat(2).slice(0, 80), 40)
export const STREAM_LAST_EVENT = answerJson(WORDS.slice(0, 60), 80, 'STOP')

export function streamJson(eventCount: number): readonly string[] {
  return [...Array.from({ length: eventCount - 1 }, () => STREAM_EVENT), STREAM_LAST_EVENT]
}

export function sseEvent(json: string): string {
  return `data: ${json}\r\n\r\n`
}

/** What a client of the Gemini wire must have received, byte for byte. */
export function sseBody(eventCount: number): string {
  return streamJson(eventCount).map(sseEvent).join('')
}

const CHAT_USAGE = '"usage":{"prompt_tokens":24,"completion_tokens":118,"total_tokens":142}'

/** The same answer as a Chat Completion. */
export const CHAT_ANSWER =
  '{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"bench-001","choices":[{"index":0,' +
  `"message":{"role":"assistant","content":"${WORDS.repeat(6).slice(0, 470)}"},"logprobs":null,"finish_reason":"stop"}],` +
  `${CHAT_USAGE}}`

function chatChunk(choices: string, rest = ''): string {
  return (
    '{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench-001",' +
    `"system_fingerprint":"fp_bench","choices":[${choices}]${rest}}`
  )
}

/** One event of a streamed Chat Completion with as many words as a Gemini event here. */
export const CHAT_EVENT = chatChunk(
  `{"index":0,"delta":{"content":"${WORDS.repeat(2).slice(0, 80)}"},"logprobs":null,"finish_reason":null}`,
)
/** The end of such a stream, as one read: the finish reason, the usage, the mark. */
export const CHAT_END = [
  chatChunk('{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}'),
  chatChunk('', `,${CHAT_USAGE}`),
  '[DONE]',
]

export const GEMINI_BODY = JSON.stringify({
  contents: [{ role: 'user', parts: [{ text: PROMPT }] }],
  generationConfig: { temperature: 0.7, topP: 0.95, maxOutputTokens: 512 },
})

/** One whole request in the Gemini wire, as the client of a proxy or of the mock sends it. */
export function geminiRequest(port: number, model: Model): Buffer {
  const verb = model === 'bench-unary' ? 'generateContent' : 'streamGenerateContent?alt=sse'
  return requestBytes(port, `${model}:${verb}`, GEMINI_BODY)
}

function requestBytes(port: number, target: string, body: string): Buffer {
  return Buffer.from(
    `POST /v1beta/models/${target} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n` +
      `content-type: application/json\r\nx-goog-api-key: ${CLIENT_KEY}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    'latin1',
  )
}

export type SandboxQuestion = 'unary' | 'stream' | 'code'

const SANDBOX_MODEL = 'gemini-2.5-flash'
const CODE_BODY = JSON.stringify({
  contents: [{ role: 'user', parts: [{ text: 'What is the sum of the first 50 prime numbers?' }] }],
  tools: [{ codeExecution: {} }],
})

/** What the sandbox is asked: the same question as the others, or one that runs a program. */
export function sandboxRequest(port: number, question: SandboxQuestion): Buffer {
  const verb = question === 'stream' ? 'streamGenerateContent?alt=sse' : 'generateContent'
  return requestBytes(port, `${SANDBOX_MODEL}:${verb}`, question === 'code' ? CODE_BODY : GEMINI_BODY)
}

/** The same question in OpenAI's format, for a gateway that takes no other. */
export function openaiRequest(port: number, model: Model, headers: Readonly<Record<string, string>>): Buffer {
  const body = JSON.stringify({
    model,
    messages: [{ role: 'user', content: PROMPT }],
    temperature: 0.7,
    top_p: 0.95,
    max_tokens: 512,
    ...(model === 'bench-unary' ? {} : { stream: true }),
  })
  const extra = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n` +
      `content-type: application/json\r\n${extra.join('')}` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    'latin1',
  )
}
