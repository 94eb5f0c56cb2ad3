/** What changes about rows that never change: prices that become known, and rows that are removed. */
import assert from 'node:assert/strict'
import type { FindPrice, PricedLater, UsageRow } from '../../../src/nouns/ledger.ts'
import type { Quantities } from '../../../src/nouns/money.ts'
import { allRows } from './settle.ts'
import {
  admit,
  budgetOf,
  costOf,
  DAY_MS,
  HOUR_MS,
  LARGEST,
  type LedgerDoors,
  NO_USE,
  people,
  priceOf,
  type Register,
  reservationOf,
  rowOf,
  spend,
  standing,
  UNIT_PRICE,
  usage,
} from './subject.ts'

const UNPRICED: Partial<UsageRow> = { price: undefined, billedNanoUsd: 0, upstreamCostNanoUsd: 0 }
const NOW = Date.UTC(2026, 9, 15, 12)

export function registerChanges(register: Register): void {
  registerReprice(register)
  registerPrune(register)
}

function pricedAt(price = UNIT_PRICE): PricedLater {
  return { price, cost: (quantities: Quantities) => costOf(price.document, quantities) }
}

async function totals({ ledger }: LedgerDoors) {
  const [sum] = await ledger.report({ from: 0, to: 8e15, by: [], filter: {}, limit: 0 })
  return sum
}

function registerReprice(register: Register): void {
  register('rows without a price get it once, and budgets and sums follow', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    const now = doors.clock?.now() ?? Date.now()
    await directory.createBudget(budgetOf('b', { hardStop: false, limitNanoUsd: 1_000 }))
    const settle = (id: string, changes: Partial<UsageRow>) =>
      ledger.settle(rowOf(reservationOf(id), now, 20, changes))
    await settle('unpriced', { ...UNPRICED, ...usage(30) })
    await settle('another', { ...UNPRICED, ...usage(40), upstream: 'other', upstreamModel: 'some/model' })
    await settle('unknown', { ...UNPRICED, ...usage(50), upstreamModel: 'nobody knows' })
    await settle('nothing', { ...NO_USE, price: undefined, outcome: 'upstream_error', status: 503 })
    await settle('priced', {})
    assert.equal((await totals(doors))?.unpriced, 3n)
    const asked: unknown[] = []
    const find: FindPrice = (upstream, model, admittedAt) => {
      asked.push([upstream, model, admittedAt])
      return model === 'nobody knows' ? undefined : pricedAt()
    }
    assert.deepEqual(await ledger.reprice(find), { requests: 2, billedNanoUsd: 70n })
    for (const wanted of [
      ['mock', 'gemini-2.5-flash', now],
      ['other', 'some/model', now],
    ])
      assert.ok(asked.some((call) => JSON.stringify(call) === JSON.stringify(wanted)))
    assert.deepEqual(await standing(doors, 'b'), [90, 0])
    const sums = await totals(doors)
    assert.deepEqual([sums?.unpriced, sums?.billedNanoUsd, sums?.requests], [1n, 90n, 5n])
    assert.deepEqual(await ledger.reprice(find), { requests: 0, billedNanoUsd: 0n })
    const again = await doors.reopen()
    assert.deepEqual(await again.ledger.reprice(find), { requests: 0, billedNanoUsd: 0n })
    assert.deepEqual(await standing(again, 'b'), [90, 0])
    const row = (await allRows(again)).find(({ requestId }) => requestId === 'unpriced')
    assert.deepEqual([row?.billedNanoUsd, row?.adjustedNanoUsd, row?.priceVersion], [0, 30, undefined])
    const book = await again.ledger.openBook()
    const adjustments = await Array.fromAsync(book.adjustments())
    await book.close()
    for (const { reason, number, priceVersion } of adjustments)
      assert.deepEqual([reason, number, priceVersion], ['repriced', 1, UNIT_PRICE.version])
  })

  register('a price of nothing is a price', async (doors) => {
    const { ledger } = doors
    await ledger.settle(rowOf(reservationOf('r1'), NOW, 20, { ...UNPRICED, ...usage(30) }))
    const free = priceOf('free', 0, 0)
    assert.deepEqual(await ledger.reprice(() => pricedAt(free)), { requests: 1, billedNanoUsd: 0n })
    assert.deepEqual(await ledger.reprice(() => pricedAt()), { requests: 0, billedNanoUsd: 0n })
    assert.equal((await totals(doors))?.unpriced, 0n)
  })

  register('what comes later has its own price, and counts in its own window', async (doors) => {
    const { directory, ledger } = doors
    const at = (doors.clock?.now() ?? Date.now()) - 40 * DAY_MS
    await directory.createBudget(budgetOf('b', { period: 'month', hardStop: false }))
    await ledger.settle(rowOf(reservationOf('old'), at, 20, { ...UNPRICED, ...usage(30) }))
    assert.equal((await ledger.reprice(() => pricedAt())).requests, 1)
    assert.deepEqual(await standing(doors, 'b'), [0, 0])
    await ledger.settle(rowOf(reservationOf('new'), at, 20, { ...UNPRICED, ...usage(7) }))
    assert.deepEqual(await ledger.reprice(() => pricedAt(priceOf('double', 0, 2_000_000))), {
      requests: 1,
      billedNanoUsd: 14n,
    })
  })
}

function registerPrune(register: Register): void {
  register('[LDG-07] rows are removed at whole hours, and no sum changes', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    const now = doors.clock?.now() ?? Date.now()
    const today = Math.floor(now / HOUR_MS) * HOUR_MS
    const attempt = { number: 1, upstream: 'u', upstreamModel: 'm', status: 503, reason: 'status' }
    const failed = { attempts: 2, otherAttempts: [{ ...attempt, exposureNanoUsd: 1, durationMs: 1 }] }
    for (let hour = 0; hour < 6; hour++)
      for (const [index, changes] of [{}, failed, { ...UNPRICED, ...usage(30) }].entries()) {
        const id = `${hour} ${index}`
        const at = today - hour * HOUR_MS - (hour === 0 ? 0 : 1_000)
        await ledger.settle(rowOf(reservationOf(id), at, 10 + hour, changes))
      }
    await ledger.reprice(() => pricedAt())
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 10_000 }))
    await directory.createBudget(budgetOf('w', { period: 'week', limitNanoUsd: 10_000 }))
    const query = { from: 0, to: 8e15, by: ['hour', 'key'], filter: {}, limit: 0 } as const
    const before = await ledger.report(query)
    const standings = [await standing(doors, 'b'), await standing(doors, 'w')]
    const cut = today - 3 * HOUR_MS
    assert.equal(await ledger.prune(cut + 1_800_000), 9)
    assert.equal(await ledger.prune(cut), 0)
    assert.equal(await ledger.prune(cut - HOUR_MS), 0)
    const again = await doors.reopen()
    assert.deepEqual(await again.ledger.report(query), before)
    assert.deepEqual([await standing(again, 'b'), await standing(again, 'w')], standings)
    const rows = await allRows(again)
    assert.equal(rows.length, 9)
    assert.ok(rows.every(({ admittedAt }) => admittedAt >= cut))
    const book = await again.ledger.openBook()
    assert.equal(book.prunedBefore, cut)
    await book.close()
    await spend(again.ledger, 'after', 5)
    assert.deepEqual(await standing(again, 'b'), [standings[0]![0] + 5, 0])
  })

  register('[LDG-07] a budget that is made after it counts what was removed', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await ledger.settle(rowOf(reservationOf('r1'), NOW, 40))
    await ledger.settle(rowOf(reservationOf('r2', { keyId: 'k2', projectId: undefined }), NOW, 2))
    assert.equal(await ledger.prune(NOW + HOUR_MS), 2)
    await directory.createBudget(budgetOf('k'))
    await directory.createBudget(budgetOf('p', { scope: 'project', scopeId: 'p1' }))
    await directory.createBudget(budgetOf('g', { scope: 'gateway', scopeId: '' }))
    assert.deepEqual(await standing(doors, 'k'), [40, 0])
    assert.deepEqual(await standing(doors, 'p'), [40, 0])
    assert.deepEqual(await standing(doors, 'g'), [42, 0])
  })

  register('[LDG-07] what is under way is not removed', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b'))
    const reservation = reservationOf('r1')
    const admittedAt = await admit(ledger, reservation)
    assert.equal(await ledger.prune(admittedAt + 10 * DAY_MS), 0)
    assert.deepEqual(await standing(doors, 'b'), [0, 100])
    await ledger.settle(rowOf(reservation, admittedAt, 30))
    assert.deepEqual(await standing(doors, 'b'), [30, 0])
    assert.equal((await totals(doors))?.billedNanoUsd, 30n)
  })

  register('[LDG-07] many rows are removed in slices', async ({ ledger }) => {
    const rows = Array.from({ length: 2_500 }, (_, index) =>
      rowOf(reservationOf(`r${index}`), NOW + index, 1),
    )
    await Promise.all(rows.map((row) => ledger.settle(row)))
    assert.equal(await ledger.prune(NOW + HOUR_MS), 2_500)
    assert.deepEqual(await Array.fromAsync(ledger.rows({ from: 0, to: LARGEST, filter: {} })), [])
  })
}
