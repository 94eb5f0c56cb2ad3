/**
 * The six nouns of Wasat: Dialect, Call, Caller, Target, Upstream, Store.
 * Rooms know each other only through this file. Two shapes of function stand beside the nouns:
 * a Policy grants a Permit or refuses, a Strategy orders Targets.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { EmbedUsage, GenerateContentResponse, Model, UsageMetadata } from './wire/gemini.ts'

// ---------------------------------------------------------------------------------------------
// HTTP, as the edge hands it in: already framed, bounded and split.

/** One HTTP request that passed the framing guard. Its body has not been read yet. */
export interface HttpRequest {
  /** UUIDv7, ours alone: the ledger's key, and `x-request-id` of the answer. */
  readonly id: string
  /** The client's own `x-request-id`, when it is 1 to 64 harmless characters; for the log. */
  readonly clientRequestId: string | undefined
  readonly method: string
  /**
   * Path segments, percent-decoded once; never `.` or `..`, repeated slashes collapsed.
   * A trailing slash leaves an empty last segment. A segment may hold a decoded `/`.
   */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** The peer's address, or what a trusted proxy said of it. */
  readonly remoteAddress: string
  /** `performance.now()` when the head was complete. */
  readonly receivedAtMs: number
  /** True once the client's connection is gone; nothing that it pays for is begun after that. */
  clientLeft(): boolean
  /**
   * Reads the whole body once, within the edge's limits of size and speed.
   * `visit` sees each piece as it arrives and may throw to refuse the rest unread.
   */
  body(visit?: (piece: Buffer) => void): Promise<Buffer>
}

/** The answer's side of the same exchange. `head` comes first and once; `end` or `destroy` comes last. */
export interface HttpResponse {
  readonly headSent: boolean
  /** Bytes of the body handed to the socket so far. */
  readonly bodyBytes: number
  /** `headers` is the response's from now on: it adds its own. */
  head(status: number, headers: OutgoingHttpHeaders): void
  /** False when the socket's buffer is full: wait for `onDrain`. */
  write(bytes: Buffer | string): boolean
  end(bytes?: Buffer | string): void
  /** Breaks the connection, so that the client cannot take what it got for whole. */
  destroy(): void
  /** One listener each, set by the encoder. */
  onDrain(listener: () => void): void
  onClientLeft(listener: () => void): void
}

// ---------------------------------------------------------------------------------------------
// Dialect: what a client speaks.

/** What the request line and the headers alone say; enough to authenticate before a body is read. */
export interface Opening {
  readonly verb: Verb
  /** The model as the client named it, without `models/`; empty for `listModels`. */
  readonly model: string
  readonly apiVersion: string
  readonly delivery: Delivery
  readonly credential: string | undefined
}

export type Verb =
  | 'generateContent'
  | 'streamGenerateContent'
  | 'countTokens'
  | 'embedContent'
  | 'batchEmbedContents'
  | 'listModels'
  | 'getModel'

/** How the client wants the answer: one JSON body, Server-Sent Events, or one JSON array. */
export type Delivery = 'unary' | 'sse' | 'array'

/** Decodes a client's request into a Call, and writes chunks and errors back in the same language. */
export interface Dialect {
  readonly name: string
  /** Whether this request is this dialect's to answer, judged by path and headers alone. */
  speaks(request: HttpRequest): boolean
  /** Reads route, verb, model and credential; throws the error that the dialect's own service would give. */
  open(request: HttpRequest): Opening
  /** Reads and checks the body. */
  decode(request: HttpRequest, opening: Opening): Promise<Call>
  /** Writes the answer; resolves when the last byte is handed to the socket or the client left. */
  encode(call: Call, answer: Answer, response: HttpResponse, headers: OutgoingHttpHeaders): Promise<void>
  encodeModels(opening: Opening, models: readonly Model[], request: HttpRequest, response: HttpResponse): void
  encodeError(
    error: unknown,
    opening: Opening | undefined,
    response: HttpResponse,
    headers: OutgoingHttpHeaders,
  ): void
}

// ---------------------------------------------------------------------------------------------
// Call: one request, decoded once, never changed.

export interface Call extends Opening {
  readonly id: string
  /** The wire format of `body`; an upstream that speaks it too takes the native way. */
  readonly wire: WireFormat
  /** The body's bytes as they came. */
  readonly body: Buffer
  /** `body` parsed, on the first use only: the native way never asks. Treat as frozen. */
  document(): Record<string, unknown>
  readonly facts: RequestFacts
  /** Request headers that may travel on, already chosen from the allow-list. */
  readonly forwardHeaders: Readonly<Record<string, string>>
  /** Query parameters that may travel on (never `key`, `access_token`, `alt`). */
  readonly forwardQuery: string
  readonly receivedAtMs: number
  /** `performance.now()` at which the client stops waiting (`x-server-timeout`). */
  readonly deadlineAtMs: number | undefined
  clientLeft(): boolean
}

export type WireFormat = 'gemini' | 'openai'

/** What policy and money read of a request; unambiguous, because duplicates were refused. */
export interface RequestFacts {
  readonly maxOutputTokens: number | undefined
  readonly candidateCount: number
  readonly thinkingBudget: number | undefined
  /** Items of a batch; 1 for everything else. */
  readonly items: number
  readonly bodyBytes: number
}

// ---------------------------------------------------------------------------------------------
// Caller: a key and what it may do.

export interface Caller {
  readonly keyId: string
  readonly name: string
  /** Globs over model names; empty means every model. */
  readonly models: readonly string[]
}

// ---------------------------------------------------------------------------------------------
// Target and Upstream: who could answer, and who does.

/** One place that could answer. */
export interface Target {
  readonly upstream: Upstream
  /** The model's name at that upstream. */
  readonly model: string
  /** Which of the upstream's credentials, counted round and round. */
  readonly credential: number
}

/** Sends a Call to a Target. Everything about one provider lives behind this. */
export interface Upstream {
  readonly name: string
  readonly kind: string
  /** How many credentials it can try; another one may help where the first was refused or spent. */
  readonly credentials: number
  /**
   * Resolves when the answer has begun for good: a whole error body, or a first event that is not an error.
   * Throws `GatewayError` when nothing usable came; `error.retryable` says whether another target may help.
   */
  send(call: Call, target: Target): Promise<Answer>
  /** What this upstream offers now; throws `GatewayError` when it cannot be asked. */
  listModels(): Promise<readonly Model[]>
  /** Lets requests in flight finish, then closes every socket. */
  close(): Promise<void>
  /** Cuts every socket. */
  destroy(): Promise<void>
}

/** An answer that has begun. */
export interface Answer {
  readonly status: number
  /** Native bytes pass unread through a dialect of the same wire format; otherwise chunks are objects. */
  readonly wire: WireFormat | 'objects'
  /** How `bytes` chunks are framed; what the client asked for, unless the upstream would not. */
  readonly delivery: Delivery
  /** `content-type` and whatever else of the upstream's headers may be shown to the client. */
  readonly headers: Readonly<Record<string, string>>
  readonly source: Source
  /** What has been understood of the answer so far; complete once the source ended. */
  reading(): Reading
  /** Set on an error answer of the upstream that another target could perhaps better. */
  readonly retryable: boolean
  /** Milliseconds from dispatch to the answer's beginning. */
  readonly firstByteMs: number
}

/** Either the upstream's own bytes, or one Gemini object. Never both. */
export type Chunk =
  | { readonly bytes: Buffer; readonly response?: undefined }
  | { readonly response: GenerateContentResponse; readonly bytes?: undefined }

/**
 * A push source with backpressure: one sink, no promise per chunk, because each dripped event would pay for it.
 * `start` is called once; chunks may arrive inside that very call.
 */
export interface Source {
  start(sink: Sink): void
  pause(): void
  resume(): void
  /** Hangs up on the upstream. The sink hears nothing more. */
  cancel(): void
}

export interface Sink {
  /** Bytes that this chunk will take on its way to the client. */
  weigh(chunk: Chunk): number
  chunk(chunk: Chunk): void
  /** The protocol's own end was seen. `last` is the last piece, held back until the books are right. */
  end(last?: Chunk): void
  /** The answer broke after it had begun. `GatewayError`. */
  fail(error: Error): void
}

/** What metering needs to know of an answer. */
export interface Reading {
  /** The last cumulative usage seen. */
  readonly usage: UsageMetadata | EmbedUsage | undefined
  readonly finishReason: string | undefined
  readonly modelVersion: string | undefined
  /** Whether at least one piece of content was seen: what never began is not charged. */
  readonly begun: boolean
}

// ---------------------------------------------------------------------------------------------
// Policies, permits, strategies.

/** Grants by returning a hold to be let go at the end (or nothing), refuses by throwing `GatewayError`. */
export type Policy = (
  call: Call,
  caller: Caller,
  targets: readonly Target[],
) => Promise<Hold | undefined> | Hold | undefined

/** What one policy holds for one request; `release` gives it back with what was really used. */
export interface Hold {
  release(settlement: Settlement): void
}

/** The right to run one Call. One owner at any moment; settled exactly once. */
export interface Permit {
  /** Resolves when the usage row is durable. A second call is a programming error and throws. */
  settle(settlement: Settlement): Promise<void>
}

export type Outcome = 'complete' | 'refused' | 'upstream_error' | 'upstream_broken' | 'client_gone'
export type UsageSource = 'final' | 'partial' | 'estimated' | 'none'

/** How one request ended. */
export interface Settlement {
  readonly outcome: Outcome
  /** The HTTP status the client was sent, or would have been. */
  readonly status: number
  readonly upstream: string | undefined
  readonly upstreamModel: string | undefined
  readonly attempts: number
  readonly usage: Reading['usage']
  readonly usageSource: UsageSource
  readonly modelVersion: string | undefined
  readonly finishReason: string | undefined
  readonly deliveredBytes: number
  readonly firstByteMs: number | undefined
  readonly durationMs: number
}

/** Orders the targets of a route for one call. Pure. */
export type Strategy = (targets: readonly Target[], call: Call) => readonly Target[]

// ---------------------------------------------------------------------------------------------
// Store: what we remember. `ledger` is durable; `counters` (rates, holds) comes with the limits.

export interface Store {
  readonly ledger: Ledger
  close(): Promise<void>
}

export interface Ledger {
  /** Writes one usage row; resolves when it is durable. Rows of one turn of the event loop share a commit. */
  append(row: UsageRow): Promise<void>
  findKeyByDigest(digest: string): Promise<KeyRecord | undefined>
  getKey(id: string): Promise<KeyRecord | undefined>
  listKeys(): Promise<readonly KeyRecord[]>
  /** Throws `already_exists` when the id or the digest is taken. */
  createKey(key: KeyRecord): Promise<void>
  /** Replaces digest, name, models, disabled, updatedAt of an existing key; false when there is none. */
  updateKey(key: KeyRecord): Promise<boolean>
  deleteKey(id: string): Promise<boolean>
  /** A named value of the installation, such as the pepper of the key hashes. */
  getSetting(name: string): Promise<string | undefined>
  /** Writes the value when there is none yet, and returns what then stands there. */
  initSetting(name: string, value: string): Promise<string>
}

export interface KeyRecord {
  readonly id: string
  readonly name: string
  /** Keyed hash (HMAC-SHA-256 with the installation's pepper, base64url) of the whole key. */
  readonly digest: string
  readonly models: readonly string[]
  readonly disabled: boolean
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** One answered request. Counts are Gemini's classes; money follows with prices. */
export interface UsageRow {
  readonly requestId: string
  readonly keyId: string
  /** Milliseconds since the epoch. */
  readonly admittedAt: number
  readonly settledAt: number
  readonly verb: Verb
  /** As the client named it. */
  readonly model: string
  readonly outcome: Outcome
  readonly status: number
  readonly upstream: string | undefined
  readonly upstreamModel: string | undefined
  readonly modelVersion: string | undefined
  readonly attempts: number
  readonly usageSource: UsageSource
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly candidatesTokens: number
  readonly thoughtsTokens: number
  readonly toolUsePromptTokens: number
  readonly totalTokens: number
  readonly finishReason: string | undefined
  readonly deliveredBytes: number
  readonly firstByteMs: number | undefined
  readonly durationMs: number
}
