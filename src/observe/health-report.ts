/** Tells operators when an upstream stops or begins to answer. */
import type { HealthEvent } from '../nouns/health.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** A busy minute's limit is reached again and again; one line each so often says it. */
const SAME_LIMIT_MS = 60_000
/** Limits that are remembered for that. */
const LIMITS_MAX = 1_000

const MESSAGES: Readonly<Record<HealthEvent['kind'], string>> = {
  opened: 'an upstream failed again and again and is left alone for a while',
  closed: 'an upstream answers again',
  parked: 'a limit of an upstream is reached; it is left alone until it said to come back',
  refused: 'an upstream refused our credential: check it, and replace it where it is wrong',
}

export function createHealthReport(
  log: Pick<Log, 'warn' | 'error'>,
  metrics: Pick<Metrics, 'changed'>,
  now: () => number = () => performance.now(),
): (event: HealthEvent) => void {
  const toldAtMs = new Map<string, number>()

  function isOldNews({ kind, upstream, model, credential }: HealthEvent): boolean {
    if (kind !== 'parked') return false
    const limit = `${upstream} ${credential} ${model ?? ''}`
    const at = now()
    if (at - (toldAtMs.get(limit) ?? Number.NEGATIVE_INFINITY) < SAME_LIMIT_MS) return true
    if (toldAtMs.size >= LIMITS_MAX) toldAtMs.clear()
    toldAtMs.set(limit, at)
    return false
  }

  return (event) => {
    metrics.changed(event)
    if (isOldNews(event)) return
    const { kind, upstream, model, credential, until } = event
    const fields = {
      ...{ upstream, ...(model !== undefined && { model }), credential },
      ...(until !== undefined && { until: new Date(until).toISOString() }),
    }
    // Only this one needs somebody's hand.
    if (kind === 'refused') log.error(fields, MESSAGES[kind])
    else log.warn(fields, MESSAGES[kind])
  }
}
