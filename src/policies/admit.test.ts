import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { CALLER, callOf, fails, settlementOf, targetOf, upstreamOf } from '../nouns.fixture.ts'
import type { Ledger, Policy, Settlement, UsageRow } from '../nouns.ts'
import { createAdmit } from './admit.ts'
import { modelAllowList } from './model-allow-list.ts'

const TARGETS = [targetOf(upstreamOf('up'))]

function ledgerOf(append: (row: UsageRow) => Promise<void>): Ledger {
  return { append } as Partial<Ledger> as Ledger
}

/** A ledger that keeps its rows, and policies that write down what they are asked and told. */
function rig(policies: readonly Policy[] = [], append: () => Promise<void> = async () => undefined) {
  const rows: UsageRow[] = []
  const ledger = ledgerOf((row) => {
    rows.push(row)
    return append()
  })
  return { rows, admit: createAdmit(policies, ledger) }
}

const holding =
  (name: string, heard: string[]): Policy =>
  async () => {
    heard.push(`ask ${name}`)
    return { release: ({ outcome }) => void heard.push(`release ${name} ${outcome}`) }
  }
const refusing: Policy = async () => {
  throw new GatewayError('resource_exhausted', 'enough')
}

test('every policy is asked in order, and each hold is let go with what was used', async () => {
  const heard: string[] = []
  const { admit } = rig([holding('a', heard), async () => undefined, holding('b', heard)])
  const permit = await admit(callOf(), CALLER, TARGETS)
  await permit.settle(settlementOf())
  assert.deepEqual(heard, ['ask a', 'ask b', 'release a complete', 'release b complete'])
})

test('[LEDGER-01] B0 a refusal ends it, lets the earlier holds go, and leaves no row', async () => {
  const heard: string[] = []
  const { admit, rows } = rig([holding('a', heard), refusing, holding('b', heard)])
  await assert.rejects(admit(callOf(), CALLER, TARGETS), fails('resource_exhausted'))
  assert.deepEqual([heard, rows], [['ask a', 'release a refused'], []])
})

test('[LEDGER-01] a permit is settled once: a second time throws, and writes nothing', async () => {
  const heard: string[] = []
  const { admit, rows } = rig([holding('a', heard)])
  const permit = await admit(callOf(), CALLER, TARGETS)
  await permit.settle(settlementOf())
  await assert.rejects(permit.settle(settlementOf()), /settled twice/)
  assert.deepEqual([rows.length, heard.length], [1, 2])
})

test('[LEDGER-01] settling resolves when the row is durable, and rejects when it is not', async () => {
  const durable = Promise.withResolvers<void>()
  const { admit } = rig([], () => durable.promise)
  let isSettled = false
  const settling = (await admit(callOf(), CALLER, TARGETS)).settle(settlementOf()).then(() => {
    isSettled = true
  })
  await new Promise(setImmediate)
  assert.equal(isSettled, false)
  durable.resolve()
  await settling
  const broken = rig([], () => Promise.reject(new GatewayError('store_unavailable', 'disk')))
  const permit = await broken.admit(callOf(), CALLER, TARGETS)
  await assert.rejects(permit.settle(settlementOf()), fails('store_unavailable'))
})

test('[LEDGER-01] B10 countTokens leaves no row, but lets its holds go', async () => {
  const heard: string[] = []
  const { admit, rows } = rig([holding('a', heard)])
  await (await admit(callOf({ verb: 'countTokens' }), CALLER, TARGETS)).settle(settlementOf())
  assert.deepEqual([rows, heard], [[], ['ask a', 'release a complete']])
})

async function rowOf(usage: Settlement['usage']): Promise<UsageRow> {
  const { admit, rows } = rig()
  await (await admit(callOf(), CALLER, TARGETS)).settle(settlementOf({ usage, usageSource: 'final' }))
  return rows[0] as UsageRow
}

test('[LEDGER-06] L13 the row has the upstream’s numbers, class by class', async () => {
  const row = await rowOf({
    promptTokenCount: 1,
    cachedContentTokenCount: 2,
    candidatesTokenCount: 3,
    thoughtsTokenCount: 4,
    toolUsePromptTokenCount: 5,
    totalTokenCount: 2 ** 53 - 1,
  })
  const { promptTokens, cachedTokens, candidatesTokens, thoughtsTokens, toolUsePromptTokens, totalTokens } =
    row
  assert.deepEqual(
    [promptTokens, cachedTokens, candidatesTokens, thoughtsTokens, toolUsePromptTokens, totalTokens],
    [1, 2, 3, 4, 5, 2 ** 53 - 1],
  )
  assert.deepEqual(
    [row.keyId, row.model, row.upstream, row.upstreamModel, row.status],
    ['k', 'some-model', 'up', 'up-model', 200],
  )
})

test('[LEDGER-06] L21 usage without a total counts the sum of what it names', async () => {
  assert.equal((await rowOf({ promptTokenCount: 7 })).totalTokens, 7)
  assert.equal(
    (
      await rowOf({
        promptTokenCount: 7,
        candidatesTokenCount: 2,
        thoughtsTokenCount: 1,
        cachedContentTokenCount: 5,
      })
    ).totalTokens,
    10,
  )
  assert.equal((await rowOf(undefined)).totalTokens, 0)
})

test('[LEDGER-06] L6 nothing that is no count reaches a row', async () => {
  for (const value of [-1, 1.5, Number.NaN, 1e300, '5', null, {}]) {
    const row = await rowOf({ promptTokenCount: value as number, totalTokenCount: value as number })
    assert.deepEqual([row.promptTokens, row.totalTokens], [0, 0], String(value))
  }
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
