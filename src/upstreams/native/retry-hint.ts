/** What `google.rpc` details say of a limit: how long, of what, and whether it is the day's. */
import type { IncomingHttpHeaders } from 'node:http'
import type { RetryHint } from '../../nouns/retry.ts'
import { delayMs, retryAfterMs } from '../http/retry-after.ts'
import { detailsOf } from './errors.ts'

/** A Duration of protojson. What a clock could not mean (`1e9s`, `-5s`, `9999999999s`) is no delay. */
const DURATION = /^(\d{1,9}(?:\.\d{1,9})?)s$/
const PER_DAY = /PerDay/i
const PER_MODEL = /PerModel/i

/** `body` is parsed; undefined when it is no JSON. The body's word goes before the header's: it is Google's own. */
export function retryHintOf(headers: IncomingHttpHeaders, body: unknown): RetryHint {
  const details = detailsOf(body)
  const quotas = details.flatMap(quotasOf)
  const isDaily = quotas.some(({ quotaId }) => PER_DAY.test(quotaId))
  return {
    afterMs: retryDelayMs(details) ?? retryAfterMs(headers),
    scope: scopeOf(quotas),
    isDaily,
    ...(isDaily && { dayEnds: 'pacific-midnight' as const }),
  }
}

interface Quota {
  /** `GenerateRequestsPerDayPerProjectPerModel-FreeTier` */
  readonly quotaId: string
  readonly hasModel: boolean
}

/** Of a `QuotaFailure`; any other detail has none. */
function quotasOf(detail: Detail): Quota[] {
  const { violations } = detail
  if (!Array.isArray(violations)) return []
  return violations.flatMap((violation) => {
    const { quotaId, quotaDimensions } = (violation ?? {}) as Detail
    if (typeof quotaId !== 'string') return []
    const { model } = (quotaDimensions ?? {}) as Detail
    return { quotaId, hasModel: typeof model === 'string' || PER_MODEL.test(quotaId) }
  })
}

type Detail = Readonly<Record<string, unknown>>

/** One quota that counts all models is enough to close them all. */
function scopeOf(quotas: readonly Quota[]): RetryHint['scope'] {
  if (quotas.length === 0) return undefined
  return quotas.every(({ hasModel }) => hasModel) ? 'model' : 'credential'
}

function retryDelayMs(details: readonly Detail[]): number | undefined {
  for (const { retryDelay } of details) {
    const seconds = typeof retryDelay === 'string' ? DURATION.exec(retryDelay)?.[1] : undefined
    if (seconds !== undefined) return delayMs(Number(seconds) * 1_000)
  }
  return undefined
}
