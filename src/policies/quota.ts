/**
 * The refusals of limits and budgets, in the shape of Google's own: `QuotaFailure` names the quota, and clients find out
 * by `PerMinute` or `PerDay` in its id whether to wait; `RetryInfo` says for how long; `ErrorInfo` that it was us.
 */
import { errorInfo, GatewayError, retryInfo } from '../errors.ts'
import type { ClaimState, CounterKind } from '../nouns/counters.ts'
import type { BudgetPeriod, BudgetScope, BudgetState } from '../nouns/directory.ts'
import type { Reserved } from '../nouns/ledger.ts'
import { formatUsd } from '../wire/usd.ts'
import { rateHeaders } from './rate-headers.ts'

/** Of the `ErrorInfo` of everything that no upstream said. */
export const DOMAIN = 'wasat'

/**
 * A client may give this number to a timer, and one of more than 24 days would be over at once. The text has the day on
 * which a budget really begins anew.
 */
const RETRY_MAX_MS = 24 * 3_600_000

interface Wording {
  /** As in `RequestsPerMinutePerKey`. */
  readonly id: string
  readonly metric: string
  /** What the key may do, with the limit. */
  says(max: number): string
}

const WORDINGS: Readonly<Record<CounterKind, Wording>> = {
  requestsPerMinute: {
    id: 'RequestsPerMinute',
    metric: 'requests_per_minute',
    says: (max) => `may send ${max} ${plural(max, 'request')} per minute`,
  },
  tokensPerMinute: {
    id: 'TokensPerMinute',
    metric: 'tokens_per_minute',
    says: (max) => `may use ${max} ${plural(max, 'token')} per minute`,
  },
  requestsPerDay: {
    id: 'RequestsPerDay',
    metric: 'requests_per_day',
    says: (max) => `may send ${max} ${plural(max, 'request')} in 24 hours`,
  },
  tokensPerDay: {
    id: 'TokensPerDay',
    metric: 'tokens_per_day',
    says: (max) => `may use ${max} ${plural(max, 'token')} in 24 hours`,
  },
  concurrentRequests: {
    id: 'ConcurrentRequests',
    metric: 'concurrent_requests',
    says: (max) => `may have ${max} ${plural(max, 'request')} under way at once`,
  },
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`
}

/** What a quota is and to whom it belongs, as `QuotaFailure` and `ErrorInfo` both say it. */
interface Quota {
  readonly reason: 'RATE_LIMIT_EXCEEDED' | 'BUDGET_EXCEEDED'
  readonly metric: string
  readonly id: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly value: string
}

/** 429 for a limit that is used up. */
export function quotaExceeded(refused: ClaimState, retryAfterMs: number, model: string): GatewayError {
  const { kind, scope, max } = refused.claim
  const isProject = scope.startsWith('project:')
  const owner = isProject ? 'project' : 'key'
  const { id, metric, says } = WORDINGS[kind]
  const quota: Quota = {
    reason: 'RATE_LIMIT_EXCEEDED',
    metric: `${DOMAIN}/${metric}_per_${owner}`,
    id: `${id}Per${isProject ? 'Project' : 'Key'}`,
    dimensions: { [owner]: scope.slice(owner.length + 1), model },
    value: String(max),
  }
  const whose = isProject ? "this key's project" : 'this key'
  const message = `You exceeded your current quota: ${whose} ${says(max)}.\n${metricLine(quota, model)}`
  return exhausted(message, quota, retryAfterMs, rateHeaders([refused]))
}

const PERIODS: Readonly<Record<BudgetPeriod, { readonly id: string; readonly adjective: string }>> = {
  day: { id: 'PerDay', adjective: 'daily ' },
  week: { id: 'PerWeek', adjective: 'weekly ' },
  month: { id: 'PerMonth', adjective: 'monthly ' },
  ever: { id: '', adjective: '' },
}
const OWNERS: Readonly<Record<BudgetScope, { readonly id: string; readonly name: string }>> = {
  key: { id: 'PerKey', name: 'this key' },
  project: { id: 'PerProject', name: "this key's project" },
  gateway: { id: 'PerGateway', name: 'the whole gateway' },
}

/** 429 for a budget without room, and 400 for a request whose price nobody knows. `now` is milliseconds of the epoch. */
export function budgetExceeded(refusal: Extract<Reserved, { granted: false }>, now: number): GatewayError {
  return refusal.reason === 'unpriced' ? priceUnknown(refusal.budget) : noRoom(refusal.budget, now)
}

function noRoom(budget: BudgetState, now: number): GatewayError {
  const { scope, period, windowEnd } = budget
  const limit = formatUsd(budget.limitNanoUsd)
  const used = `${formatUsd(budget.spentNanoUsd)} USD are spent and ${formatUsd(budget.reservedNanoUsd)} USD reserved`
  const quota: Quota = {
    reason: 'BUDGET_EXCEEDED',
    metric: `${DOMAIN}/cost_usd${period === 'ever' ? '' : `_per_${period}`}_per_${scope}`,
    id: `Budget${PERIODS[period].id}${OWNERS[scope].id}`,
    dimensions: scope === 'gateway' ? {} : { [scope]: budget.scopeId },
    // What everybody spends is not everybody's business.
    value: scope === 'gateway' ? '' : limit,
  }
  const amounts = scope === 'gateway' ? '' : `: of ${limit} USD, ${used} by requests under way`
  const again =
    windowEnd === undefined
      ? 'It does not begin anew by itself.'
      : `It begins anew at ${new Date(windowEnd).toISOString()}.`
  const message = `You exceeded your current quota: the ${PERIODS[period].adjective}budget of ${OWNERS[scope].name} has no room for this request${amounts}. ${again}`
  const hint = `budget ${budget.id} of ${limit} USD: ${used}; raise its limit, or wait`
  return exhausted(message, quota, windowEnd === undefined ? undefined : windowEnd - now, {}, hint)
}

/** 400, because to try again helps nobody. */
function priceUnknown({ id, scope }: BudgetState): GatewayError {
  return new GatewayError(
    'failed_precondition',
    `The cost of this model is not known, and ${OWNERS[scope].name} has a budget, which could not be kept. ` +
      'Use another model, or ask the operator to set its price.',
    {
      details: [errorInfo('PRICE_UNKNOWN', DOMAIN, { scope })],
      hint: `budget ${id} wants a price: set one for the model under prices: in the configuration`,
    },
  )
}

/** As Google has it; programs look for it. */
function metricLine({ metric, value }: Quota, model: string): string {
  return `* Quota exceeded for metric: ${metric}, limit: ${value}${model === '' ? '' : `, model: ${model}`}`
}

function exhausted(
  message: string,
  quota: Quota,
  waitMs: number | undefined,
  headers: Readonly<Record<string, string>>,
  hint?: string,
): GatewayError {
  const { reason, metric, id, dimensions, value } = quota
  const violation = {
    quotaMetric: metric,
    quotaId: id,
    quotaDimensions: dimensions,
    ...(value && { quotaValue: value }),
  }
  const metadata = {
    quota_metric: metric,
    quota_limit: id,
    ...(value && { quota_limit_value: value }),
    ...dimensions,
  }
  const details: object[] = [
    { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [violation] },
    errorInfo(reason, DOMAIN, metadata),
  ]
  if (waitMs === undefined) {
    return new GatewayError('resource_exhausted', message, { details, headers, ...(hint && { hint }) })
  }
  const seconds = Math.max(1, Math.ceil(Math.min(waitMs, RETRY_MAX_MS) / 1_000))
  return new GatewayError('resource_exhausted', `${message}\nPlease retry in ${preciseSeconds(waitMs)}s.`, {
    details: [...details, retryInfo(seconds * 1_000)],
    headers: { ...headers, 'retry-after': String(seconds) },
    ...(hint && { hint }),
  })
}

/** Rounded up, so that it is not too early. */
function preciseSeconds(waitMs: number): string {
  return (Math.ceil(Math.max(100, Math.min(waitMs, RETRY_MAX_MS)) / 100) / 10).toString()
}
