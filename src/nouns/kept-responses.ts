/** Answers that are kept, so that a later request can go on from one of them by its id. */

type Json = Readonly<Record<string, unknown>>

/** What a client may come back to. Everything stands in the client's own wire. */
export interface KeptResponse {
  /** `resp_…`, never given twice. */
  readonly id: string
  /** As it was answered. */
  readonly response: Json
  /** What it was made from: the whole conversation before it, the earliest item first. */
  readonly input: readonly Json[]
  /** What it added to the conversation; signatures too that `response` does not show. */
  readonly output: readonly Json[]
}

/**
 * Each belongs to the key that asked for it; to all others it is not there. Of all that a key has the oldest go first
 * when there are too many, and each goes after 30 days.
 */
export interface KeptResponses {
  /** Resolves when it can be found; to false when it is too large, or could not be written, of which the operator hears. */
  keep(keyId: string, kept: KeptResponse): Promise<boolean>
  find(keyId: string, id: string): Promise<KeptResponse | undefined>
}
