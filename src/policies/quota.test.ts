import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatewayError } from '../errors.ts'
import type { ClaimState, CounterKind } from '../nouns/counters.ts'
import type { BudgetState } from '../nouns/directory.ts'
import { budgetExceeded, quotaExceeded } from './quota.ts'
import { shortDuration } from './rate-headers.ts'

const RPC = 'type.googleapis.com/google.rpc.'
const NOW = Date.UTC(2026, 10, 21, 12)

const refused = (kind: CounterKind, scope = 'key:abc', max = 60): ClaimState => ({
  claim: { scope, kind, max, amount: 1 },
  remaining: 0,
  resetMs: 60_000,
})

test("[LIM-05] a limit that is used up is a 429 in Google's shape", () => {
  const error = quotaExceeded(refused('requestsPerMinute'), 44_120, 'gemini-2.5-flash')
  assert.deepEqual([error.http, error.status], [429, 'RESOURCE_EXHAUSTED'])
  assert.equal(
    error.message,
    'You exceeded your current quota: this key may send 60 requests per minute.\n' +
      '* Quota exceeded for metric: wasat/requests_per_minute_per_key, limit: 60, model: gemini-2.5-flash\n' +
      'Please retry in 44.2s.',
  )
  assert.deepEqual(error.details, [
    {
      '@type': `${RPC}QuotaFailure`,
      violations: [
        {
          quotaMetric: 'wasat/requests_per_minute_per_key',
          quotaId: 'RequestsPerMinutePerKey',
          quotaDimensions: { key: 'abc', model: 'gemini-2.5-flash' },
          quotaValue: '60',
        },
      ],
    },
    {
      '@type': `${RPC}ErrorInfo`,
      reason: 'RATE_LIMIT_EXCEEDED',
      domain: 'wasat',
      metadata: {
        quota_metric: 'wasat/requests_per_minute_per_key',
        quota_limit: 'RequestsPerMinutePerKey',
        quota_limit_value: '60',
        key: 'abc',
        model: 'gemini-2.5-flash',
      },
    },
    { '@type': `${RPC}RetryInfo`, retryDelay: '45s' },
  ])
  assert.deepEqual(error.headers, {
    'retry-after': '45',
    'ratelimit-policy': '"rpm";q=60;w=60',
    ratelimit: '"rpm";r=0;t=60',
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '1m0s',
  })
})

const quotaId = (error: GatewayError) =>
  (error.details[0] as { violations: readonly { quotaId: string }[] }).violations[0]?.quotaId

test('[LIM-05] the id of the quota says minute or day, and key or project', () => {
  const ids: readonly [CounterKind, string][] = [
    ['requestsPerMinute', 'RequestsPerMinute'],
    ['tokensPerMinute', 'TokensPerMinute'],
    ['requestsPerDay', 'RequestsPerDay'],
    ['tokensPerDay', 'TokensPerDay'],
    ['concurrentRequests', 'ConcurrentRequests'],
  ]
  for (const [kind, id] of ids) {
    assert.equal(quotaId(quotaExceeded(refused(kind), 1, 'm')), `${id}PerKey`)
    assert.equal(quotaId(quotaExceeded(refused(kind, 'project:p:q'), 1, 'm')), `${id}PerProject`)
  }
  const project = quotaExceeded(refused('tokensPerDay', 'project:p:q', 1), 1, 'm')
  assert.match(project.message, /this key's project may use 1 token in 24 hours\./)
  assert.match(JSON.stringify(project.details), /"quotaDimensions":\{"project":"p:q","model":"m"\}/)
})

test('[LIM-05] the time to wait is never 0, never too short, and never more than a day', () => {
  const cases: readonly [number, string, RegExp][] = [
    [0, '1', /in 0\.1s\.$/],
    [1, '1', /in 0\.1s\.$/],
    [1_000, '1', /in 1s\.$/],
    [1_001, '2', /in 1\.1s\.$/],
    [86_400_000, '86400', /in 86400s\.$/],
    [90_000_000, '86400', /in 86400s\.$/],
  ]
  for (const [waitMs, seconds, words] of cases) {
    const error = quotaExceeded(refused('requestsPerDay'), waitMs, 'm')
    assert.equal(error.headers['retry-after'], seconds)
    assert.match(error.message, words)
    assert.deepEqual(error.details.at(-1), { '@type': `${RPC}RetryInfo`, retryDelay: `${seconds}s` })
  }
})

const budget = (changes: Partial<BudgetState> = {}): BudgetState => ({
  id: 'b1',
  scope: 'key',
  scopeId: 'abc',
  period: 'month',
  limitNanoUsd: 5_000_000_000,
  hardStop: true,
  alertPercent: undefined,
  createdAt: 0,
  updatedAt: 0,
  windowStart: Date.UTC(2026, 10, 1),
  windowEnd: Date.UTC(2026, 11, 1),
  spentNanoUsd: 4_900_000_001,
  reservedNanoUsd: 90_000_000,
  ...changes,
})
const exceeded = (changes: Partial<BudgetState> = {}) =>
  budgetExceeded({ granted: false, reason: 'exhausted', budget: budget(changes) }, NOW)

test('[LIM-05] a budget without room says which, how large, how much of it is gone, and when it begins anew', () => {
  const error = exceeded()
  assert.equal(error.http, 429)
  assert.equal(
    error.message,
    'You exceeded your current quota: the monthly budget of this key has no room for this request: of 5 USD, ' +
      '4.900000001 USD are spent and 0.09 USD reserved by requests under way. ' +
      'It begins anew at 2026-12-01T00:00:00.000Z.\nPlease retry in 86400s.',
  )
  assert.deepEqual(error.details, [
    {
      '@type': `${RPC}QuotaFailure`,
      violations: [
        {
          quotaMetric: 'wasat/cost_usd_per_month_per_key',
          quotaId: 'BudgetPerMonthPerKey',
          quotaDimensions: { key: 'abc' },
          quotaValue: '5',
        },
      ],
    },
    {
      '@type': `${RPC}ErrorInfo`,
      reason: 'BUDGET_EXCEEDED',
      domain: 'wasat',
      metadata: {
        quota_metric: 'wasat/cost_usd_per_month_per_key',
        quota_limit: 'BudgetPerMonthPerKey',
        quota_limit_value: '5',
        key: 'abc',
      },
    },
    // Not the nine days: a timer of more than 24 would be over at once.
    { '@type': `${RPC}RetryInfo`, retryDelay: '86400s' },
  ])
  assert.deepEqual(error.headers, { 'retry-after': '86400' })
  assert.match(error.hint ?? '', /^budget b1 of 5 USD/)
})

test('[LIM-05] the ids of budgets name their window, and one for ever says nothing of a retry', () => {
  assert.equal(quotaId(exceeded({ period: 'day', windowEnd: NOW + 5_000 })), 'BudgetPerDayPerKey')
  assert.equal(exceeded({ period: 'day', windowEnd: NOW + 5_000 }).headers['retry-after'], '5')
  assert.equal(quotaId(exceeded({ period: 'week', scope: 'project' })), 'BudgetPerWeekPerProject')
  const ever = exceeded({ period: 'ever', windowEnd: undefined })
  assert.equal(quotaId(ever), 'BudgetPerKey')
  assert.match(ever.message, /the budget of this key .* It does not begin anew by itself\.$/s)
  assert.deepEqual([ever.headers, ever.details.length], [{}, 2])
})

test('[LIM-05] what the whole gateway spends is told to the operator only', () => {
  const error = exceeded({ scope: 'gateway', scopeId: '' })
  assert.doesNotMatch(JSON.stringify([error.message, error.details, error.headers]), /4\.9|0\.09|"5"|5 USD/)
  assert.match(error.hint ?? '', /of 5 USD: 4\.900000001 USD are spent/)
  assert.equal(quotaId(error), 'BudgetPerMonthPerGateway')
})

test('[LIM-05] a model without a price is refused for good where a budget stands, and the operator is told what to do', () => {
  const error = budgetExceeded({ granted: false, reason: 'unpriced', budget: budget() }, NOW)
  assert.deepEqual([error.http, error.status, error.retryable], [400, 'FAILED_PRECONDITION', false])
  assert.match(error.hint ?? '', /prices:/)
  assert.deepEqual(error.details, [
    { '@type': `${RPC}ErrorInfo`, reason: 'PRICE_UNKNOWN', domain: 'wasat', metadata: { scope: 'key' } },
  ])
})

test('[LIM-06] durations as OpenAI writes them', () => {
  const cases: readonly [number, string][] = [
    [0, '0ms'],
    [16.2, '17ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [59_001, '1m0s'],
    [360_000, '6m0s'],
    [3_600_000, '1h0m0s'],
    [90_000_000, '25h0m0s'],
  ]
  for (const [ms, text] of cases) assert.equal(shortDuration(ms), text)
})
