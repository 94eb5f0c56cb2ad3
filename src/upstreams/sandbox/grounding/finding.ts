/** What one tool found, before it becomes text and metadata. Shapes as in `groundingMetadata`. */

export type ToolType =
  | 'GOOGLE_SEARCH_WEB'
  | 'GOOGLE_SEARCH_IMAGE'
  | 'URL_CONTEXT'
  | 'GOOGLE_MAPS'
  | 'FILE_SEARCH'

/** Exactly one of `web`, `image`, `maps` and `retrievedContext`. */
export type GroundingChunk = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A source of a statement. */
export interface Grade {
  /** The number of the chunk, within its finding. */
  readonly chunk: number
  /** 0 to 1. */
  readonly confidence: number
}

/** A piece of the answer. */
export interface Statement {
  /** Put before the text, and never part of a support: a blank, a new line, a bullet. */
  readonly lead: string
  readonly text: string
  /** Empty for words of the model's own. */
  readonly grades: readonly Grade[]
}

export interface UrlMetadata {
  readonly retrievedUrl: string
  readonly urlRetrievalStatus: string
}

export interface Finding {
  readonly toolType: ToolType
  /** What the tool was called with and gave back, for those who want to see it. */
  readonly args: Readonly<Record<string, unknown>>
  readonly response: Readonly<Record<string, unknown>>
  /** What the tool put before the model. */
  readonly read: readonly string[]
  readonly statements: readonly Statement[]
  readonly chunks: readonly GroundingChunk[]
  /** Further members of `groundingMetadata`. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly urlMetadata?: readonly UrlMetadata[]
  /** Terms of the question that are answered and need no further search. */
  readonly spokenFor?: readonly string[]
}
