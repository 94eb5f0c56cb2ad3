/** A dispatch with a clock and a die in the test's hand, and targets that answer what they are told. */
import type { Health } from '../nouns/health.ts'
import { answerOf, HandSource, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Answer, Target } from '../nouns.ts'
import { createDispatch, type Dispatch, type RetrySettings } from './dispatch.ts'

export const SETTINGS: RetrySettings = {
  attemptsMax: 3,
  backoffMin: 100,
  backoffMax: 2_000,
  retryAfterMax: 10_000,
  budgetPercent: 20,
  budgetMin: 3,
}

export const ALL_WELL: Health = {
  stateOf: () => ({ kind: 'ok' }),
  begin: () => ({ ended: () => undefined }),
  firstByteMs: () => undefined,
  list: () => [],
}

export interface Rig {
  readonly dispatch: Dispatch
  readonly clock: { ms: number }
  /** Milliseconds waited so far. */
  waited(): number
}

export interface RigOptions {
  readonly settings?: Partial<RetrySettings>
  readonly health?: Health
  readonly clock?: { ms: number }
  readonly random?: () => number
  /** Called whenever some time has gone by in a wait. */
  readonly onSleep?: () => void
}

export function rigOf(options: RigOptions = {}): Rig {
  const { settings, health = ALL_WELL, clock = { ms: 1_000_000 }, random = () => 0.5, onSleep } = options
  let waitedMs = 0
  const dispatch = createDispatch({
    ...{ health, random },
    settings: { ...SETTINGS, ...settings },
    now: () => clock.ms,
    sleep: async (ms) => {
      clock.ms += ms
      waitedMs += ms
      onSleep?.()
    },
  })
  return { dispatch, clock, waited: () => Math.round(waitedMs) }
}

export const good = (): Answer => answerOf(new HandSource())
export const says = (status: number, rest: Partial<Answer> = {}): Answer =>
  answerOf(new HandSource(), {}, { status, retryable: status >= 500 || status === 429, ...rest })
export const busy = (): Answer => says(429)

export interface Cast {
  /** Names in the order in which they were asked. */
  readonly asked: string[]
  /** One that gives these answers in turn, and the last of them ever after. */
  target(name: string, ...answers: (() => Answer | Error)[]): Target
  /** The same with several credentials. */
  pool(name: string, credentials: number, ...answers: (() => Answer | Error)[]): Target
}

export function castOf(): Cast {
  const asked: string[] = []
  const pool: Cast['pool'] = (name, credentials, ...answers) => {
    let turn = 0
    const send = async () => {
      asked.push(name)
      const answer = (answers[turn++] ?? answers.at(-1))?.() as Answer | Error
      if (answer instanceof Error) throw answer
      return answer
    }
    return targetOf(upstreamOf(name, { credentials, send }))
  }
  return { asked, pool, target: (name, ...answers) => pool(name, 1, ...answers) }
}
