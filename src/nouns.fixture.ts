/** The nouns as the tests of the rooms need them: small, complete, and each field to be set apart. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { GatewayError } from './errors.ts'
import type { KeptResponses } from './nouns/kept-responses.ts'
import type {
  Answer,
  Call,
  Caller,
  Chunk,
  HttpRequest,
  HttpResponse,
  Reading,
  Settlement,
  Sink,
  Source,
  Target,
  Upstream,
} from './nouns.ts'

export function requestOf(target: string, rest: Partial<HttpRequest> = {}): HttpRequest {
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  return {
    id: '01900000-0000-7000-8000-000000000000',
    clientRequestId: undefined,
    method: 'POST',
    path: path.split('/').slice(1).map(decodeURIComponent),
    query: new URLSearchParams(query),
    headers: {},
    remoteAddress: '127.0.0.1',
    receivedAtMs: performance.now(),
    clientLeft: () => false,
    origin: () => 'http://gateway.test',
    body: async () => Buffer.alloc(0),
    consume: async () => 0,
    ...rest,
  }
}

/** A request whose body arrives in these pieces. */
export function bodyOf(...pieces: readonly (string | Buffer)[]): Pick<HttpRequest, 'body' | 'consume'> {
  const bytes = pieces.map((piece) => Buffer.from(piece as string))
  return {
    consume: async (write, bytesMax) => {
      let total = 0
      for (const piece of bytes) {
        total += piece.length
        if (total > bytesMax) throw new GatewayError('invalid_argument', 'too large')
        const lent = Buffer.from(piece)
        await write(lent)
        // As at the edge, the bytes are gone.
        lent.fill(0)
      }
      return total
    },
    body: async (visit) => {
      for (const piece of bytes) visit?.(piece)
      return Buffer.concat(bytes)
    },
  }
}

export interface RecordedResponse extends HttpResponse {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly text: string
  readonly ended: boolean
  readonly destroyed: boolean
  /** What `write` says from now on. */
  full: boolean
  drain(): void
  leave(): void
  halfClose(): void
}

export function recordedResponse(): RecordedResponse {
  const pieces: Buffer[] = []
  const state = { status: 0, headers: {} as OutgoingHttpHeaders, ended: false, destroyed: false }
  let drained: (() => void) | undefined
  let left: (() => void) | undefined
  let halfClosed: (() => void) | undefined
  const take = (bytes: Buffer | string | undefined) =>
    bytes !== undefined && pieces.push(Buffer.from(bytes as string))
  return {
    full: false,
    get status() {
      return state.status
    },
    get headers() {
      return state.headers
    },
    get text() {
      return Buffer.concat(pieces).toString()
    },
    get ended() {
      return state.ended
    },
    get destroyed() {
      return state.destroyed
    },
    get headSent() {
      return state.status !== 0
    },
    get bodyBytes() {
      return Buffer.concat(pieces).length
    },
    head: (status, headers) => {
      if (state.status !== 0) throw new Error('a second head')
      Object.assign(state, { status, headers })
    },
    write(bytes) {
      take(bytes)
      return !this.full
    },
    end: (bytes) => {
      take(bytes)
      state.ended = true
    },
    destroy: () => {
      state.destroyed = true
    },
    onDrain: (listener) => {
      drained = listener
    },
    onClientLeft: (listener) => {
      left = listener
    },
    onHalfClosed: (listener) => {
      halfClosed = listener
    },
    halfClose: () => halfClosed?.(),
    drain: () => drained?.(),
    leave: () => left?.(),
  }
}

export function callOf(rest: Partial<Call> = {}): Call {
  const body = rest.body ?? Buffer.from('{"contents":[]}')
  return {
    verb: 'generateContent',
    model: 'some-model',
    apiVersion: 'v1beta',
    delivery: 'unary',
    credential: undefined,
    id: '01900000-0000-7000-8000-000000000000',
    wire: 'gemini',
    body,
    document: () => JSON.parse(body.toString()),
    facts: {
      maxOutputTokens: undefined,
      candidateCount: 1,
      thinkingBudget: undefined,
      items: 1,
      bodyBytes: body.length,
      mediaBytes: 0,
      mediaParts: 0,
      imageBytes: 0,
      imageParts: 0,
      usesStored: false,
      usesSearch: false,
      hasFormat: false,
    },
    forwardHeaders: {},
    forwardQuery: '',
    tags: undefined,
    idempotencyKey: undefined,
    tier: 'standard',
    isStrict: false,
    receivedAtMs: performance.now(),
    deadlineAtMs: undefined,
    clientLeft: () => false,
    ...rest,
  }
}

export const CALLER: Caller = {
  keyId: 'k',
  name: 'a key',
  models: [],
  limits: {},
  project: undefined,
  isBudgeted: false,
}

export function upstreamOf(name: string, rest: Partial<Upstream> = {}): Upstream {
  return {
    name,
    kind: 'test',
    credentials: 1,
    send: () => Promise.reject(new Error(`${name} was not expected to be asked`)),
    listModels: async () => [],
    close: async () => undefined,
    destroy: async () => undefined,
    ...rest,
  }
}

export const targetOf = (upstream: Upstream, model = 'some-model'): Target => ({
  upstream,
  model,
  credential: 0,
  price: undefined,
  thinking: 'pass',
})

/** A source in the test's hand; it takes notes of what it was told. */
export class HandSource implements Source {
  sink: Sink | undefined
  readonly heard: string[] = []

  start(sink: Sink): void {
    this.heard.push('start')
    this.sink = sink
  }

  pause(): void {
    this.heard.push('pause')
  }

  resume(): void {
    this.heard.push('resume')
  }

  cancel(): void {
    this.heard.push('cancel')
    this.sink = undefined
  }
}

export const chunkOf = (text: string): Chunk => ({ bytes: Buffer.from(text) })

export function answerOf(source: Source, reading: Partial<Reading> = {}, rest: Partial<Answer> = {}): Answer {
  const read: Reading = {
    usage: undefined,
    finishReason: undefined,
    modelVersion: undefined,
    begun: true,
    ...reading,
  }
  return {
    status: 200,
    wire: 'gemini',
    delivery: 'unary',
    headers: {},
    source,
    reading: () => read,
    retryable: false,
    firstByteMs: 1,
    ...rest,
  }
}

export function settlementOf(rest: Partial<Settlement> = {}): Settlement {
  return {
    outcome: 'complete',
    status: 200,
    target: targetOf(upstreamOf('up'), 'up-model'),
    attempts: 1,
    failedAttempts: [],
    usage: undefined,
    usageSource: 'none',
    modelVersion: undefined,
    searchQueries: 0,
    isGrounded: false,
    finishReason: undefined,
    deliveredBytes: 0,
    firstByteMs: 1,
    durationMs: 2,
    ...rest,
  }
}

/** For `assert.throws` and `assert.rejects`: an error of the table, with this code and words. */
export function fails(code: string, words: RegExp = /(?:)/): (error: unknown) => boolean {
  return (error) => {
    const { code: actual, message } = error as { code?: string; message: string }
    if (actual === code && words.test(message)) return true
    throw new Error(`${actual}: ${message}`)
  }
}

export const headersOf = (headers: Record<string, string>): { headers: IncomingHttpHeaders } => ({ headers })

/** Where no answer is kept. */
export const NO_RESPONSES: KeptResponses = {
  keep: async () => false,
  find: async () => undefined,
}
