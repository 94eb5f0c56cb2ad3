/** A provider that plays prepared replies and records what it was sent, with an upstream in front of it. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import type { Library } from '../../nouns/resources.ts'
import type { Loss } from '../../nouns/translation.ts'
import { CALLER, callOf } from '../../nouns.fixture.ts'
import type { Answer, Call, Chunk, Upstream, Verb } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { createSeals } from '../translation/seals.ts'
import { createOpenAiUpstream, type OpenAiOptions } from './upstream.ts'

/** JSON as a test looks into it. */
export type Loose = ReturnType<typeof JSON.parse>

export interface Reply {
  readonly status?: number
  readonly headers?: Record<string, string>
  /** One JSON body; or any, as bytes. */
  readonly body?: unknown
  /** Or events: objects as JSON, texts as they are. */
  readonly events?: readonly unknown[]
  /** The connection ends within the answer. */
  readonly isBroken?: boolean
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Loose
}

const NO_LIBRARY: Library = {
  file: () => Promise.reject(new Error('no files')),
  cachedContent: () => Promise.reject(new Error('no caches')),
  documents: () => Promise.reject(new Error('no documents')),
}

export interface Rig {
  readonly upstream: Upstream
  readonly asked: Asked[]
  /** What the next requests get, one after the other; the last one stays. */
  reply(...replies: Reply[]): void
  send(request: object, how?: How): Promise<Result>
}

export interface How {
  readonly model?: string
  readonly verb?: Verb
  readonly isStrict?: boolean
}

export interface Result extends Pick<Answer, 'status' | 'retryable' | 'headers'> {
  readonly hint: Answer['hint'] | undefined
  /** All chunks; one for a whole answer. */
  readonly chunks: readonly GenerateContentResponse[]
  readonly losses: readonly Loss[]
  /** Path of each loss, with its kind. */
  readonly lost: Record<string, string>
  /** The body of the last request. */
  readonly sent: Loose
}

export async function startRig(options: Partial<OpenAiOptions> = {}): Promise<Rig> {
  const asked: Asked[] = []
  let replies: Reply[] = [{ body: chatAnswer({ content: 'ok' }) }]
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString()
    const { method = '', url = '', headers } = request
    asked.push({ method, path: url, headers, body: text === '' ? {} : JSON.parse(text) })
    const reply = (replies.length > 1 ? replies.shift() : replies[0]) as Reply
    const { status = 200, events, isBroken } = reply
    response.writeHead(status, {
      'content-type': events ? 'text/event-stream' : 'application/json',
      ...reply.headers,
    })
    if (Buffer.isBuffer(reply.body)) return response.end(reply.body)
    if (events === undefined) return response.end(JSON.stringify(reply.body))
    for (const event of events) {
      const piece = typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`
      await new Promise((resolve) => response.write(piece, resolve))
    }
    if (isBroken) response.destroy()
    else response.end()
  })
  const baseUrl = `${await listen(server)}/v1`
  const seals = createSeals()
  seals.use(Buffer.alloc(32, 7))
  const upstream = createOpenAiUpstream({
    name: 'provider',
    vendor: 'openai',
    baseUrl,
    keys: ['the-key'],
    timeouts: {
      connect: 5_000,
      firstByte: 5_000,
      streamFirstByte: 5_000,
      streamIdle: 5_000,
      streamTotal: 5_000,
    },
    connectionsMax: 4,
    library: NO_LIBRARY,
    seals,
    ...options,
  })
  after(async () => {
    await upstream.destroy()
    server.closeAllConnections()
    server.close()
  })
  return {
    upstream,
    asked,
    reply: (...next) => {
      replies = next
    },
    send: async (request, how = {}) => {
      const result = await ask(upstream, callFor(request, how), how.model ?? 'gpt-4o')
      return { ...result, sent: asked.at(-1)?.body ?? {} }
    },
  }
}

function callFor(request: object, { verb = 'generateContent', isStrict = false }: How): Call {
  const body = Buffer.from(JSON.stringify(request))
  const config = (request as Loose).generationConfig ?? {}
  const call = callOf({ body, verb, isStrict, delivery: verb === 'streamGenerateContent' ? 'sse' : 'unary' })
  const candidateCount = config.candidateCount ?? 1
  return { ...call, facts: { ...call.facts, candidateCount } }
}

async function ask(upstream: Upstream, call: Call, model: string): Promise<Omit<Result, 'sent'>> {
  const target = { upstream, model, credential: 0, price: undefined, thinking: 'pass' as const }
  const answer = await upstream.send(call, target, CALLER)
  const taken: Chunk[] = []
  await new Promise<void>((resolve, reject) => {
    answer.source.start({
      weigh: () => 0,
      chunk: (chunk) => taken.push(chunk),
      end: (last) => {
        if (last !== undefined) taken.push(last)
        resolve()
      },
      fail: reject,
    })
  })
  const losses = answer.translation?.losses() ?? []
  const { status, retryable, headers, hint } = answer
  return {
    ...{ status, retryable, headers, hint },
    chunks: taken.map((chunk) => chunk.response ?? JSON.parse(String(chunk.bytes))),
    losses,
    lost: Object.fromEntries(losses.map(({ path, kind }) => [path, kind])),
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function chatAnswer(message: object, rest: Loose = {}): object {
  const { usage, finish_reason = 'stop', logprobs, ...others } = rest
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'gpt-4o-2024',
    choices: [
      { index: 0, message: { role: 'assistant', ...message }, logprobs: logprobs ?? null, finish_reason },
    ],
    usage: usage ?? { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    ...others,
  }
}

export function chatEvent(delta: object, rest: Loose = {}): object {
  const { index = 0, finish_reason = null, ...others } = rest
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'gpt-4o-2024',
    choices: [{ index, delta, finish_reason }],
    ...others,
  }
}

export const user = (...parts: object[]) => ({ role: 'user', parts })
export const model = (...parts: object[]) => ({ role: 'model', parts })
export const says = (text: string) => ({ contents: [user({ text })] })

/** All parts of all chunks of one candidate. */
export function partsOf(chunks: readonly GenerateContentResponse[], index = 0) {
  return chunks.flatMap((chunk) =>
    (chunk.candidates ?? [])
      .filter((candidate) => (candidate.index ?? 0) === index)
      .flatMap((candidate) => candidate.content?.parts ?? []),
  )
}
