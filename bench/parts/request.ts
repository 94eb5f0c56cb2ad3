/** One request as the parts of the money path see it: the unary one of the benchmark. */
import { randomUUIDv7 } from 'node:crypto'
import { MONEY } from '../../src/main/money.ts'
import type { Reservation, UsageRow } from '../../src/nouns/ledger.ts'
import type { NanoUsd, Price } from '../../src/nouns/money.ts'
import { callOf, settlementOf, targetOf, upstreamOf } from '../../src/nouns.fixture.ts'
import type { Call, Caller, Settlement } from '../../src/nouns.ts'
import { createPriceBook } from '../../src/prices/book.ts'
import { LIMITS, PRICES } from '../money.ts'
import { GEMINI_BODY, UNARY_ANSWER } from '../wire.ts'

const UPSTREAM = 'mock'
const MODEL = 'bench-unary'
const MAX_OUTPUT_TOKENS = 512
const LEASE_MS = 3_600_000

export const CALLER: Caller = {
  keyId: 'env',
  name: 'WASAT_KEY',
  models: [],
  limits: LIMITS,
  project: undefined,
  isBudgeted: true,
}

const body = Buffer.from(GEMINI_BODY)
const plain = callOf({ body, model: MODEL })
export const CALL: Call = {
  ...plain,
  facts: { ...plain.facts, maxOutputTokens: MAX_OUTPUT_TOKENS },
}

const book = createPriceBook({ overrides: PRICES })

export function findPrice(): Price {
  const price = book.find(UPSTREAM, MODEL, Date.now())
  if (price === undefined) throw new Error(`${MODEL} has no price`)
  return price
}

const PRICE = findPrice()
const BOUND: NanoUsd = MONEY.bound(CALL, PRICE, {})
const usage = JSON.parse(UNARY_ANSWER).usageMetadata as NonNullable<Settlement['usage']>

export const SETTLEMENT: Settlement = settlementOf({
  target: { ...targetOf(upstreamOf(UPSTREAM), MODEL), price: PRICE },
  usage,
  usageSource: 'final',
  modelVersion: 'bench-001',
  finishReason: 'STOP',
  deliveredBytes: UNARY_ANSWER.length,
  firstByteMs: 1.25,
  durationMs: 2.5,
})

const QUANTITIES = MONEY.quantities(CALL, SETTLEMENT)
const COST: NanoUsd = MONEY.cost(PRICE, QUANTITIES, 'standard')

export function newReservation(): Reservation {
  return {
    requestId: randomUUIDv7(),
    keyId: CALLER.keyId,
    projectId: undefined,
    verb: CALL.verb,
    model: CALL.model,
    tags: undefined,
    reservedNanoUsd: BOUND,
    isPriced: true,
    isBudgeted: true,
    leaseMs: LEASE_MS,
  }
}

export function rowOf(reservation: Reservation, admittedAt: number): UsageRow {
  const { requestId, keyId, projectId, verb, model, tags, reservedNanoUsd } = reservation
  const { outcome, status, attempts, usageSource, modelVersion, finishReason } = SETTLEMENT
  const { deliveredBytes, firstByteMs, durationMs } = SETTLEMENT
  return {
    ...{ requestId, keyId, projectId, verb, model, tags, reservedNanoUsd },
    ...QUANTITIES,
    ...{ admittedAt, settledAt: Date.now(), outcome, status, attempts, otherAttempts: [] },
    ...{
      upstream: UPSTREAM,
      upstreamModel: MODEL,
      modelVersion,
      usageSource,
      tier: 'standard',
      price: PRICE,
    },
    ...{ billedNanoUsd: COST, upstreamCostNanoUsd: COST, finishReason },
    ...{ deliveredBytes, firstByteMs, durationMs },
  }
}
