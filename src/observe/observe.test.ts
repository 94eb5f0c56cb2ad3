import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { CALLER, callOf, requestOf, settlementOf, targetOf, upstreamOf } from '../nouns.fixture.ts'
import { createLog } from './log.ts'
import type { Metrics, RequestMetric } from './metrics.ts'
import { createObserve, type RequestRecord } from './observe.ts'
import { createRedact } from './redact.ts'

const RECORD: RequestRecord = {
  request: requestOf('/v1beta/models/m:generateContent', { clientRequestId: 'theirs' }),
  opening: callOf({ model: 'm' }),
  caller: CALLER,
  status: 200,
  settlement: settlementOf({
    usage: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 },
    usageSource: 'final',
    deliveredBytes: 99,
  }),
  billedNanoUsd: 137_500,
  error: undefined,
  ownMs: 0.126,
  losses: undefined,
}

/** What one record leaves in the log and in the metrics. */
function observed(
  t: TestContext,
  record: Partial<RequestRecord> = {},
): { line: Record<string, unknown>; metric: RequestMetric } {
  const pieces: string[] = []
  const log = createLog('info', createRedact(['a-secret-of-ours']), {
    write: (piece) => void pieces.push(piece),
  })
  t.after(() => log.close())
  const recorded: RequestMetric[] = []
  const metrics: Metrics = {
    record: (metric) => void recorded.push(metric),
    changed: () => undefined,
    render: async () => '',
    close: async () => undefined,
  }
  createObserve(log, metrics)({ ...RECORD, ...record })
  log.close()
  return { line: JSON.parse(pieces.join('')), metric: recorded[0] as RequestMetric }
}

test('[LOG-01] the line of an answered request says who, what, by whom, and at what cost', (t) => {
  const { line, metric } = observed(t)
  const { time: _, durationMs, ...rest } = line
  assert.ok((durationMs as number) >= 0)
  assert.deepEqual(rest, {
    level: 30,
    msg: 'request',
    requestId: RECORD.request.id,
    clientRequestId: 'theirs',
    method: 'POST',
    verb: 'generateContent',
    model: 'm',
    keyId: 'k',
    status: 200,
    ownMs: 0.13,
    remoteAddress: '127.0.0.1',
    upstream: 'up',
    upstreamModel: 'up-model',
    outcome: 'complete',
    attempts: 1,
    firstByteMs: 1,
    usageSource: 'final',
    costUsd: '0.0001375',
    promptTokens: 3,
    totalTokens: 7,
    deliveredBytes: 99,
  })
  assert.deepEqual(metric.tokens, { input: 3, output: 4, thoughts: 0, cached: 0 })
  assert.deepEqual([metric.model, metric.upstream, metric.status], ['up-model', 'up', 200])
})

test('[LOG-01] a refused request has its error; ours are faults, the client’s are not', (t) => {
  const refused = { settlement: undefined, opening: undefined, caller: undefined, ownMs: undefined }
  const theirs = observed(t, { ...refused, status: 400, error: new GatewayError('invalid_argument', 'no') })
  assert.deepEqual([theirs.line.level, theirs.line.error, theirs.line.code], [30, 'no', 'invalid_argument'])
  assert.equal(theirs.metric.refusal, 'invalid_argument')
  assert.deepEqual(
    [theirs.metric.verb, theirs.metric.model, theirs.metric.tokens],
    ['none', undefined, undefined],
  )
  const ours = observed(t, { ...refused, status: 500, error: new TypeError('bug') })
  assert.equal(ours.line.level, 50)
  assert.match(String(ours.line.stack), /observe\.test/)
})

test('[REDACT-01] K12 a secret that a client wrote into a name is not logged', (t) => {
  const key = 'wst_ab12_0123456789abcdef0123'
  const { line } = observed(t, {
    request: requestOf('/', { clientRequestId: key }),
    opening: callOf({ model: 'a-secret-of-ours' }),
    settlement: settlementOf({ target: targetOf(upstreamOf('up'), key) }),
  })
  assert.deepEqual([line.clientRequestId, line.model, line.upstreamModel], ['••••', '••••', '••••'])
})

test('[METRICS-01] U40 counts that are no counts are none', (t) => {
  const usage = { promptTokenCount: '5', candidatesTokenCount: -1, thoughtsTokenCount: Number.NaN } as never
  const { metric } = observed(t, { settlement: settlementOf({ usage }) })
  assert.deepEqual(metric.tokens, { input: 0, output: 0, thoughts: 0, cached: 0 })
})
