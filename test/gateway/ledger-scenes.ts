/** What can happen to a request, and what its row must say: the table that `ledger.test.ts` plays. */
import type { Replay } from '../servers/replay-client.ts'
import type { Script } from '../servers/replay-script.ts'
import { ASK, type Gateway, SSE_HEADERS, sseEvent, until } from './rig.ts'

export interface Scene {
  readonly id: string
  readonly name: string
  /** Default `generateContent`. */
  readonly verb?: string
  readonly script?: Omit<Script, 'framing'> & { readonly framing?: Script['framing'] }
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default: asks, and reads the whole answer. */
  readonly play?: (gateway: Gateway, path: string, replay: Replay) => Promise<unknown>
  /** What the row must say; `undefined`: there must be none. A function judges. */
  readonly row: Readonly<Record<string, unknown>> | undefined
  /** The model that the client names, where it is not one of the scene's own. */
  readonly model?: string
}

const FIXTURE = {
  outcome: 'complete',
  status: 200,
  usage_source: 'final',
  prompt_tokens: 11,
  candidates_tokens: 6,
  thoughts_tokens: 24,
  cached_tokens: 0,
  tool_use_prompt_tokens: 0,
  total_tokens: 41,
  upstream: 'replay',
  attempts: 1,
  key_id: 'env',
  finish_reason: 'STOP',
}
const NOTHING_USED = { usage_source: 'none', prompt_tokens: 0, candidates_tokens: 0, total_tokens: 0 }
const positive = (value: unknown) => (value as number) > 0
const estimated = (outcome: string) => ({
  outcome,
  usage_source: 'estimated',
  prompt_tokens: Math.ceil(ASK.length / 4),
  candidates_tokens: positive,
  total_tokens: positive,
})
const json = (value: object) => Buffer.from(JSON.stringify(value))
const unary = (usage: object | undefined) =>
  json({
    candidates: [{ content: { parts: [{ text: 'hello' }] }, finishReason: 'STOP' }],
    ...(usage && { usageMetadata: usage }),
  })
const sse = (body: string, rest: Partial<Script> = {}): Script => ({
  headers: SSE_HEADERS,
  body: Buffer.from(body),
  framing: 'chunked',
  ...rest,
})
const STREAM = 'streamGenerateContent?alt=sse'
const error = (status: number, name: string) => ({
  status,
  body: json({ error: { code: status, message: 'no', status: name } }),
})

/** Three events, each a network read of its own; the last words say what the whole answer cost. */
const [FIRST, SECOND, THIRD] = [
  sseEvent({ text: 'one', total: 5 }),
  sseEvent({ text: 'two', total: 7 }),
  sseEvent({ text: 'three', total: 90, finish: 'STOP' }),
]
const SLOW = sse(FIRST + SECOND + THIRD, {
  splits: [FIRST.length, FIRST.length + SECOND.length],
  delayBetweenMs: 60,
})
const READ_TO_THE_END = {
  outcome: 'client_gone',
  usage_source: 'final',
  prompt_tokens: 3,
  candidates_tokens: 87,
  total_tokens: 90,
}

export const SCENES: readonly Scene[] = [
  { id: 'LEDGER-01', name: 'a unary answer', row: { ...FIXTURE, verb: 'generateContent' } },
  {
    id: 'LEDGER-01',
    name: 'a stream of events',
    verb: STREAM,
    row: { ...FIXTURE, verb: 'streamGenerateContent' },
  },
  { id: 'LEDGER-01', name: 'a streamed array', verb: 'streamGenerateContent', row: FIXTURE },
  {
    id: 'LEDGER-01',
    name: 'an answer through an alias',
    model: 'fast',
    row: { ...FIXTURE, model: 'fast', upstream_model: 'gemini-2.5-flash', model_version: 'gemini-2.5-flash' },
  },
  {
    id: 'LEDGER-01',
    name: 'every class of tokens',
    script: {
      body: unary({
        promptTokenCount: 100,
        cachedContentTokenCount: 40,
        toolUsePromptTokenCount: 7,
        thoughtsTokenCount: 9,
        candidatesTokenCount: 5,
        totalTokenCount: 121,
      }),
    },
    row: {
      usage_source: 'final',
      prompt_tokens: 100,
      cached_tokens: 40,
      tool_use_prompt_tokens: 7,
      thoughts_tokens: 9,
      candidates_tokens: 5,
      total_tokens: 121,
    },
  },
  {
    id: 'LEDGER-01',
    name: 'an embedding with its usage',
    verb: 'embedContent',
    body: '{"content":{"parts":[{"text":"hi"}]}}',
    script: { body: json({ embedding: { values: [1] }, usageMetadata: { promptTokenCount: 7 } }) },
    row: {
      outcome: 'complete',
      verb: 'embedContent',
      usage_source: 'final',
      prompt_tokens: 7,
      candidates_tokens: 0,
      total_tokens: 7,
    },
  },
  {
    id: 'LEDGER-06',
    name: 'an embedding without usage: its vector is no output tokens',
    verb: 'embedContent',
    body: '{"content":{"parts":[{"text":"hi"}]}}',
    row: {
      outcome: 'complete',
      usage_source: 'estimated',
      prompt_tokens: positive,
      candidates_tokens: 0,
      total_tokens: positive,
    },
  },
  {
    id: 'LEDGER-06',
    name: 'a batch of embeddings without usage',
    verb: 'batchEmbedContents',
    body: '{"requests":[{"content":{"parts":[{"text":"hi"}]}},{"content":{"parts":[{"text":"ho"}]}}]}',
    row: { outcome: 'complete', verb: 'batchEmbedContents', usage_source: 'estimated', candidates_tokens: 0 },
  },
  {
    id: 'LEDGER-06',
    name: 'U40 no usage',
    script: { body: unary(undefined) },
    row: estimated('complete'),
  },
  {
    id: 'LEDGER-06',
    name: 'U40 negative usage',
    script: { body: unary({ promptTokenCount: -5, totalTokenCount: 3 }) },
    row: estimated('complete'),
  },
  {
    id: 'LEDGER-06',
    name: 'U40 absurd usage',
    script: { body: unary({ promptTokenCount: 1e300, totalTokenCount: 1e300 }) },
    row: estimated('complete'),
  },
  {
    id: 'LEDGER-06',
    name: 'U40 usage in words',
    script: { body: unary({ promptTokenCount: '5', totalTokenCount: 'many' }) },
    row: estimated('complete'),
  },
  {
    id: 'LEDGER-06',
    name: 'U40 zeros that the upstream means',
    script: { body: unary({ promptTokenCount: 0, totalTokenCount: 0 }) },
    row: { outcome: 'complete', usage_source: 'final', total_tokens: 0 },
  },
  {
    id: 'LEDGER-06',
    name: 'U34 a stream that broke, with running totals',
    verb: STREAM,
    script: sse(FIRST + SECOND, { ending: 'fin' }),
    row: {
      outcome: 'upstream_broken',
      status: 200,
      usage_source: 'partial',
      prompt_tokens: 3,
      candidates_tokens: 4,
      total_tokens: 7,
      delivered_bytes: positive,
    },
  },
  {
    id: 'LEDGER-06',
    name: 'U33 a stream that broke, without totals',
    verb: STREAM,
    script: sse(sseEvent({ text: 'a piece of an answer' }), { ending: 'reset' }),
    row: estimated('upstream_broken'),
  },
  {
    id: 'LEDGER-06',
    name: 'U35 a stream without a finish reason',
    verb: STREAM,
    script: sse(FIRST),
    row: { outcome: 'upstream_broken', usage_source: 'partial', total_tokens: 5 },
  },
  {
    id: 'LEDGER-06',
    name: 'U16 an error of the upstream',
    script: error(400, 'INVALID_ARGUMENT'),
    row: { outcome: 'upstream_error', status: 400, ...NOTHING_USED },
  },
  {
    id: 'LEDGER-06',
    name: 'U19 too many requests',
    script: error(429, 'RESOURCE_EXHAUSTED'),
    row: { outcome: 'upstream_error', status: 429, ...NOTHING_USED },
  },
  {
    id: 'LEDGER-06',
    name: 'U17 our credential refused',
    script: error(401, 'UNAUTHENTICATED'),
    row: { outcome: 'upstream_error', status: 503, delivered_bytes: 0, ...NOTHING_USED },
  },
  {
    id: 'LEDGER-06',
    name: 'U01 nobody there',
    model: 'nobody',
    row: { outcome: 'upstream_error', status: 503, upstream: 'down', ...NOTHING_USED },
  },
  {
    id: 'NATIVE-DRAIN-01',
    name: 'C03 the client left in the middle',
    verb: STREAM,
    script: SLOW,
    play: async (gateway, path) => {
      const answer = await gateway.open(path)
      await answer.seen((text) => text.includes('one'))
      answer.leave()
    },
    row: {
      ...READ_TO_THE_END,
      delivered_bytes: (bytes: number) => bytes > 0 && bytes < (FIRST + SECOND + THIRD).length,
    },
  },
  {
    id: 'NATIVE-DRAIN-01',
    name: 'C02 the client left before the first byte',
    verb: STREAM,
    script: { ...SLOW, delayBeforeMs: 150 },
    play: async (gateway, path, replay) => {
      const before = await replay.receivedCount()
      const request = gateway.send(path).on('error', () => undefined)
      await until('the upstream was asked', async () => (await replay.receivedCount()) > before)
      request.destroy()
    },
    row: { ...READ_TO_THE_END, delivered_bytes: 0 },
  },
  {
    id: 'LEDGER-01',
    name: 'a wrong key',
    headers: { 'x-goog-api-key': 'wst_wrong_key-that-nobody-has' },
    row: undefined,
  },
  { id: 'LEDGER-01', name: 'a model that leads nowhere', model: 'unheard-of', row: undefined },
  { id: 'LEDGER-01', name: 'a body that is no JSON', body: '{"contents":', row: undefined },
  { id: 'LEDGER-01', name: 'a verb that does not exist', verb: 'predictLongRunning', row: undefined },
  { id: 'LEDGER-01', name: 'countTokens', verb: 'countTokens', row: undefined },
  {
    id: 'LEDGER-01',
    name: 'one model',
    play: (gateway, path) => gateway.ask(path.split(':')[0] as string, { method: 'GET' }),
    row: undefined,
  },
]

/** Each scene has a model of its own, by which its row is found. */
export const modelOf = (scene: Scene) => scene.model ?? `gemini-scene-${SCENES.indexOf(scene)}`
