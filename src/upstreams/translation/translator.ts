/** What one provider's wire is made of. `createTranslatedSend` does the rest, the same for all of them. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Report } from '../../nouns/report.ts'
import type { RetryHint } from '../../nouns/retry.ts'
import type { Call } from '../../nouns.ts'
import type { Composer } from './composer.ts'
import type { Conversation, OutputFormat, TargetRules } from './conversation.ts'

/** All of it pure: what goes in comes out the same each time. */
export interface Translator {
  readonly rules: TargetRules
  /**
   * What the model holds itself to; whatever else is asked for is emulated: asked for in words, checked, repaired once.
   * `format` is what is asked for, because some hold themselves to certain schemas only.
   */
  formats(model: string, format?: OutputFormat): readonly Exclude<OutputFormat['kind'], 'text'>[]
  /** Whether one request can give several candidates; otherwise it is sent once for each. */
  hasCandidates(model: string): boolean
  /** Takes every field that it carries and answers for every piece. Throws `untranslatable`. */
  generate(conversation: Conversation, asking: Asking, report: Report): ProviderRequest
  /** Reads a whole answer. `composer` has the rest. Throws `GatewayError` for what is no answer. */
  readWhole(document: unknown, composer: Composer, asking: Asking, report: Report): void
  /** Reads a stream. */
  readEvents(composer: Composer, asking: Asking, report: Report): EventReading
  /** What an error answer means; `body` is parsed, undefined when it is no JSON. */
  readRefusal(status: number, headers: IncomingHttpHeaders, body: unknown): ProviderRefusal
  /** The provider's own count of a prompt; without it we estimate. */
  readonly count?: {
    build(conversation: Conversation, asking: Asking, report: Report): ProviderRequest
    /** Undefined when the answer is none. */
    read(document: unknown): number | undefined
  }
  /** Vectors; without it the model has none. */
  readonly embed?: {
    build(embedding: Embedding, asking: Asking, report: Report): ProviderRequest
    /** In the order of the texts; undefined when the answer is none. */
    read(document: unknown): Embedded | undefined
    /** Whether `Embedding.taskType` arrives; without it, it is on the report, and never in `Embedding`. */
    readonly hasTaskTypes?: boolean
  }
}

export interface Asking {
  readonly call: Call
  /** The model's name at the target. */
  readonly model: string
  readonly isStream: boolean
  /** Candidates that this one request is to give. */
  readonly candidates: number
}

export interface ProviderRequest {
  /** Behind the base URL's path: `/chat/completions`. With a query when there is one. */
  readonly path: string
  /** Beside the credential and the content type. */
  readonly headers?: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: object
}

export interface EventReading {
  /** One event, its data parsed. `name` is empty without an `event:` line. Throws for an error inside the stream. */
  event(name: string, data: unknown): void
  /** Whether the protocol's own end was seen; a stream that ends without it broke. */
  readonly isComplete: boolean
}

/** An error of the provider, in words that suit Google's shape. */
export interface ProviderRefusal {
  /** The HTTP status that the client is told. */
  readonly status: number
  readonly message: string
  /** The provider refused our credential: the client is told nothing of it. */
  readonly isCredential?: boolean
  /** When to come back, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** What is used up, where the provider says so. */
  readonly scope?: RetryHint['scope']
  /** Whether it is used up for longer than a request can wait: the day's share, or all that was paid for. */
  readonly isDaily?: boolean
  /** A machine-readable word of the provider's, such as `context_length_exceeded`. */
  readonly reason?: string | undefined
}

export interface Embedding {
  /** One for each item asked for. */
  readonly texts: readonly string[]
  readonly dimensions: number | undefined
  readonly taskType: string | undefined
}

export interface Embedded {
  readonly vectors: readonly (readonly number[])[]
  readonly promptTokens: number | undefined
}
