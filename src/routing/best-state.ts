/** How a target fares that may be asked with any of its upstream's credentials. */
import type { Health, TargetState } from '../nouns/health.ts'
import type { Target } from '../nouns.ts'

/** Credentials that are looked at; an upstream may have a thousand, and the answer is nearly always the first. */
const LOOKED_AT_MAX = 50

/** That of the credential that fares best; of a pinned target that of its own. */
export function bestStateOf(health: Health, target: Target): TargetState {
  let best = health.stateOf(target)
  const others = target.pinned === true ? 1 : Math.min(target.upstream.credentials, LOOKED_AT_MAX)
  for (let more = 1; more < others && best.kind !== 'ok'; more++) {
    const state = health.stateOf({ ...target, credential: target.credential + more })
    if (rank(state) < rank(best)) best = state
  }
  return best
}

/** Sooner is better. */
function rank(state: TargetState): number {
  if (state.kind === 'ok') return 0
  return state.kind === 'half-open' ? 1 : state.until
}
