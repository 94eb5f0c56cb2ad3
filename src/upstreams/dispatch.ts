/** Sends a Call to the first of its Targets that answers. The only room that talks to providers. */
import { GatewayError } from '../errors.ts'
import type { Answer, Call, Caller, Target } from '../nouns.ts'

/** Over targets and credentials together, so that no failure is multiplied. */
const ATTEMPTS_MAX = 3

export interface Dispatched {
  readonly answer: Answer
  readonly target: Target
  readonly attempts: number
}

/** What was tried before nothing helped; metering and the log want to know. */
export interface FailedDispatch {
  readonly target: Target
  readonly attempts: number
}

const FAILED = new WeakMap<GatewayError, FailedDispatch>()

export function failedDispatch(error: unknown): FailedDispatch | undefined {
  return error instanceof GatewayError ? FAILED.get(error) : undefined
}

/**
 * Resolves with an answer that has begun; from then on nobody else is asked.
 * An error answer of an upstream is an answer too, when there is no better one to be had.
 */
export async function dispatch(call: Call, targets: readonly Target[], caller: Caller): Promise<Dispatched> {
  const plan = attemptsOf(targets)
  let attempts = 0
  let held: Dispatched | undefined
  for (;;) {
    const target = plan[attempts] as Target
    attempts++
    const isLast = attempts === plan.length || call.clientLeft()
    try {
      const answer = await target.upstream.send(call, target, caller)
      held?.answer.source.cancel()
      held = { answer, target, attempts }
      if (!answer.retryable || isLast || call.clientLeft()) return held
    } catch (thrown) {
      const error = GatewayError.from(thrown)
      if (error.retryable && !isLast && !call.clientLeft()) continue
      // What an upstream said says more than that another one could not be reached.
      if (error.retryable && held !== undefined) return { ...held, attempts }
      held?.answer.source.cancel()
      FAILED.set(error, { target, attempts })
      throw error
    }
  }
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
