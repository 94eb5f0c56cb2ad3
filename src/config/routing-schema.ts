/** Whom a request is sent to when one who could answer does not. */
import { count, duration, section } from './fields.ts'

export const HealthSchema = section(
  'How an upstream that fails or is limited is left alone, for each model and key of it.',
  {
    failures: count(
      5,
      1,
      1_000,
      'Failures in a row that open the breaker: then others are asked, until one attempt at a time finds out that it answers again.',
    ),
    openFor: duration(
      '30s',
      'How long the breaker stays open the first time. The second time in a row it is twice that, and so on; a tenth more or less, so that replicas do not come back together.',
    ),
    openForMax: duration('300s', 'Longest time that the breaker stays open before an attempt is made.'),
    parkedFor: duration(
      '1s',
      'How long a model is left alone after a 429 that does not say for how long. Each further one in a row doubles it.',
    ),
    parkedForMax: duration('60s', 'Longest such time. What the upstream itself asks for may be longer.'),
    credentialParkedFor: duration(
      '60s',
      'How long a key is left alone that the upstream refused. The second time in a row it is twice that, and so on, up to 15 minutes.',
    ),
  },
)

export const RetriesSchema = section(
  'How often and how soon a request that failed is sent again, before its answer has begun.',
  {
    attemptsMax: count(
      3,
      1,
      3,
      'Attempts of one request, over all targets and keys together. 1: no retries and no failover.',
    ),
    backoffMin: duration(
      '100ms',
      'Shortest wait before the same target is asked again. Each wait is drawn at random between this and a bound that grows. Another target is asked at once.',
    ),
    backoffMax: duration('2s', 'Longest such wait, unless the upstream asked for a longer one.'),
    retryAfterMax: duration(
      '10s',
      'Longest wait that an upstream may ask for. When it asks for more, the client is told so at once.',
    ),
    budgetPercent: count(
      20,
      0,
      100,
      'How many of 100 requests to an upstream may be retries there, counted over 10 seconds. Beyond it errors go out as they are.',
    ),
    budgetMin: count(
      3,
      0,
      10_000,
      'Retries that an upstream may get in 10 seconds, however few requests it has.',
    ),
  },
)
