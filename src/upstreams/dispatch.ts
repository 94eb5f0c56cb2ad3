/** Sends a Call to the first of its Targets that answers. The only room that talks to providers. */
import { GatewayError } from '../errors.ts'
import type { Answer, Call, Caller, FailedAttempt, Target } from '../nouns.ts'

/** Over targets and credentials together, so that no failure is multiplied. */
const ATTEMPTS_MAX = 3

export interface Dispatched extends Tried {
  readonly answer: Answer
}

/** What was tried; metering and the log want to know. */
export interface Tried {
  /** The last one asked, or the one that answered. */
  readonly target: Target
  readonly attempts: number
  readonly failedAttempts: readonly FailedAttempt[]
}

const FAILED = new WeakMap<GatewayError, Tried>()

/** What was tried before nothing helped. */
export function failedDispatch(error: unknown): Tried | undefined {
  return error instanceof GatewayError ? FAILED.get(error) : undefined
}

const NONE_FAILED: readonly FailedAttempt[] = Object.freeze([])

/**
 * Resolves with an answer that has begun; from then on nobody else is asked.
 * An error answer of an upstream is an answer too, when there is no better one to be had.
 */
export async function dispatch(call: Call, targets: readonly Target[], caller: Caller): Promise<Dispatched> {
  const plan = attemptsOf(targets)
  let failedAttempts = NONE_FAILED
  let attempts = 0
  let held: { answer: Answer; target: Target; failed: FailedAttempt } | undefined
  for (;;) {
    const target = plan[attempts] as Target
    attempts++
    const isLast = attempts === plan.length || call.clientLeft()
    const sentAtMs = performance.now()
    const fail = (status: number | undefined, error?: GatewayError): FailedAttempt =>
      failedAttempt(attempts, target, performance.now() - sentAtMs, status, error)
    try {
      const answer = await target.upstream.send(call, target, caller)
      held?.answer.source.cancel()
      if (held !== undefined) failedAttempts = [...failedAttempts, held.failed]
      if (!answer.retryable || isLast || call.clientLeft())
        return { answer, target, attempts, failedAttempts }
      held = { answer, target, failed: fail(answer.status) }
    } catch (thrown) {
      const error = GatewayError.from(thrown)
      failedAttempts = [...failedAttempts, fail(undefined, error)]
      if (error.retryable && !isLast && !call.clientLeft()) continue
      // What an upstream said says more than that another one could not be reached.
      if (error.retryable && held !== undefined) {
        return { answer: held.answer, target: held.target, attempts, failedAttempts }
      }
      if (held !== undefined) failedAttempts = [held.failed, ...failedAttempts]
      held?.answer.source.cancel()
      FAILED.set(error, { target, attempts, failedAttempts })
      throw error
    }
  }
}

/** Without a byte sent there is nothing that an upstream could charge; neither for an error that it answered with. */
const UNEXPOSED: ReadonlySet<string> = new Set([
  'upstream_unreachable',
  'deadline_exceeded',
  'invalid_argument',
  'untranslatable',
])

function failedAttempt(
  number: number,
  target: Target,
  durationMs: number,
  status: number | undefined,
  error: GatewayError | undefined,
): FailedAttempt {
  const isExposed = error !== undefined && !UNEXPOSED.has(error.code)
  return { number, target, status, reason: error?.code ?? 'status', isExposed, durationMs }
}

let turn = 0

/**
 * Every target, each as often as it has credentials; at most `ATTEMPTS_MAX` in all, other targets first. Requests take
 * turns with the credentials, and one request never takes the same one twice, however many run beside it. A pinned
 * target keeps the credential that it came with.
 */
function attemptsOf(targets: readonly Target[]): Target[] {
  const first = turn++
  const plan = targets.map((target) =>
    target.upstream.credentials > 1 && !target.pinned ? { ...target, credential: first } : target,
  )
  for (const target of targets) {
    if (target.pinned) continue
    for (let more = 1; more < target.upstream.credentials && plan.length < ATTEMPTS_MAX; more++) {
      plan.push({ ...target, credential: first + more })
    }
  }
  return plan.slice(0, ATTEMPTS_MAX)
}
