/** What the outcome of one attempt means: for the client, for the next attempt, and for what is known of the target. */
import type { GatewayError } from '../errors.ts'
import type { AttemptResult } from '../nouns/health.ts'
import type { RetryHint } from '../nouns/retry.ts'
import type { Answer, Call, Target } from '../nouns.ts'

export interface Verdict {
  /**
   * `final`: the client gets it. `over`: no time is left for another attempt. `elsewhere`: another target may do better.
   * `anywhere`: so may this one, after a wait. `at-once`: this one, without a wait.
   */
  readonly next: 'final' | 'over' | 'elsewhere' | 'anywhere' | 'at-once'
  /** What the upstream asked to be waited for, in milliseconds. */
  readonly askedMs: number
  /** Of several failures the client is told the one of the highest rank, and the last of those. */
  readonly rank: number
  readonly result: AttemptResult
  /** Whether the upstream may charge for it although the client gets nothing. */
  readonly isExposed: boolean
  /** Whether the request was on its way at all; what was not sent is no attempt. */
  readonly isSent: boolean
}

/** Whoever tells the client to come again tells more than a 404, and that more than who could never have done it. */
const RANK = { unable: 0, unknown: 1, silent: 2, answered: 3 } as const

const NO_HINT: RetryHint = Object.freeze({ afterMs: undefined, scope: undefined, isDaily: false })
const NOTHING: AttemptResult = Object.freeze({ kind: 'nothing' })
const FAILED: AttemptResult = Object.freeze({ kind: 'failed' })
const CREDENTIAL: AttemptResult = Object.freeze({ kind: 'credential' })

/** It took all the time that it had; the same request would take as long again. */
const TOOK_TOO_LONG: ReadonlySet<number> = new Set([408, 504])
/** Without a byte sent there is nothing that an upstream could charge; neither for an error that it answered with. */
const UNEXPOSED: ReadonlySet<string> = new Set([
  'upstream_unreachable',
  'upstream_refused_credential',
  'resource_exhausted',
  'deadline_exceeded',
  'invalid_argument',
  'untranslatable',
])

/** `retryAfterMax` is in milliseconds. */
export function verdictOfAnswer(
  answer: Answer,
  target: Target,
  call: Pick<Call, 'model'>,
  retryAfterMax: number,
): Verdict {
  const { status, hint = NO_HINT, retryable, firstByteMs } = answer
  const isError = status >= 400
  const base = { askedMs: 0, rank: RANK.answered, isExposed: !isError, isSent: true }
  // It may be empty, but it was answered.
  if (!isError)
    return { ...base, next: retryable ? 'anywhere' : 'final', result: { kind: 'answered', firstByteMs } }
  // The client asked for a name of ours: another target may know the model behind it.
  if (status === 404 && target.model !== call.model)
    return { ...base, next: 'elsewhere', rank: RANK.unknown, result: NOTHING }
  const result: AttemptResult = status === 429 ? { kind: 'limited', hint } : retryable ? FAILED : NOTHING
  if (!retryable) return { ...base, next: 'final', result }
  const next = TOOK_TOO_LONG.has(status) ? 'elsewhere' : placeOf(hint, retryAfterMax)
  return { ...base, next, askedMs: hint.afterMs ?? 0, result }
}

/** The same for what was thrown. */
export function verdictOfError(
  error: GatewayError,
  call: Pick<Call, 'clientLeft' | 'deadlineAtMs'>,
  retryAfterMax: number,
  now: number,
): Verdict {
  const { code, retry: hint = NO_HINT, again } = error
  const isExposed = !UNEXPOSED.has(code)
  const base = { askedMs: hint.afterMs ?? 0, rank: RANK.silent, isExposed, isSent: true, result: NOTHING }
  if (again === 'at-once') return { ...base, next: 'at-once' }
  switch (code) {
    case 'untranslatable':
      return { ...base, next: 'elsewhere', rank: RANK.unable, isSent: false }
    case 'deadline_exceeded':
      return { ...base, next: 'over', rank: RANK.unable }
    case 'upstream_refused_credential':
      return { ...base, next: 'elsewhere', result: CREDENTIAL }
    case 'resource_exhausted':
      return { ...base, next: placeOf(hint, retryAfterMax), result: { kind: 'limited', hint } }
    case 'upstream_timeout': {
      // A client that waits for a second only says nothing of the upstream.
      const isClients = call.deadlineAtMs !== undefined && now >= call.deadlineAtMs
      return { ...base, next: 'elsewhere', result: isClients || call.clientLeft() ? NOTHING : FAILED }
    }
  }
  if (!error.retryable) return { ...base, next: 'final' }
  const next = again ?? placeOf(hint, retryAfterMax)
  return { ...base, next, result: call.clientLeft() ? NOTHING : FAILED }
}

/** What comes back tomorrow, or in an hour, does not come back within a request. */
function placeOf({ isDaily, afterMs = 0 }: RetryHint, retryAfterMax: number): 'anywhere' | 'elsewhere' {
  return isDaily || afterMs > retryAfterMax ? 'elsewhere' : 'anywhere'
}
