/** Counts that expire: rates and requests under way. Never money. */

export type CounterKind =
  | 'requestsPerMinute'
  | 'tokensPerMinute'
  | 'requestsPerDay'
  | 'tokensPerDay'
  | 'concurrentRequests'

/** What one request wants of one limit. */
export interface Claim {
  /** `key:<id>` or `project:<id>` */
  readonly scope: string
  readonly kind: CounterKind
  /** The limit. In any window of its length no more than this is granted. */
  readonly max: number
  /** 1, or an estimate of tokens that is corrected at the end. */
  readonly amount: number
}

export interface ClaimState {
  readonly claim: Claim
  /** What is left of the limit after this request. */
  readonly remaining: number
  /** Milliseconds until all of it is free again. */
  readonly resetMs: number
}

export type Taken =
  | { readonly granted: true; readonly states: readonly ClaimState[]; readonly ticket: unknown }
  | { readonly granted: false; readonly refused: ClaimState; readonly retryAfterMs: number }

export interface Counters {
  /**
   * Takes every claim or none. Never throws: when the shared counters cannot be asked in time, this process counts
   * by itself, up to its share of each limit.
   */
  take(claims: readonly Claim[], requestId: string): Taken | Promise<Taken>
  /**
   * The request is over. Concurrent requests are given back; tokens are corrected to `tokens`, in the window in which
   * they were taken. `undefined`: it never began, and everything is given back.
   */
  giveBack(ticket: unknown, tokens: number | undefined): void
  /** Whether this process counts by itself although it should not. */
  readonly isDegraded: boolean
  close(): Promise<void>
}
