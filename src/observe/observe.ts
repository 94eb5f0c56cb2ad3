/** One record for each request that was answered: a line in the log and a few numbers in the metrics. */
import { GatewayError } from '../errors.ts'
import type { Loss } from '../nouns/translation.ts'
import type { Caller, HttpRequest, Opening, Settlement } from '../nouns.ts'
import { formatUsd } from '../wire/usd.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** What is told of a request; a call of a batch has no more than this. */
export type ObservedRequest = Pick<
  HttpRequest,
  'id' | 'clientRequestId' | 'method' | 'remoteAddress' | 'receivedAtMs'
>

export interface RequestRecord {
  readonly request: ObservedRequest
  readonly opening: Opening | undefined
  readonly caller: Caller | undefined
  readonly status: number
  /** Present when an upstream was asked. */
  readonly settlement: Settlement | undefined
  /** Undefined when nothing was asked, or nobody knows the price. */
  readonly billedNanoUsd: number | undefined
  /** What was thrown, when no answer came. */
  readonly error: unknown
  readonly ownMs: number | undefined
  /** What was not carried as it was asked; undefined when nothing was translated. */
  readonly losses: readonly Loss[] | undefined
}

export type Observe = (record: RequestRecord) => void

export function createObserve(log: Log, metrics: Metrics): Observe {
  return (record) => {
    const durationMs = performance.now() - record.request.receivedAtMs
    metrics.record({
      verb: record.opening?.verb ?? 'none',
      status: record.status,
      model: record.settlement?.target?.model,
      upstream: record.settlement?.target?.upstream.name,
      durationMs,
      ownMs: record.ownMs,
      firstByteMs: record.settlement?.firstByteMs,
      tokens: tokensOf(record.settlement),
      billedNanoUsd: record.billedNanoUsd,
      refusal: refusalOf(record),
    })
    const isFault = record.error !== undefined && GatewayError.from(record.error).http >= 500
    log.request(fieldsOf(record, durationMs, log), isFault)
  }
}

function fieldsOf(record: RequestRecord, durationMs: number, log: Log): object {
  const { request, opening, settlement } = record
  return {
    requestId: request.id,
    clientRequestId: log.clean(request.clientRequestId),
    method: request.method,
    verb: opening?.verb,
    model: log.clean(opening?.model),
    keyId: record.caller?.keyId,
    status: record.status,
    durationMs: round(durationMs),
    ownMs: record.ownMs === undefined ? undefined : round(record.ownMs),
    remoteAddress: request.remoteAddress,
    ...(settlement !== undefined && {
      upstream: settlement.target?.upstream.name,
      upstreamModel: log.clean(settlement.target?.model),
      outcome: settlement.outcome,
      attempts: settlement.attempts,
      firstByteMs: settlement.firstByteMs === undefined ? undefined : round(settlement.firstByteMs),
      usageSource: settlement.usageSource,
      costUsd: record.billedNanoUsd === undefined ? undefined : formatUsd(record.billedNanoUsd),
      tags: opening !== undefined && 'tags' in opening ? opening.tags : undefined,
      promptTokens: settlement.usage?.promptTokenCount,
      totalTokens: settlement.usage?.totalTokenCount,
      finishReason: settlement.finishReason,
      deliveredBytes: settlement.deliveredBytes,
    }),
    ...(record.losses !== undefined && record.losses.length > 0 && { translation: record.losses }),
    ...(record.error !== undefined && log.describe(record.error)),
  }
}

/** The machine-readable reason of the refusal, such as `BUDGET_EXCEEDED`, else the code of the error. */
function refusalOf({ error, settlement }: RequestRecord): string | undefined {
  if (error === undefined || settlement !== undefined) return undefined
  const { code, details } = GatewayError.from(error)
  for (const detail of details) {
    if ('reason' in detail && typeof detail.reason === 'string') return detail.reason
  }
  return code
}

function tokensOf(
  settlement: Settlement | undefined,
): Record<'input' | 'output' | 'thoughts' | 'cached', number> | undefined {
  const usage = settlement?.usage
  if (usage === undefined) return undefined
  const count = (value: unknown) => (typeof value === 'number' && value > 0 ? value : 0)
  return {
    input: count(usage.promptTokenCount),
    output: count(usage.candidatesTokenCount),
    thoughts: count(usage.thoughtsTokenCount),
    cached: count(usage.cachedContentTokenCount),
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
