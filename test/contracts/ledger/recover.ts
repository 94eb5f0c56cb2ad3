/** `recover`, and what comes after it. */
import assert from 'node:assert/strict'
import { allRows, settledOf } from './settle.ts'
import {
  admit,
  budgetOf,
  hasCode,
  NO_USE,
  people,
  type Register,
  reservationOf,
  rowOf,
  spend,
  standing,
} from './subject.ts'

/** Long enough that the lease of a millisecond is over on any machine. */
const RECOVER_ASKS_MAX = 1_000

export function registerRecover(register: Register): void {
  registerDead(register)
  registerLate(register)
}

function registerDead(register: Register): void {
  register('[LDG-05] what a dead process left open is closed, billed nothing, and told', async (doors) => {
    await people(doors)
    await doors.directory.createBudget(budgetOf('b'))
    await spend(doors.ledger, 'done', 30)
    for (const id of ['r1', 'r2']) await admit(doors.ledger, reservationOf(id, { tags: { a: 'b' } }))
    const again = await doors.reopen()
    assert.deepEqual(await standing(again, 'b'), [30, 200])
    assert.equal(await again.ledger.recover(), 2)
    assert.equal(await again.ledger.recover(), 0)
    assert.deepEqual(await standing(again, 'b'), [30, 0])
    const rows = (await allRows(again)).filter(({ outcome }) => outcome === 'crash_recovered')
    assert.equal(rows.length, 2)
    for (const row of rows) {
      const {
        requestId: _,
        admittedAt: __,
        leaseMs: ___,
        isBudgeted: ____,
        isPriced: _____,
        ...kept
      } = {
        ...reservationOf('', { tags: { a: 'b' } }),
        admittedAt: 0,
      }
      const { usageSource, totalTokens, billedNanoUsd, upstream, attempts, priceVersion } = row
      assert.deepEqual({ ...row, ...kept }, row)
      assert.deepEqual([usageSource, totalTokens, billedNanoUsd, attempts], ['none', 0, 0, 0])
      assert.deepEqual([upstream, priceVersion], [undefined, undefined])
    }
  })

  register('[LDG-05] what is under way here is left alone', async (doors) => {
    await people(doors)
    await doors.directory.createBudget(budgetOf('b'))
    const reservation = reservationOf('r1')
    const admittedAt = await admit(doors.ledger, reservation)
    assert.equal(await doors.ledger.recover(), 0)
    assert.deepEqual(await standing(doors, 'b'), [0, 100])
    await doors.ledger.settle(rowOf(reservation, admittedAt, 30))
    assert.deepEqual(await standing(doors, 'b'), [30, 0])
  })

  register('[LDG-05] a lease that is over is closed, also in a process that lives', async (doors) => {
    await people(doors)
    await doors.directory.createBudget(budgetOf('b'))
    await admit(doors.ledger, reservationOf('short', { leaseMs: 1 }))
    await admit(doors.ledger, reservationOf('long'))
    doors.clock?.set(doors.clock.now() + 2)
    let closed = 0
    for (let ask = 0; ask < RECOVER_ASKS_MAX && closed === 0; ask++) {
      await new Promise((resolve) => setImmediate(resolve))
      closed = await doors.ledger.recover()
    }
    assert.equal(closed, 1)
    const [row] = await allRows(doors)
    assert.equal(row?.requestId, 'short')
    assert.deepEqual(await standing(doors, 'b'), [0, 100])
  })
}

function registerLate(register: Register): void {
  register('[LDG-05] what comes late becomes an adjustment of the row, once', async (doors) => {
    await people(doors)
    await doors.directory.createBudget(budgetOf('b', { alertPercent: 3 }))
    const reservation = reservationOf('r1')
    const admittedAt = await admit(doors.ledger, reservation)
    const again = await doors.reopen()
    assert.equal(await again.ledger.recover(), 1)
    const row = rowOf(reservation, admittedAt, 30)
    const alerts = await again.ledger.settle(row)
    assert.deepEqual(
      alerts.map(({ budget, spentNanoUsd }) => [budget.id, spentNanoUsd]),
      [['b', 30]],
    )
    assert.deepEqual(await again.ledger.settle(structuredClone(row)), [])
    assert.deepEqual(await standing(again, 'b'), [30, 0])
    const [settled] = await allRows(again)
    assert.equal(settled?.outcome, 'crash_recovered')
    assert.deepEqual([settled?.billedNanoUsd, settled?.adjustedNanoUsd], [0, 30])
    const book = await again.ledger.openBook()
    const [adjustment, ...more] = await Array.fromAsync(book.adjustments())
    await book.close()
    assert.deepEqual(more, [])
    assert.equal(adjustment?.reason, 'late')
    assert.equal(adjustment?.number, 1)
    assert.equal(adjustment?.quantities?.candidatesTokens, 30)
    assert.equal(adjustment?.priceVersion, row.price?.version)
    const [sum] = await again.ledger.report({ from: 0, to: 8e15, by: [], filter: {}, limit: 0 })
    const { requests, failed, candidatesTokens, billedNanoUsd, upstreamCostNanoUsd } = sum!
    assert.deepEqual([requests, failed, candidatesTokens], [1n, 1n, 30n])
    assert.deepEqual([billedNanoUsd, upstreamCostNanoUsd], [30n, 30n])
  })

  register('[LDG-05] of two late ends the second is refused', async (doors) => {
    await people(doors)
    await doors.directory.createBudget(budgetOf('b'))
    const reservation = reservationOf('r1')
    const admittedAt = await admit(doors.ledger, reservation)
    const again = await doors.reopen()
    await again.ledger.recover()
    await again.ledger.settle(rowOf(reservation, admittedAt, 30))
    await assert.rejects(again.ledger.settle(rowOf(reservation, admittedAt, 40)), hasCode('already_exists'))
    assert.deepEqual(await standing(again, 'b'), [30, 0])
  })

  register('[LDG-05] a late failure costs nothing', async (doors) => {
    await people(doors)
    await doors.directory.createBudget(budgetOf('b'))
    const reservation = reservationOf('r1')
    const admittedAt = await admit(doors.ledger, reservation)
    const again = await doors.reopen()
    await again.ledger.recover()
    const failed = rowOf(reservation, admittedAt, 0, { ...NO_USE, outcome: 'upstream_error', status: 503 })
    assert.deepEqual(await again.ledger.settle(failed), [])
    assert.deepEqual(await standing(again, 'b'), [0, 0])
  })

  register('what is not recovered yet is settled as if nothing had happened', async (doors) => {
    await people(doors)
    await doors.directory.createBudget(budgetOf('b'))
    const reservation = reservationOf('r1')
    const admittedAt = await admit(doors.ledger, reservation)
    const again = await doors.reopen()
    const row = rowOf(reservation, admittedAt, 30)
    await again.ledger.settle(row)
    assert.equal(await again.ledger.recover(), 0)
    assert.deepEqual(await allRows(again), [settledOf(row)])
    assert.deepEqual(await standing(again, 'b'), [30, 0])
  })
}
