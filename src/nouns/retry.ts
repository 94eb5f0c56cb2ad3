/** When a refused request may come back. */

/** What an upstream says beside its refusal. */
export interface RetryHint {
  /** It wants to be left alone for so long, in milliseconds; undefined: it did not say, or said nothing that could be meant. */
  readonly afterMs: number | undefined
  /** What is used up: one model of the credential, or all that the credential may ask for. Undefined: it did not say. */
  readonly scope: 'model' | 'credential' | undefined
  /** Whether it is the day's share: then waiting within a request helps nobody. */
  readonly isDaily: boolean
  /** When the day's share is there again. Left out: nobody knows, because its days roll, or it is a share of money. */
  readonly dayEnds?: 'pacific-midnight'
}
