/** For each invariant faults, to be planted in the busy book: the checker has to find each of them. */
import assert from 'node:assert/strict'
import type { BookFacts } from '../../../test/contracts/reference/book.ts'
import { NOON } from './scene.fixture.ts'

export type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] }

/** The one row of a list, to be changed. */
function one<Row extends object>(rows: readonly Row[], part: Partial<Row>): Mutable<Row> {
  const row = rows.find((candidate) =>
    Object.entries(part).every(([name, value]) => candidate[name as keyof Row] === value),
  )
  assert.ok(row, `there is ${JSON.stringify(part)}`)
  return row
}

function drop<Row extends object>(rows: Row[], part: Partial<Row>): void {
  rows.splice(rows.indexOf(one(rows, part)), 1)
}

const window = (facts: BookFacts, budgetId: string) => one(facts.windows, { budgetId })
export const request = (facts: BookFacts, requestId: string) => one(facts.requests, { requestId })
const reservation = (facts: BookFacts, requestId: string) => one(facts.reservations, { requestId })

export const FAULTS: Record<string, Record<string, (facts: BookFacts) => void>> = {
  L1: {
    'a row gives back less than was reserved': (facts) => request(facts, 'plain').reservedNanoUsd--,
    'a row says of its adjustments what they are not': (facts) =>
      request(facts, 'unpriced').adjustedNanoUsd++,
  },
  L2: {
    'a window keeps what was given back': (facts) => {
      window(facts, 'key').reservedNanoUsd += 100
    },
  },
  L3: {
    'a window has spent one nano more': (facts) => window(facts, 'project').spentNanoUsd++,
    'a window has spent one nano less': (facts) => window(facts, 'gateway').spentNanoUsd--,
    'a window reserves one nano less': (facts) => window(facts, 'gateway').reservedNanoUsd--,
    'a window is gone': (facts) => drop(facts.windows, { budgetId: 'key' }),
    'a limit was changed behind the back of the books': (facts) => {
      facts.budgets = facts.budgets.map((budget) => ({ ...budget, limitNanoUsd: budget.limitNanoUsd + 1 }))
    },
    'a budget vanished': (facts) => drop(facts.budgets, { id: 'key' }),
    'a budget appeared': (facts) => facts.budgets.push({ ...facts.budgets[0]!, id: 'new', scopeId: 'k9' }),
  },
  L4: {
    'a budget was too small for what was granted': (facts) => limit(facts, 199),
    'what was granted later did not fit beside it': (facts) => limit(facts, 499),
    'a request without a price began under a hard budget': (facts) => {
      reservation(facts, 'plain').isPriced = false
    },
    'what a settlement gave back was taken before': (facts) => {
      limit(facts, 500)
      const settled = facts.events.findIndex(
        (event) => event.kind === 'settle' && event.requestId === 'failed',
      )
      facts.events.push(...facts.events.splice(settled, 1))
    },
  },
  L5: {
    'a window is beyond its limit and no request is': (facts) => {
      window(facts, 'key').spentNanoUsd = 100_000
    },
  },
  L6: {
    'a negative count': (facts) => {
      request(facts, 'plain').promptTokens = -1
    },
    'a broken amount': (facts) => {
      request(facts, 'plain').billedNanoUsd = 0.5
    },
    'an unsafe amount': (facts) => {
      request(facts, 'plain').upstreamCostNanoUsd = 2 ** 53
    },
    'a negative detail': (facts) => {
      request(facts, 'modal').details = { 'prompt.AUDIO': -1 }
    },
    'a negative reservation': (facts) => {
      reservation(facts, 'plain').reservedNanoUsd = -1
    },
    'a negative window': (facts) => {
      window(facts, 'key').reservedNanoUsd = -1
    },
    'a negative exposure': (facts) => {
      one(facts.attempts, { requestId: 'retried' }).exposureNanoUsd = -1
    },
    'an adjustment that takes back more than there was': (facts) => {
      one(facts.adjustments, { requestId: 'unpriced' }).billedNanoUsd = -1
      request(facts, 'unpriced').adjustedNanoUsd = -1
    },
  },
  L7: {
    'a settled request was never reserved': (facts) => drop(facts.reservations, { requestId: 'plain' }),
    'a settlement is in no commit': (facts) => dropEvent(facts, 'settle', 'plain'),
    'a reservation is in no commit': (facts) => dropEvent(facts, 'reserve', 'open'),
    'a commit settled twice': (facts) => void facts.events.push({ kind: 'settle', requestId: 'plain' }),
    'a commit settled what has no row': (facts) =>
      void facts.events.push({ kind: 'settle', requestId: 'open' }),
    'a commit reserved twice': (facts) => void facts.events.push({ kind: 'reserve', requestId: 'open' }),
    'a commit adjusted what has no row': (facts) =>
      void facts.events.push({ kind: 'adjust', requestId: 'plain', number: 1 }),
    'an old row has a reservation': (facts) => {
      request(facts, 'plain').hasReservation = false
    },
  },
  L8: {
    'a lease is over': (facts) => {
      reservation(facts, 'open').leaseUntil = facts.at - 60_001
    },
  },
  L9: {
    'a request is settled twice': (facts) => void facts.requests.unshift({ ...facts.requests[0]! }),
    'a request is settled twice, at two times': (facts) =>
      void facts.requests.push(...twice({ ...request(facts, 'plain'), admittedAt: facts.at })),
    'a request is reserved twice': (facts) =>
      void facts.reservations.splice(1, 0, { ...facts.reservations[0]! }),
    'an attempt is there twice': (facts) => void facts.attempts.push({ ...facts.attempts[0]! }),
    'an adjustment is there twice': (facts) => void facts.adjustments.unshift({ ...facts.adjustments[0]! }),
    'an adjustment is missing': (facts) => {
      one(facts.adjustments, { requestId: 'unpriced' }).number = 2
    },
    'a window is there twice': (facts) => void facts.windows.push({ ...facts.windows[0]! }),
  },
  L13: {
    'what used nothing is billed': (facts) => {
      request(facts, 'failed').billedNanoUsd = 1
    },
  },
  L14: {
    'a delivered answer is free': (facts) => {
      request(facts, 'plain').billedNanoUsd = 0
    },
  },
  L15: {
    'a failure is billed': (facts) => {
      Object.assign(request(facts, 'failed'), { usageSource: 'final', billedNanoUsd: 1 })
    },
    'an answer of 500 with nothing in it is billed': (facts) => {
      Object.assign(request(facts, 'plain'), { status: 500, deliveredBytes: 0 })
    },
  },
  L16: {
    'four attempts': (facts) => {
      request(facts, 'plain').attempts = 4
    },
    'an attempt has no row': (facts) => drop(facts.attempts, { requestId: 'retried' }),
    'two attempts delivered': (facts) => {
      request(facts, 'retried').attempts = 3
    },
    'none delivered what was complete': (facts) => {
      request(facts, 'retried').attempts = 1
    },
    'an attempt was never made': (facts) => {
      one(facts.attempts, { requestId: 'retried' }).number = 3
    },
  },
  L17: {
    'a bill is one nano off': (facts) => request(facts, 'plain').billedNanoUsd++,
    'an adjustment is one nano off': (facts) =>
      one(facts.adjustments, { requestId: 'crashed' }).billedNanoUsd++,
    'a bill without a price': (facts) => {
      request(facts, 'plain').priceVersion = undefined
    },
    'a price is not on the books': (facts) => void facts.prices.pop(),
    'a price was changed': (facts) => {
      one(facts.prices, {}).document = '{"input":0,"output":1000001}'
    },
    'a price is none': (facts) => {
      one(facts.prices, {}).document = 'x'
    },
    'the tokens were changed': (facts) => request(facts, 'plain').candidatesTokens++,
  },
  L18: {
    'reserved for one key, settled for another': (facts) => {
      request(facts, 'plain').keyId = 'k2'
    },
    'reserved for a project, settled for none': (facts) => {
      request(facts, 'plain').projectId = undefined
    },
    'the keys spent more than the gateway': (facts) => {
      window(facts, 'gateway').spentNanoUsd = 1
    },
  },
  L19: {
    'reserved and settled in different hours': (facts) => request(facts, 'plain').admittedAt++,
    'a window begins an hour late': (facts) => {
      window(facts, 'key').windowStart += 3_600_000
    },
    'a window of nobody': (facts) => {
      window(facts, 'key').budgetId = 'ghost'
    },
  },
  L20: {
    ...Object.fromEntries(
      (
        ['requests', 'failed', 'unpriced', 'totalTokens', 'billedNanoUsd', 'upstreamCostNanoUsd'] as const
      ).map((name) => [
        `a sum of ${name} is one more`,
        (facts: BookFacts) => void one(facts.hours, {})[name]++,
      ]),
    ),
    'an hour is gone': (facts) => void facts.hours.shift(),
    'an hour is there twice': (facts) => void facts.hours.unshift({ ...facts.hours[0]! }),
    'an hour has no rows': (facts) =>
      void facts.hours.push({ ...facts.hours.at(-1)!, hour: NOON + 9 * 3_600_000 }),
    'a sum stands for another key': (facts) => {
      one(facts.hours, { keyId: 'k2' }).keyId = 'k3'
    },
  },
  L21: {
    'more came from the cache than there was': (facts) => {
      request(facts, 'plain').cachedTokens = 11
    },
    'the parts are more than the whole': (facts) => {
      request(facts, 'modal').details = { 'prompt.AUDIO': 6, 'prompt.IMAGE': 5 }
    },
  },
  L27: {
    'the store says that its chain is broken': (facts) =>
      void facts.soundness.push({ name: 'chain', ok: false, detail: 'commit 7 was changed' }),
  },
  L32: {
    'an attempt of nobody': (facts) =>
      void facts.attempts.push({ ...facts.attempts[0]!, requestId: 'ghost' }),
    'an adjustment of nobody': (facts) =>
      void facts.adjustments.push({ ...facts.adjustments[0]!, requestId: 'ghost' }),
    'a commit for a request that is nowhere': (facts) =>
      void facts.events.push({ kind: 'reserve', requestId: 'ghost' }),
  },
}

const twice = <Row>(row: Row): Row[] => [row, row]

/** Makes the budget of the key one that has always had this limit. */
export function limit(facts: BookFacts, limitNanoUsd: number): void {
  one(facts.budgets, { id: 'key' }).limitNanoUsd = limitNanoUsd
  for (const event of facts.events)
    if (event.kind === 'budget' && event.budget.id === 'key')
      (event.budget as Mutable<typeof event.budget>).limitNanoUsd = limitNanoUsd
}

function dropEvent(facts: BookFacts, kind: 'reserve' | 'settle', requestId: string): void {
  const at = facts.events.findIndex((event) => event.kind === kind && event.requestId === requestId)
  assert.notEqual(at, -1)
  facts.events.splice(at, 1)
}
