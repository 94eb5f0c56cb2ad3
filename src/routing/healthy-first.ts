/** Who is out of order is asked last, and never left out: somebody has to be asked. */
import type { Health, TargetState } from '../nouns/health.ts'
import type { Target } from '../nouns.ts'
import { bestStateOf } from './best-state.ts'

/** Otherwise the order stays. */
export function healthyFirst(targets: readonly Target[], health: Health | undefined): readonly Target[] {
  if (health === undefined) return targets
  const out = targets.filter((target) => isOut(bestStateOf(health, target)))
  if (out.length === 0 || out.length === targets.length) return targets
  return [...targets.filter((target) => !out.includes(target)), ...out]
}

/**
 * A half-open target keeps its place: it would stay half-open for ever if others were always asked before it. Whoever
 * makes attempts lets one at a time through.
 */
function isOut({ kind }: TargetState): boolean {
  return kind === 'open' || kind === 'parked'
}
