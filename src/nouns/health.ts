/** How the places that could answer have fared lately, and what they said of when to come back. */
import type { Target } from '../nouns.ts'
import type { RetryHint } from './retry.ts'

/** How one attempt ended, as far as it says something of the target. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly firstByteMs: number }
  /** No answer, or one that another target may better: it counts towards opening the breaker. */
  | { readonly kind: 'failed' }
  /** 429: parks what it names and says nothing of the rest. */
  | { readonly kind: 'limited'; readonly hint: RetryHint }
  /** Our credential was refused there. */
  | { readonly kind: 'credential' }
  /** The request was refused for what it is, or the client left: nothing was learnt. */
  | { readonly kind: 'nothing' }

export type TargetState =
  | { readonly kind: 'ok' }
  /** Limited or refused until then, in milliseconds since the epoch. */
  | { readonly kind: 'parked'; readonly until: number; readonly reason: 'limited' | 'credential' }
  /** The breaker is open until then. */
  | { readonly kind: 'open'; readonly until: number }
  /** One attempt may try; it decides. */
  | { readonly kind: 'half-open' }

export interface Health {
  stateOf(target: Target): TargetState
  /**
   * Begins an attempt. Undefined when the target is not to be asked now; with `isLast` it never is, because somebody has
   * to be asked. `ended` is called once.
   */
  begin(target: Target, isLast: boolean): { ended(result: AttemptResult): void } | undefined
  /** Milliseconds until the first byte, lately; undefined before the first answer. */
  firstByteMs(target: Target): number | undefined
  /** Everything that is known, for operators; bounded. */
  list(): readonly TargetHealth[]
}

export interface TargetHealth {
  readonly upstream: string
  readonly model: string
  /** Which of the upstream's credentials, from 0. */
  readonly credential: number
  readonly state: TargetState
  readonly consecutiveFailures: number
  readonly firstByteMs: number | undefined
}

/** A change that operators want to hear of. What ends by time alone is not told: it shows at the next attempt. */
export interface HealthEvent {
  /**
   * `opened`: it failed again and again. `closed`: it answers again. `parked`: it said that its limit is reached.
   * `refused`: it does not accept our credential, which somebody has to replace.
   */
  readonly kind: 'opened' | 'closed' | 'parked' | 'refused'
  readonly upstream: string
  /** Undefined when it is about all models of the credential. */
  readonly model: string | undefined
  readonly credential: number
  /** Milliseconds since the epoch; undefined for `closed`. */
  readonly until: number | undefined
}
