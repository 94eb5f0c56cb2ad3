/** The comparison that the kills are judged by sees each kind of fault. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SettledRow } from '../../src/nouns/ledger.ts'
import type { BillEntry } from '../servers/billing-upstream.ts'
import type { Books } from './books.ts'
import { compareBooks } from './kill-books.ts'
import type { Told } from './rig.ts'

type Row = SettledRow & { readonly hasReservation: boolean }

const rowOf = (requestId: string, changes: Partial<Row> = {}): Row =>
  ({
    requestId,
    outcome: 'complete',
    usageSource: 'final',
    modelVersion: `m-001/${requestId}`,
    billedNanoUsd: 5,
    adjustedNanoUsd: 0,
    ...changes,
  }) as Row

const booksOf = (rows: readonly Row[], changes: Partial<Books> = {}): Books => ({
  rows: new Map(rows.map((row) => [row.requestId, row])),
  open: [],
  windows: [],
  report: { ok: true, invariants: [] },
  ...changes,
})

const toldOf = (id: string, changes: Partial<Told> = {}): Told => ({
  ...{ id, form: 'unary', status: 200, requestId: id, isWhole: true, text: '' },
  ...changes,
})

const billOf = (id: string, nanoUsd = 5): BillEntry => ({ id, status: 200, nanoUsd }) as BillEntry

const promisesOf = (books: Books, told: readonly Told[], bill: readonly BillEntry[]): string[] =>
  compareBooks(books, told, bill).faults.map(({ promise }) => promise)

test('[KIL-01] an answer without a row, or with a row of something else, is a fault', () => {
  assert.deepEqual(promisesOf(booksOf([rowOf('a')]), [toldOf('a')], [billOf('a')]), [])
  assert.deepEqual(promisesOf(booksOf([]), [toldOf('a')], []), ['KIL-01'])
  const crashed = rowOf('a', { outcome: 'crash_recovered', usageSource: 'none', billedNanoUsd: 0 })
  assert.deepEqual(promisesOf(booksOf([crashed]), [toldOf('a')], []), ['KIL-01'])
  const foreign = rowOf('a', { modelVersion: 'm-001/b' })
  assert.deepEqual(promisesOf(booksOf([foreign]), [toldOf('a')], [billOf('b')]), ['KIL-01'])
  assert.deepEqual(promisesOf(booksOf([]), [toldOf('a', { isWhole: false })], []), [])
})

test('[KIL-01] one id on two rows is a fault', () => {
  const twin = rowOf('b', { modelVersion: 'm-001/a' })
  assert.deepEqual(promisesOf(booksOf([rowOf('a'), twin]), [], [billOf('a')]), ['KIL-01'])
})

test('[KIL-02] an open reservation and reserved money are faults', () => {
  const windows = [{ budgetId: 'b', spentNanoUsd: 0, reservedNanoUsd: 1 }]
  assert.deepEqual(promisesOf(booksOf([], { open: ['a'], windows }), [], []), ['KIL-02', 'KIL-02'])
})

test('[KIL-03] another amount, a row that the upstream does not know, and a bill for nothing are faults', () => {
  assert.deepEqual(promisesOf(booksOf([rowOf('a')]), [], [billOf('a', 6)]), ['KIL-03'])
  assert.deepEqual(promisesOf(booksOf([rowOf('a')]), [], []), ['KIL-03'])
  assert.deepEqual(promisesOf(booksOf([rowOf('a', { usageSource: 'none' })]), [], []), ['KIL-03'])
  const late = rowOf('a', { billedNanoUsd: 0, adjustedNanoUsd: 5 })
  assert.deepEqual(promisesOf(booksOf([late]), [], [billOf('a')]), [])
})
