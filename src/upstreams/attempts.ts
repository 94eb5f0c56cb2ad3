/** Whom a request may be sent to, and who is the last hope when everybody is to be left alone. */
import type { Health, TargetState } from '../nouns/health.ts'
import type { Target } from '../nouns.ts'

/** A target with one of its credentials. */
export interface Candidate {
  readonly target: Target
  /** The first of a target knows those with its other credentials; the others know nobody. */
  readonly others: readonly Candidate[]
  asked: boolean
  /** After the last attempt: whether another one may end better. */
  mayAgain: boolean
  /** Retries so far. */
  retries: number
  /** Before that, in milliseconds of the dispatch's clock, the upstream does not want to be asked. */
  askedUntil: number
}

let turn = 0

/** Credentials of one target that are looked at, because many may be parked; an upstream may have a thousand. */
const CREDENTIALS_MAX = 50

/**
 * Every target with one credential, then with its others. Requests take turns with the credentials, and one request never
 * meets the same one twice in the list, however many run beside it. A pinned target keeps the one that it came with.
 */
export function candidatesOf(targets: readonly Target[]): Candidate[] {
  const first = turn++
  return runsOf(targets).flatMap((run) => candidatesOfRun(run, first))
}

/** What stands in for a model, or for what stands in for it, waits until all credentials before it were tried. */
function runsOf(targets: readonly Target[]): Target[][] {
  const runs: Target[][] = []
  for (const target of targets) {
    const run = runs.at(-1)
    if (run !== undefined && run[0]?.standsIn === target.standsIn) run.push(target)
    else runs.push([target])
  }
  return runs
}

function candidatesOfRun(targets: readonly Target[], first: number): Candidate[] {
  const startOf = (target: Target) => (target.isHome ? target.credential : first)
  const firsts = targets.map((target) => {
    const count = countOf(target)
    if (count === 1) return candidateOf(target, [])
    const start = startOf(target)
    const others: Candidate[] = []
    for (let more = 1; more < count; more++)
      others.push(candidateOf({ ...target, credential: start + more }, []))
    return candidateOf({ ...target, credential: start }, others)
  })
  return [...firsts, ...firsts.flatMap(({ others }) => others)]
}

/** Whoever may be asked in this one's place: until a target was asked, any of its credentials is as good. */
export function insteadOf(candidate: Candidate): readonly Candidate[] {
  const { others } = candidate
  return candidate.asked || others.some(({ asked }) => asked) ? [candidate] : [candidate, ...others]
}

function countOf({ pinned, upstream }: Target): number {
  return pinned ? 1 : Math.min(upstream.credentials, CREDENTIALS_MAX)
}

function candidateOf(target: Target, others: readonly Candidate[]): Candidate {
  return { target, others, asked: false, mayAgain: false, retries: 0, askedUntil: 0 }
}

/** What is known of a target that means to fail is nothing. */
export function stateOf(health: Health, target: Target): TargetState {
  return target.upstream.isSimulated ? OK : health.stateOf(target)
}

/** Undefined when the target is to be left alone, which it never is with `isLast`. */
export function begin(health: Health, target: Target, isLast: boolean): ReturnType<Health['begin']> {
  return target.upstream.isSimulated ? UNWATCHED : health.begin(target, isLast)
}

const OK: TargetState = Object.freeze({ kind: 'ok' })
const UNWATCHED = Object.freeze({ ended: () => undefined })

/** One that is out of order is asked so often, in milliseconds, when there is no other: the sooner it is seen to be back. */
const HOPE_EVERY_MS = 1_000
/** Targets that are watched so; the one that was asked longest ago is forgotten. */
const HOPES_MAX = 1_000

export interface LastHopes {
  /**
   * The one of these that is to be asked although it should be left alone; or in how many milliseconds somebody may be.
   * Who is limited is asked at any time: another kind of request may not be over the limit, and its own words tell the
   * client most.
   */
  choose(candidates: readonly Candidate[]): Candidate | { readonly waitMs: number }
}

export function createLastHopes(health: Health, now: () => number): LastHopes {
  const askedAt = new Map<string, number>()

  function take({ target: { upstream, model } }: Candidate): boolean {
    const key = `${upstream.name}\n${model}`
    if (now() - (askedAt.get(key) ?? Number.NEGATIVE_INFINITY) < HOPE_EVERY_MS) return false
    askedAt.delete(key)
    askedAt.set(key, now())
    if (askedAt.size > HOPES_MAX) askedAt.delete(askedAt.keys().next().value as string)
    return true
  }

  return {
    choose(candidates) {
      const ranked = candidates
        .map((candidate) => ({ candidate, state: stateOf(health, candidate.target) }))
        .sort((a, b) => untilOf(a.state) - untilOf(b.state))
      const limited = ranked.find(({ state }) => state.kind === 'parked' && state.reason === 'limited')
      if (limited !== undefined) return limited.candidate
      const sick = ranked.find(({ candidate }) => take(candidate))
      return sick?.candidate ?? { waitMs: HOPE_EVERY_MS }
    },
  }
}

function untilOf(state: TargetState): number {
  return 'until' in state ? state.until : 0
}
