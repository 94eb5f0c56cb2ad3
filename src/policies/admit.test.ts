import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import type { BudgetState } from '../nouns/directory.ts'
import type { BudgetAlert, Reservation, Reserved, UsageRow } from '../nouns/ledger.ts'
import type { Price } from '../nouns/money.ts'
import { CALLER, callOf, fails, settlementOf, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Policy, Target } from '../nouns.ts'
import { createAdmit, type Money } from './admit.ts'
import { modelAllowList } from './model-allow-list.ts'

const ADMITTED_AT = 1_700_000_000_000
const TARGETS = [targetOf(upstreamOf('up'))]

/** One nano-USD for each token; the bound is what the price's version says. */
const MONEY: Money = {
  bound: (_, { version }) => Number(version),
  quantities: (_, { usage }) => ({
    promptTokens: usage?.promptTokenCount ?? 0,
    cachedTokens: 0,
    candidatesTokens: 0,
    thoughtsTokens: 0,
    toolUsePromptTokens: 0,
    totalTokens: usage?.totalTokenCount ?? 0,
    details: undefined,
  }),
  cost: (_, { totalTokens }, tier) => (tier === 'batch' ? totalTokens / 2 : totalTokens),
  exposure: () => 7,
}

const priceOf = (bound: number): Price => ({
  version: String(bound),
  rates: { input: 0, output: 0 },
  document: '{}',
})

interface Given {
  readonly policies?: readonly Policy[]
  readonly reserved?: Reserved
  readonly settle?: () => Promise<readonly BudgetAlert[]>
}

/** A ledger that keeps what it is told. */
function rig({ policies = [], reserved = { granted: true, admittedAt: ADMITTED_AT }, settle }: Given = {}) {
  const reservations: Reservation[] = []
  const rows: UsageRow[] = []
  const alerts: BudgetAlert[] = []
  const unrecorded: string[] = []
  const admit = createAdmit({
    policies,
    ledger: {
      reserve: async (reservation) => {
        reservations.push(reservation)
        return reserved
      },
      settle: (row) => {
        rows.push(row)
        return settle?.() ?? Promise.resolve([])
      },
    },
    money: MONEY,
    leaseMs: () => 60_000,
    onAlert: (alert) => alerts.push(alert),
    onUnrecorded: ({ requestId }) => unrecorded.push(requestId),
  })
  return { reservations, rows, alerts, unrecorded, admit }
}

const holding =
  (name: string, heard: string[], headers = {}): Policy =>
  async () => {
    heard.push(`ask ${name}`)
    return { headers, release: ({ outcome }) => void heard.push(`release ${name} ${outcome}`) }
  }
const refusing: Policy = async () => {
  throw new GatewayError('resource_exhausted', 'enough')
}

const BUDGET: BudgetState = {
  ...{ id: 'b', scope: 'key', scopeId: 'k', period: 'day', limitNanoUsd: 10, hardStop: true },
  ...{ alertPercent: undefined, createdAt: 0, updatedAt: 0 },
  ...{ windowStart: ADMITTED_AT, windowEnd: ADMITTED_AT + 1, spentNanoUsd: 9, reservedNanoUsd: 0 },
}

test('every policy is asked in order, and each hold is let go with what was used', async () => {
  const heard: string[] = []
  const { admit } = rig({ policies: [holding('a', heard), async () => undefined, holding('b', heard)] })
  const permit = await admit(callOf(), CALLER, TARGETS)
  await permit.settle(settlementOf()).recorded
  assert.deepEqual(heard, ['ask a', 'ask b', 'release a complete', 'release b complete'])
})

test('what the policies have to tell the client comes with the permit', async () => {
  const policies = [holding('a', [], { 'x-a': '1' }), modelAllowList, holding('b', [], { 'x-b': '2' })]
  for (const verb of ['generateContent', 'countTokens'] as const) {
    const { headers } = await rig({ policies }).admit(callOf({ verb }), CALLER, TARGETS)
    assert.deepEqual(headers, { 'x-a': '1', 'x-b': '2' })
  }
})

test('[LEDGER-01] B0 a refusal ends it, lets the earlier holds go, and nothing is reserved', async () => {
  const heard: string[] = []
  const { admit, rows, reservations } = rig({
    policies: [holding('a', heard), refusing, holding('b', heard)],
  })
  await assert.rejects(admit(callOf(), CALLER, TARGETS), fails('resource_exhausted'))
  assert.deepEqual([heard, rows, reservations], [['ask a', 'release a refused'], [], []])
})

test('[LEDGER-01] B0 a budget without room is a refusal like any other', async () => {
  const heard: string[] = []
  const reserved: Reserved = { granted: false, reason: 'exhausted', budget: BUDGET }
  const { admit, rows } = rig({ policies: [holding('a', heard)], reserved })
  await assert.rejects(admit(callOf(), CALLER, TARGETS), fails('resource_exhausted'))
  assert.deepEqual([heard, rows], [['ask a', 'release a refused'], []])
})

test('[LEDGER-07] reserved is the bound of the dearest target; one without a price leaves the request unpriced', async () => {
  const { admit, reservations } = rig()
  const at = (price: Price | undefined): Target => ({ ...targetOf(upstreamOf('up')), price })
  const caller = { ...CALLER, isBudgeted: true, project: { id: 'p', name: 'p', limits: {} } }
  await admit(callOf({ tags: { team: 'a' } }), caller, [at(priceOf(5)), at(priceOf(9)), at(priceOf(3))])
  await admit(callOf(), caller, [at(priceOf(5)), at(undefined)])
  const { id: requestId, verb, model } = callOf()
  const common = { requestId, verb, model, keyId: 'k', projectId: 'p', isBudgeted: true, leaseMs: 60_000 }
  assert.deepEqual(reservations, [
    { ...common, tags: { team: 'a' }, reservedNanoUsd: 9, isPriced: true },
    { ...common, tags: undefined, reservedNanoUsd: 0, isPriced: false },
  ])
})

test('[LEDGER-07] B3 B4 B8 billed is the price of what was used by whoever answered, and nothing when nobody did', async () => {
  const target = { ...targetOf(upstreamOf('up')), price: priceOf(5) }
  const used = { usage: { totalTokenCount: 8 }, usageSource: 'final' as const, target }
  const failed = { number: 1, target, status: undefined, reason: 'upstream_timeout', durationMs: 3 }
  const failedAttempts = [
    { ...failed, isExposed: true },
    { ...failed, number: 2, isExposed: false },
  ]
  const { admit, rows } = rig()
  const settle = async (call: Parameters<typeof callOf>[0], settlement: Parameters<typeof settlementOf>[0]) =>
    (await admit(callOf(call), CALLER, [target])).settle(settlementOf(settlement)).billedNanoUsd
  assert.equal(await settle({}, { ...used, failedAttempts, attempts: 3 }), 8)
  assert.equal(await settle({ tier: 'batch' }, used), 4)
  assert.equal(await settle({}, { target, outcome: 'upstream_error', status: 503 }), 0)
  assert.equal(await settle({}, { ...used, target: TARGETS[0]! }), undefined, 'nobody knows the price')
  assert.deepEqual(
    rows.map((row) => [row.billedNanoUsd, row.upstreamCostNanoUsd, row.reservedNanoUsd, row.price?.version]),
    [
      [8, 8, 5, '5'],
      [4, 4, 5, '5'],
      [0, 0, 5, '5'],
      [0, 0, 5, undefined],
    ],
  )
  assert.deepEqual(
    rows[0]?.otherAttempts.map((one) => [one.number, one.upstream, one.reason, one.exposureNanoUsd]),
    [
      [1, 'up', 'upstream_timeout', 7],
      [2, 'up', 'upstream_timeout', 0],
    ],
  )
  assert.equal(rows[0]?.admittedAt, ADMITTED_AT, 'the windows of a request are those of its admission')
})

test('[LEDGER-01] a permit is settled once: a second time throws, and writes nothing', async () => {
  const heard: string[] = []
  const { admit, rows } = rig({ policies: [holding('a', heard)] })
  const permit = await admit(callOf(), CALLER, TARGETS)
  await permit.settle(settlementOf()).recorded
  assert.throws(() => permit.settle(settlementOf()), /settled twice/)
  assert.deepEqual([rows.length, heard.length], [1, 2])
})

test('[LEDGER-01] recorded resolves when the row is durable, and rejects when it is not', async () => {
  const durable = Promise.withResolvers<readonly BudgetAlert[]>()
  const { admit, alerts } = rig({ settle: () => durable.promise })
  let isRecorded = false
  const recording = (await admit(callOf(), CALLER, TARGETS)).settle(settlementOf()).recorded.then(() => {
    isRecorded = true
  })
  await new Promise(setImmediate)
  assert.equal(isRecorded, false)
  const alert = { budget: BUDGET, windowStart: 0, spentNanoUsd: 8 }
  durable.resolve([alert])
  await recording
  assert.deepEqual(alerts, [alert])
  const broken = rig({ settle: () => Promise.reject(new GatewayError('store_unavailable', 'disk')) })
  const permit = await broken.admit(callOf(), CALLER, TARGETS)
  await assert.rejects(permit.settle(settlementOf()).recorded, fails('store_unavailable'))
  assert.deepEqual(broken.unrecorded, [callOf().id], 'the operator hears of it')
})

test('[LEDGER-01] B10 countTokens is on no book, but lets its holds go', async () => {
  const heard: string[] = []
  const { admit, rows, reservations } = rig({ policies: [holding('a', heard)] })
  await (await admit(callOf({ verb: 'countTokens' }), CALLER, TARGETS)).settle(settlementOf()).recorded
  assert.deepEqual([rows, reservations, heard], [[], [], ['ask a', 'release a complete']])
})

test('[KEYS-06] a key that names models may use only those; the others look as if they did not exist', async () => {
  const asked = async (model: string, models: readonly string[]) =>
    modelAllowList(callOf({ model }), { ...CALLER, models }, TARGETS)
  assert.equal(await asked('anything', []), undefined)
  assert.equal(await asked('gemini-2.5-flash', ['other', 'gemini-*']), undefined)
  await assert.rejects(
    asked('gpt-5', ['gemini-*']),
    fails('not_found', /^models\/gpt-5 is not found for API version v1beta/),
  )
  await assert.rejects(asked('xgemini-1', ['gemini-*']), fails('not_found'))
})
