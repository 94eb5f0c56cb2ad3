/** Money and what it is paid for. */

/** Integer nano-USD (1e-9 USD), never negative unless a doc-string says so. A safe integer: up to 9,007,199 USD. */
export type NanoUsd = number

/** How an answer was asked for; some ways cost less, one costs more. */
export type Tier = 'standard' | 'batch' | 'flex' | 'priority'

/** What one answer used, in the units that prices know. Every count is a non-negative safe integer. */
export interface Quantities {
  /** The whole prompt, what came from a cache included. */
  readonly promptTokens: number
  /** The part of `promptTokens` that came from a cache. */
  readonly cachedTokens: number
  readonly candidatesTokens: number
  readonly thoughtsTokens: number
  readonly toolUsePromptTokens: number
  readonly totalTokens: number
  /** Undefined when everything is plain text: the usual case costs nothing. */
  readonly details: QuantityDetails | undefined
}

/**
 * Parts of the counts above that are not text, as `<class>.<modality>`, and what is counted in no tokens.
 * A part is never larger than its whole.
 */
export type QuantityDetails = Readonly<Partial<Record<QuantityDetail, number>>>

export type QuantityDetail =
  | `${'prompt' | 'cached' | 'candidates' | 'toolUse'}.${'AUDIO' | 'IMAGE' | 'VIDEO' | 'DOCUMENT'}`
  /** The part of the prompt's text that was written to a cache for the next time. */
  | 'cacheWriteTokens'
  /** 1 when the answer was grounded in a search. */
  | 'groundedPrompts'
  /** Searches that the model made. */
  | 'searchQueries'
  /** Things made that are priced by the piece, such as images of a model that counts no tokens. */
  | 'items'

/**
 * What one model costs. Rates of tokens are nano-USD for a million of them; the others are nano-USD for one.
 * A modality without a rate of its own costs what text costs; a document is its pages, and these are images.
 */
export interface Rates {
  readonly input: NanoUsd
  readonly inputAudio?: NanoUsd
  readonly inputImage?: NanoUsd
  readonly inputVideo?: NanoUsd
  /** What came from a cache; without it, as `input`. */
  readonly cachedInput?: NanoUsd
  readonly cachedInputAudio?: NanoUsd
  /** What was written to a cache; without it, as `input`. */
  readonly cacheWriteInput?: NanoUsd
  /** Text and, unless they have their own, thoughts. */
  readonly output: NanoUsd
  readonly thoughts?: NanoUsd
  readonly outputAudio?: NanoUsd
  readonly outputImage?: NanoUsd
  /** The rates of the whole request once its prompt has more than `abovePromptTokens`. */
  readonly longContext?: LongContextRates
  /** One prompt whose answer was grounded in a search, however many searches it took. */
  readonly groundedPrompt?: NanoUsd
  /** One search that the model made. */
  readonly searchQuery?: NanoUsd
  readonly request?: NanoUsd
  readonly item?: NanoUsd
  /** Percent of the token rates that a tier costs, an integer; 100 where it is not named. Searches are never discounted. */
  readonly tierPercent?: TierPercent
  /** The same for what came from a cache, where it is another one; without it, `tierPercent`. */
  readonly cachedTierPercent?: TierPercent
  /** What the model takes and gives at most: the bound of a request that names none. */
  readonly inputTokensMax?: number
  readonly outputTokensMax?: number
}

export type TierPercent = Readonly<Partial<Record<Exclude<Tier, 'standard'>, number>>>

export interface LongContextRates
  extends Omit<
    Rates,
    | 'longContext'
    | 'groundedPrompt'
    | 'searchQuery'
    | 'request'
    | 'item'
    | 'tierPercent'
    | 'cachedTierPercent'
    | 'inputTokensMax'
    | 'outputTokensMax'
  > {
  readonly abovePromptTokens: number
}

/** A price that is pinned: equal versions are equal rates for ever. */
export interface Price {
  /** `<model>@<12 hex digits of the SHA-256 of document>` */
  readonly version: string
  readonly rates: Rates
  /** JSON of `rates`, keys sorted. */
  readonly document: string
}

/** A price as a list shows it. */
export interface PriceListing {
  /** `gemini-2.5-flash`, or `comet/gemini-2.5-flash` for one upstream only. */
  readonly model: string
  readonly aliases: readonly string[]
  readonly rates: Rates
  readonly origin: 'table' | 'config'
  /** The provider's page and the day on which it was read; undefined for the operator's own. */
  readonly source: string | undefined
  readonly asOf: string | undefined
  /** Milliseconds since the epoch; undefined: always. */
  readonly from: number | undefined
}
