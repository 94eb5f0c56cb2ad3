/**
 * Sends a Call to the first of its Targets that answers, and owns every attempt: nobody below tries anything twice. The
 * only room that talks to providers.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError, retryInfo } from '../errors.ts'
import { spokenTo } from '../nouns/call.ts'
import type { Health } from '../nouns/health.ts'
import type { Loss } from '../nouns/translation.ts'
import type { Answer, Call, Caller, FailedAttempt, Target } from '../nouns.ts'
import {
  begin,
  type Candidate,
  candidatesOf,
  createLastHopes,
  insteadOf,
  type LastHopes,
  stateOf,
} from './attempts.ts'
import { type BackoffSettings, backoffMs, type Clock, waitFor } from './backoff.ts'
import { createRetryBudget, type RetryBudget, type RetryBudgetSettings } from './retry-budget.ts'
import { type Verdict, verdictOfAnswer, verdictOfError } from './verdict.ts'

/** The section `retries` of the configuration; times in milliseconds. */
export interface RetrySettings extends BackoffSettings, RetryBudgetSettings {
  /** Over targets and credentials together, so that no failure is multiplied. */
  readonly attemptsMax: number
  /** The longest wait that an upstream may ask for. */
  readonly retryAfterMax: number
}

export interface DispatchOptions {
  readonly health: Health
  readonly settings: RetrySettings
  /** Milliseconds on the clock of `Call.deadlineAtMs`. */
  readonly now?: () => number
  /** From 0 to below 1. */
  readonly random?: () => number
  readonly sleep?: (ms: number) => Promise<void>
}

/**
 * Resolves with an answer that has begun; from then on nobody else is asked. An error answer of an upstream is an answer
 * too, when there is no better one to be had.
 */
export type Dispatch = (call: Call, targets: readonly Target[], caller: Caller) => Promise<Dispatched>

export interface Dispatched extends Tried {
  readonly answer: Answer
}

/** What was tried; metering and the log want to know. */
export interface Tried {
  /** The last one asked, or the one that answered. */
  readonly target: Target
  /** Those that were sent. A second try because a kept connection had been closed is none. */
  readonly attempts: number
  readonly failedAttempts: readonly FailedAttempt[]
}

const FAILED = new WeakMap<GatewayError, Tried>()

/** What was tried before nothing helped. */
export function failedDispatch(error: unknown): Tried | undefined {
  return error instanceof GatewayError ? FAILED.get(error) : undefined
}

export function createDispatch(options: DispatchOptions): Dispatch {
  const { health, settings, random = Math.random } = options
  const { now = () => performance.now(), sleep = (ms: number) => delay(ms) } = options
  const tools: Tools = {
    ...{ health, settings, random, clock: { now, sleep } },
    budget: createRetryBudget(settings, now),
    hopes: createLastHopes(health, now),
  }
  return (call, targets, caller) => new Round(tools, call, caller, candidatesOf(targets)).run()
}

interface Tools {
  readonly health: Health
  readonly settings: RetrySettings
  readonly random: () => number
  readonly clock: Clock
  readonly budget: RetryBudget
  readonly hopes: LastHopes
}

type Attempt = NonNullable<ReturnType<Health['begin']>>

interface Turn {
  readonly candidate: Candidate
  readonly attempt: Attempt
}

/** What one attempt came to: an answer, or an error. */
interface Outcome {
  readonly target: Target
  readonly verdict: Verdict
  readonly answer: Answer | undefined
  readonly error: GatewayError | undefined
  /** Undefined for what was not sent. */
  row: FailedAttempt | undefined
}

const NONE_FAILED: readonly FailedAttempt[] = Object.freeze([])

/** The attempts of one request. */
class Round {
  readonly #tools: Tools
  readonly #call: Call
  readonly #caller: Caller
  readonly #candidates: readonly Candidate[]
  #attempts = 0
  #failed = NONE_FAILED
  /** The best that there is so far, as long as none of it is good. */
  #best: Outcome | undefined
  #last: Target | undefined
  /** Whose kept connection had been closed. */
  #stale: Candidate | undefined
  #hadStale = false

  constructor(tools: Tools, call: Call, caller: Caller, candidates: readonly Candidate[]) {
    this.#tools = tools
    this.#call = call
    this.#caller = caller
    this.#candidates = candidates
  }

  async run(): Promise<Dispatched> {
    for (;;) {
      const turn = await this.#next()
      if (turn === undefined) return this.#conclude()
      const outcome = await this.#ask(turn)
      this.#note(turn.candidate, outcome)
      const { next } = outcome.verdict
      if (next === 'final') return this.#deliver(outcome)
      this.#hold(outcome)
      if (next === 'over') return this.#conclude()
    }
  }

  /** Undefined when nobody is to be asked any more. */
  async #next(): Promise<Turn | undefined> {
    if (this.#best !== undefined && (this.#call.clientLeft() || this.#leftMs() <= 0)) return undefined
    const stale = this.#stale
    this.#stale = undefined
    if (stale !== undefined) return this.#begin(stale, true)
    if (this.#attempts >= this.#tools.settings.attemptsMax) return undefined
    for (const candidate of this.#candidates.flatMap(insteadOf)) {
      const turn = candidate.asked ? undefined : this.#begin(candidate, false)
      if (turn === undefined) continue
      if (this.#affords(candidate)) return turn
      turn.attempt.ended({ kind: 'nothing' })
    }
    return this.#attempts === 0 ? this.#lastHope() : this.#again()
  }

  #begin(candidate: Candidate, isLast: boolean): Turn | undefined {
    const attempt = begin(this.#tools.health, candidate.target, isLast)
    return attempt && { candidate, attempt }
  }

  /** A second attempt at the same upstream is a retry there, unless it was the credential that was wrong. */
  #affords({ target: { upstream } }: Candidate): boolean {
    const before = this.#failed.findLast(({ target }) => target.upstream === upstream)
    if (before === undefined) {
      this.#tools.budget.request(upstream)
      return true
    }
    return before.reason === 'upstream_refused_credential' || this.#tools.budget.take(upstream)
  }

  /** Nobody was asked yet, and everybody is to be left alone. Throws when somebody else is finding out already. */
  #lastHope(): Turn | undefined {
    const waiting = this.#candidates.filter(({ asked }) => !asked)
    if (waiting.length === 0) return undefined
    const hope = this.#tools.hopes.choose(waiting)
    if ('waitMs' in hope) {
      this.#best?.answer?.source.cancel()
      throw nobodyThere(hope.waitMs, this.#tools.random)
    }
    this.#tools.budget.request(hope.target.upstream)
    return this.#begin(hope, true)
  }

  /** Everybody was asked: whoever may do better the second time, after a wait. */
  async #again(): Promise<Turn | undefined> {
    const { settings, random, clock, budget, health } = this.#tools
    const willing = this.#candidates
      .filter(({ mayAgain }) => mayAgain)
      .sort((a, b) => a.askedUntil - b.askedUntil)
    const waitMsOf = ({ retries, askedUntil }: Candidate): number =>
      backoffMs(retries + 1, Math.max(0, askedUntil - clock.now()), settings, random)
    let waitMs = 0
    const candidate = willing.find((one) => {
      waitMs = waitMsOf(one)
      return waitMs < this.#leftMs() && budget.take(one.target.upstream)
    })
    if (candidate === undefined) return undefined
    const { target } = candidate
    candidate.retries++
    await waitFor(waitMs, () => this.#call.clientLeft(), clock)
    if (this.#call.clientLeft()) return undefined
    // What parked it may be this very request, which has waited for what it was asked to.
    return this.#begin(candidate, stateOf(health, target).kind === 'parked')
  }

  #leftMs(): number {
    const { deadlineAtMs } = this.#call
    return deadlineAtMs === undefined ? Number.POSITIVE_INFINITY : deadlineAtMs - this.#tools.clock.now()
  }

  async #ask({ candidate: { target }, attempt }: Turn): Promise<Outcome> {
    const { clock, settings } = this.#tools
    const { retryAfterMax } = settings
    const sentAtMs = clock.now()
    let answer: Answer | undefined
    let error: GatewayError | undefined
    try {
      const call = spokenTo(target, this.#call)
      answer = withLosses(await target.upstream.send(call, target, this.#caller), call.losses)
    } catch (thrown) {
      error = GatewayError.from(thrown)
    }
    const at = clock.now()
    const verdict =
      answer === undefined
        ? this.#unlessStaleAgain(verdictOfError(error as GatewayError, this.#call, retryAfterMax, at))
        : verdictOfAnswer(answer, target, this.#call, retryAfterMax)
    attempt.ended(verdict.result)
    const isCounted = verdict.isSent && verdict.next !== 'at-once'
    if (isCounted) this.#attempts++
    const row = isCounted ? this.#rowOf(target, verdict, answer, error, at - sentAtMs) : undefined
    return { target, verdict, answer, error, row }
  }

  /** A free second try is had once. */
  #unlessStaleAgain(verdict: Verdict): Verdict {
    if (verdict.next !== 'at-once') return verdict
    if (this.#hadStale) return { ...verdict, next: 'anywhere', result: { kind: 'failed' } }
    this.#hadStale = true
    return verdict
  }

  #rowOf(
    target: Target,
    { isExposed }: Verdict,
    answer: Answer | undefined,
    error: GatewayError | undefined,
    durationMs: number,
  ): FailedAttempt {
    const reason = error?.code ?? 'status'
    return { number: this.#attempts, target, status: answer?.status, reason, isExposed, durationMs }
  }

  #note(candidate: Candidate, { target, verdict }: Outcome): void {
    const { next, askedMs } = verdict
    this.#last = target
    candidate.asked = true
    candidate.mayAgain = next === 'anywhere' && target.upstream.isSimulated !== true
    candidate.askedUntil = this.#tools.clock.now() + askedMs
    if (next === 'at-once') this.#stale = candidate
  }

  #hold(outcome: Outcome): void {
    if (outcome.row !== undefined) this.#failed = [...this.#failed, outcome.row]
    const isBetter = this.#best === undefined || outcome.verdict.rank >= this.#best.verdict.rank
    const worse = isBetter ? this.#best : outcome
    worse?.answer?.source.cancel()
    if (isBetter) this.#best = outcome
  }

  /** The best of what there is has to do. */
  #conclude(): Dispatched {
    const best = this.#best as Outcome
    this.#best = undefined
    if (best.answer !== undefined) this.#failed = this.#failed.filter((row) => row !== best.row)
    return this.#deliver(best)
  }

  #deliver(outcome: Outcome): Dispatched {
    const { answer, error, target, row } = outcome
    this.#best?.answer?.source.cancel()
    const attempts = this.#attempts
    if (answer !== undefined) return { answer, target, attempts, failedAttempts: this.#failed }
    const isNew = row !== undefined && !this.#failed.includes(row)
    const failedAttempts = isNew ? [...this.#failed, row] : this.#failed
    FAILED.set(error as GatewayError, { target: this.#last ?? target, attempts, failedAttempts })
    throw error
  }
}

/** What the client's own language lost on its way here belongs to the report as well. */
function withLosses(answer: Answer, losses: readonly Loss[] | undefined): Answer {
  if (losses === undefined || losses.length === 0) return answer
  const { translation } = answer
  return { ...answer, translation: { losses: () => [...losses, ...(translation?.losses() ?? [])] } }
}

/** Longest time that clients are sent away for, in seconds; somebody is back sooner than that, or not at all soon. */
const COME_AGAIN_SECONDS_MAX = 5

/** Without a word sent to anybody. Clients are told different times, so that they do not come back together. */
function nobodyThere(waitMs: number, random: () => number): GatewayError {
  const soonest = Math.ceil(waitMs / 1_000)
  const seconds = soonest + Math.floor(random() * (COME_AGAIN_SECONDS_MAX + 1 - soonest))
  return new GatewayError('upstream_unavailable', 'The service is currently unavailable.', {
    hint: 'every target of this model has failed again and again, or refused our credential: see `wasat upstreams list`',
    headers: { 'retry-after': `${seconds}` },
    details: [retryInfo(seconds * 1_000)],
  })
}
