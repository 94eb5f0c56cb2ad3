/** The borders of windows, with the ledger's clock in hand. */
import assert from 'node:assert/strict'
import type { BudgetPeriod } from '../../../src/nouns/directory.ts'
import {
  admit,
  budgetOf,
  people,
  type Register,
  reservationOf,
  rowOf,
  standing,
  type TestClock,
} from './subject.ts'

/** The last millisecond of a window; in leap years, at the ends of years, on Sundays. */
const BORDERS: [BudgetPeriod, string][] = [
  ['day', '2026-11-21T23:59:59.999Z'],
  ['day', '2028-02-28T23:59:59.999Z'],
  ['day', '2028-02-29T23:59:59.999Z'],
  ['week', '2026-11-22T23:59:59.999Z'],
  ['week', '2027-01-03T23:59:59.999Z'],
  ['month', '2027-02-28T23:59:59.999Z'],
  ['month', '2028-02-29T23:59:59.999Z'],
  ['month', '2026-12-31T23:59:59.999Z'],
]

export function registerWindows(register: Register): void {
  for (const [period, text] of BORDERS)
    register(
      `[BUD-02] a ${period} ends after ${text}, and a request belongs to its admission`,
      async (doors) => {
        const { directory, ledger } = doors
        const clock = doors.clock as TestClock
        const last = Date.parse(text)
        clock.set(last - 10)
        await people(doors)
        const made = { createdAt: last - 10, updatedAt: last - 10 }
        await directory.createBudget(budgetOf('b', { period, limitNanoUsd: 150, ...made }))
        clock.set(last)
        const reservation = reservationOf('r1')
        const admittedAt = await admit(ledger, reservation)
        assert.equal(admittedAt, last)
        assert.equal((await ledger.reserve(reservationOf('r2'))).granted, false)
        const before = await directory.getBudget('b')
        assert.equal(before?.windowEnd, last + 1)
        clock.set(last + 1)
        assert.deepEqual(await standing(doors, 'b'), [0, 0])
        assert.equal((await directory.getBudget('b'))?.windowStart, last + 1)
        await admit(ledger, reservationOf('r3'))
        await ledger.settle(rowOf(reservation, admittedAt, 70))
        assert.deepEqual(await standing(doors, 'b'), [0, 100])
        const book = await ledger.openBook()
        const windows = await Array.fromAsync(book.windows())
        await book.close()
        assert.deepEqual(
          windows
            .map(({ windowStart, spentNanoUsd, reservedNanoUsd }) => [
              windowStart,
              spentNanoUsd,
              reservedNanoUsd,
            ])
            .sort(),
          [
            [before?.windowStart, 70, 0],
            [last + 1, 0, 100],
          ],
        )
      },
    )

  register('[BUD-02] a clock that steps back opens the window of before again', async (doors) => {
    const { directory, ledger } = doors
    const clock = doors.clock as TestClock
    const midnight = Date.UTC(2026, 10, 22)
    clock.set(midnight - 1)
    await people(doors)
    const made = { createdAt: midnight - 1, updatedAt: midnight - 1 }
    await directory.createBudget(budgetOf('b', { period: 'day', limitNanoUsd: 100, ...made }))
    await admit(ledger, reservationOf('r1'))
    clock.set(midnight)
    await admit(ledger, reservationOf('r2'))
    clock.set(midnight - 1)
    assert.equal((await ledger.reserve(reservationOf('r3'))).granted, false)
    assert.deepEqual(await standing(doors, 'b'), [0, 100])
  })

  register('[BUD-02] what is for ever never ends', async (doors) => {
    const { directory, ledger } = doors
    const clock = doors.clock as TestClock
    await people(doors)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 150 }))
    await admit(ledger, reservationOf('r1'))
    clock.set(clock.now() + 40 * 366 * 86_400_000)
    assert.equal((await ledger.reserve(reservationOf('r2'))).granted, false)
    const state = await directory.getBudget('b')
    assert.deepEqual([state?.windowStart, state?.windowEnd], [0, undefined])
    // Its lease is long over.
    assert.equal(await ledger.recover(), 1)
    assert.deepEqual(await standing(doors, 'b'), [0, 0])
  })
}
