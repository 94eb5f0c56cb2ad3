import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BudgetPeriod } from '../nouns/directory.ts'
import { budgetWindow } from './budget-windows.ts'

const shown = (period: BudgetPeriod, at: string) => {
  const { start, end } = budgetWindow(period, Date.parse(at))
  return [new Date(start).toISOString(), end === undefined ? undefined : new Date(end).toISOString()]
}

test('[BUD-02] windows are days, weeks from Monday, and months of UTC', () => {
  assert.deepEqual(shown('day', '2026-11-21T23:59:59.999Z'), [
    '2026-11-21T00:00:00.000Z',
    '2026-11-22T00:00:00.000Z',
  ])
  assert.deepEqual(shown('day', '2026-11-22T00:00:00Z'), [
    '2026-11-22T00:00:00.000Z',
    '2026-11-23T00:00:00.000Z',
  ])
  assert.deepEqual(shown('week', '2026-11-22T23:59:59.999Z'), [
    '2026-11-16T00:00:00.000Z',
    '2026-11-23T00:00:00.000Z',
  ])
  assert.deepEqual(shown('week', '2026-11-23T00:00:00Z'), [
    '2026-11-23T00:00:00.000Z',
    '2026-11-30T00:00:00.000Z',
  ])
  assert.deepEqual(shown('month', '2028-02-29T12:00:00Z'), [
    '2028-02-01T00:00:00.000Z',
    '2028-03-01T00:00:00.000Z',
  ])
  assert.deepEqual(shown('month', '2026-12-31T23:59:59.999Z'), [
    '2026-12-01T00:00:00.000Z',
    '2027-01-01T00:00:00.000Z',
  ])
  assert.deepEqual(shown('ever', '2026-11-21T00:00:00Z'), ['1970-01-01T00:00:00.000Z', undefined])
})

test('[BUD-02] L19 every instant lies in exactly one window, and the next one begins where it ends', () => {
  const period = fc.constantFrom<BudgetPeriod>('day', 'week', 'month')
  fc.assert(
    fc.property(period, fc.integer({ min: 0, max: 253_402_300_799_999 }), (which, at) => {
      const { start, end = 0 } = budgetWindow(which, at)
      assert.ok(start <= at && at < end)
      assert.deepEqual(budgetWindow(which, start), budgetWindow(which, end - 1))
      assert.equal(budgetWindow(which, end).start, end)
    }),
  )
})
