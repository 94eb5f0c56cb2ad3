/**
 * The six nouns of Wasat: Dialect, Call, Caller, Target, Upstream, Store.
 * Rooms know each other only through this file and those in nouns/. Two shapes of function stand beside the nouns:
 * a Policy grants a Permit or refuses, a Strategy orders Targets.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Counters } from './nouns/counters.ts'
import type { Directory, Limits, RouteOverride } from './nouns/directory.ts'
import type { Ledger, Outcome, Tags, UsageSource } from './nouns/ledger.ts'
import type { NanoUsd, Price, Tier } from './nouns/money.ts'
import type { ResourceHost } from './nouns/relay.ts'
import type { ResourceTable } from './nouns/resource-table.ts'
import type { RetryHint } from './nouns/retry.ts'
import type { Loss, Translation } from './nouns/translation.ts'
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
  /** `http://host:port`, as the client reached us: for addresses of our own that we hand out. */
  origin(): string
  /** `performance.now()` when the head was complete. */
  readonly receivedAtMs: number
  /** True once the client's connection is gone or half-closed; nothing that it pays for is tried again after that. */
  clientLeft(): boolean
  /**
   * Reads the whole body once, within the edge's limits of size and speed.
   * `visit` sees each piece as it arrives and may throw to refuse the rest unread.
   */
  body(visit?: (piece: Buffer) => void): Promise<Buffer>
  /**
   * Hands the body on piece by piece instead, and keeps nothing of it: the next piece waits until `write` is done, and
   * the bytes of this one are gone by then.
   * Resolves to the number of bytes; rejects after the last `write` is over, with what it threw or with why the rest
   * did not come.
   */
  consume(write: (piece: Buffer) => Promise<void> | undefined, bytesMax: number): Promise<number>
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
  /** The client sends nothing more. Most who do that have left; a few still read. Heard at once when it was so before. */
  onHalfClosed(listener: () => void): void
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
  /** With the verb `resource` only. */
  readonly resource?: ResourcePath
}

/** The path of a resource, without the API version: `POST /upload/v1beta/files` or `GET /v1beta/files/abc:download`. */
export interface ResourcePath {
  readonly method: string
  /** Whether the path began with `/upload`. */
  readonly isUpload: boolean
  /** `['files', 'abc']`; the last segment has lost its action. */
  readonly segments: readonly string[]
  /** What follows the last `:`, such as `download`; empty when there is none. */
  readonly action: string
}

export type Verb =
  | 'generateContent'
  | 'streamGenerateContent'
  | 'countTokens'
  | 'embedContent'
  | 'batchEmbedContents'
  | 'predict'
  | 'listModels'
  | 'getModel'
  /** Something that a client creates and names: a file, a cache, a batch. `Opening.resource` says which. */
  | 'resource'

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
  decode(request: HttpRequest, opening: Opening, caller: Caller): Promise<Call>
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
  /** `body` parsed, on the first use only: the native way never asks. In the words of `wire`. Treat as frozen. */
  document(): Record<string, unknown>
  readonly facts: RequestFacts
  /** Request headers that may travel on, already chosen from the allow-list. */
  readonly forwardHeaders: Readonly<Record<string, string>>
  /** Query parameters that may travel on (never `key`, `access_token`, `alt`). */
  readonly forwardQuery: string
  /** What the client calls this request by, for its reports (`x-wasat-tags`). */
  readonly tags: Tags | undefined
  /** The same for each time that the client sends this request (`x-idempotency-key`). */
  readonly idempotencyKey: string | undefined
  /** What the client asked for, and `batch` for a call of a batch. */
  readonly tier: Tier
  /** Whether whatever would not be carried exactly is refused (`x-wasat-translation: strict`). */
  readonly isStrict: boolean
  readonly receivedAtMs: number
  /** `performance.now()` at which the client stops waiting (`x-server-timeout`). */
  readonly deadlineAtMs: number | undefined
  clientLeft(): boolean
  /**
   * The same call in Gemini's wire, for a model of that name: what an upstream gets that does not speak `wire`. Left out
   * where `wire` is Gemini's. Throws `untranslatable` for what that wire has no word for.
   */
  inGemini?(model: string): Call
  /** What the client asked for that this form of its call does not carry. Left out: nothing. */
  readonly losses?: readonly Loss[]
}

/** Gemini's own, whatever the verb; of OpenAI's API, each endpoint has its own. */
export type WireFormat = 'gemini' | 'openai-chat' | 'openai-responses' | 'openai-embeddings' | 'openai-images'

/** What policy and money read of a request; unambiguous, because duplicates were refused. */
export interface RequestFacts {
  readonly maxOutputTokens: number | undefined
  readonly candidateCount: number
  readonly thinkingBudget: number | undefined
  /** Items of a batch, pictures of a `predict`; 1 for everything else. */
  readonly items: number
  readonly bodyBytes: number
  /** Of these: base64 of media that lies in the request itself. A text file counts as text. */
  readonly mediaBytes: number
  /** Pieces of such media. */
  readonly mediaParts: number
  /** Of `mediaBytes` and `mediaParts`: images. */
  readonly imageBytes: number
  readonly imageParts: number
  /** Whether it draws on what the request does not show the size of: files, caches, stores, code that runs. */
  readonly usesStored: boolean
  /** Whether a search tool may run, which is paid for by itself. */
  readonly usesSearch: boolean
  /** Whether the answer is asked for in a form, such as by a schema. */
  readonly hasFormat: boolean
}

// ---------------------------------------------------------------------------------------------
// Caller: a key and what it may do.

export interface Caller {
  readonly keyId: string
  readonly name: string
  /** Globs over model names; empty means every model. */
  readonly models: readonly string[]
  readonly limits: Limits
  readonly project: { readonly id: string; readonly name: string; readonly limits: Limits } | undefined
  /** Whether a budget with a hard stop stands over it: then nothing is done that is not on the books. */
  readonly isBudgeted: boolean
  /** Where its names of models lead elsewhere; the first whose pattern fits counts. Left out: nowhere. */
  readonly overrides?: readonly RouteOverride[]
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
  /** Only this credential: what the call uses lies in its account. */
  readonly pinned?: boolean
  /** What it costs at the moment of routing; undefined when nobody knows. */
  readonly price: Price | undefined
  /** `adapt`: a thinking level or budget that this model does not know becomes the one that it does. */
  readonly thinking: 'pass' | 'adapt'
  /** Its share where targets are chosen by weight; without it, 1. */
  readonly weight?: number
  /** Set where a conversation stays with the target that answered it. One for all targets of a call. */
  readonly conversation?: Conversation
  /** `credential` is the one to begin with, because the conversation is at home there; others may follow. */
  readonly isHome?: true
  /** Another model than the one that was asked for: 1 for its fallback, 2 for the fallback of that, and so on. */
  readonly standsIn?: number
}

/** Remembers who answers a conversation. */
export interface Conversation {
  /** Called with the target of each good answer; `moved` when another one answered before. */
  answered(target: Target): 'moved' | 'stayed'
}

/** Sends a Call to a Target. Everything about one provider lives behind this. */
export interface Upstream {
  readonly name: string
  readonly kind: string
  /** How many credentials it can try; another one may help where the first was refused or spent. */
  readonly credentials: number
  /** Whether its failures are meant: then nothing is learnt from them, and none is hidden by a second try. */
  readonly isSimulated?: boolean
  /** Where it stores what its clients create and name; without it, we do. */
  readonly resources?: ResourceHost
  /** What may be cached with us for one of its models; undefined when the model reads no caches of ours. */
  cacheable?(model: string): Cacheable | undefined
  /** Whether it takes a call of that wire for that model as it is. Without it: Gemini's only. */
  speaks?(wire: WireFormat, model: string): boolean
  /**
   * Requests of its own that one call may become, at most: one for each candidate, more for a repair. When there is
   * more than one, each gives one candidate. Without it: 1.
   */
  requestsMax?(call: Call): number
  /** Whether it may pass over the limit that the call sets to its answer. Without it: it keeps to it. */
  ignoresLimit?(call: Call): boolean
  /** Tokens of a prompt that are in no byte of the call: what the provider or a translation says beside it. Without it: 0. */
  readonly promptTokensAdded?: number
  /**
   * Resolves when the answer has begun for good: a whole error body, or a first event that is not an error.
   * Throws `GatewayError` when nothing usable came; `error.retryable` says whether another target may help.
   */
  send(call: Call, target: Target, caller: Caller): Promise<Answer>
  /** What this upstream offers now; throws `GatewayError` when it cannot be asked. */
  listModels(): Promise<readonly Model[]>
  /** Lets requests in flight finish, then closes every socket. */
  close(): Promise<void>
  /** Cuts every socket. */
  destroy(): Promise<void>
}

/** How what we keep as a cache for a model is measured. */
export interface Cacheable {
  /** Tokens that a cache must have at least. */
  readonly tokensMin: number
  /** Of the members of a cache's document: contents, systemInstruction, tools, toolConfig. */
  countTokens(document: Readonly<Record<string, unknown>>, caller: Caller): Promise<number>
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
  /** What such an answer says of when to come back. */
  readonly hint?: RetryHint
  /** Set when the request or the answer is not carried as it is. */
  readonly translation?: Translation
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
  /** The client may have left: what it gets is bounded like what is read for nobody. Of metered answers only. */
  linger?(): void
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
  /** Searches that the answer names, and whether it was grounded in one. */
  readonly searchQueries?: number
  readonly isGrounded?: boolean
  /** Bytes of what the model wrote, where the answer's own bytes say little of it. */
  readonly textBytes?: number | undefined
  /** Media in the answer, as far as they were seen: bytes of base64, and what they likely come to. */
  readonly media?: { readonly bytes: number; readonly tokens: number } | undefined
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
  /** Headers for the answer, such as what is left of a limit. */
  readonly headers?: Readonly<Record<string, string>>
  release(settlement: Settlement): void
}

/** The right to run one Call. One owner at any moment; settled exactly once. */
export interface Permit {
  /** What the policies have to tell the client. */
  readonly headers: Readonly<Record<string, string>>
  /** A second call is a programming error and throws. */
  settle(settlement: Settlement): Charge
}

/** What a request came to. */
export interface Charge {
  /** Undefined when the target has no price. */
  readonly billedNanoUsd: NanoUsd | undefined
  /** Resolves when the usage row is durable. */
  readonly recorded: Promise<void>
}

/** An attempt that came to nothing. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly number: number
  readonly target: Target
  /** The HTTP status of the upstream; undefined when no answer came. */
  readonly status: number | undefined
  /** A code of the error table, or `status`. */
  readonly reason: string
  /** Whether the upstream may have read the request, and may charge for it, although it did not answer. */
  readonly isExposed: boolean
  readonly durationMs: number
}

/** How one request ended. */
export interface Settlement {
  readonly outcome: Outcome
  /** The HTTP status the client was sent, or would have been. */
  readonly status: number
  /** The target of the last attempt; undefined when none was made. */
  readonly target: Target | undefined
  readonly attempts: number
  /** Those that did not deliver an answer; empty nearly always. */
  readonly failedAttempts: readonly FailedAttempt[]
  readonly usage: Reading['usage']
  readonly usageSource: UsageSource
  readonly modelVersion: string | undefined
  readonly searchQueries: number
  readonly isGrounded: boolean
  readonly finishReason: string | undefined
  readonly deliveredBytes: number
  readonly firstByteMs: number | undefined
  readonly durationMs: number
}

/** Orders the targets of a route for one call. Pure. */
export type Strategy = (targets: readonly Target[], call: Pick<Call, 'tier'>) => readonly Target[]

// ---------------------------------------------------------------------------------------------
// Store: what we remember. All but the counters is durable.

export interface Store {
  readonly directory: Directory
  readonly ledger: Ledger
  readonly counters: Counters
  readonly resources: ResourceTable
  close(): Promise<void>
}
