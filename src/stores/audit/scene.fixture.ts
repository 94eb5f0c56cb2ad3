/** Books in which something of every kind has happened, and right ones: faults are planted in copies of them. */

import {
  admit,
  budgetOf,
  costOf,
  HOUR_MS,
  NO_USE,
  people,
  reservationOf,
  rowOf,
  spend,
  UNIT_PRICE,
  usage,
} from '../../../test/contracts/ledger/subject.ts'
import type { BookFacts } from '../../../test/contracts/reference/book.ts'
import { createReferenceDirectory } from '../../../test/contracts/reference/directory.ts'
import { createReferenceLedger } from '../../../test/contracts/reference/ledger.ts'
import { bookFacts } from '../../../test/contracts/reference/reading.ts'
import { createState } from '../../../test/contracts/reference/state.ts'

export const NOON = Date.UTC(2026, 10, 21, 12)
const FAILED = { number: 1, upstream: 'mock', upstreamModel: 'm', status: 503, reason: 'status' } as const

export async function openScene() {
  let now = NOON
  const state = createState(() => now)
  const directory = createReferenceDirectory(state)
  const ledger = createReferenceLedger(state)
  const pass = (ms: number) => {
    now += ms
  }
  await people({ directory, ledger })
  return { state, directory, ledger, pass, facts: (): BookFacts => structuredClone(bookFacts(state)) }
}

/** Budgets over key, project and gateway, and every way in which a request can end. */
export async function busyBook(): Promise<BookFacts> {
  const { state, directory, ledger, pass, facts } = await openScene()
  const made = { createdAt: NOON, updatedAt: NOON }
  await directory.createBudget(budgetOf('key', { period: 'day', ...made }))
  await directory.createBudget(
    budgetOf('project', { scope: 'project', scopeId: 'p1', period: 'month', ...made }),
  )
  const gateway = { scope: 'gateway', scopeId: '', period: 'day', limitNanoUsd: 10_000 } as const
  await directory.createBudget(budgetOf('gateway', { ...gateway, hardStop: false, ...made }))
  await spend(ledger, 'plain', 200)
  pass(1)
  await spend(ledger, 'elsewhere', 50, { keyId: 'k2', projectId: undefined })
  pass(1)
  await settle('retried', 40, {
    attempts: 2,
    otherAttempts: [{ ...FAILED, exposureNanoUsd: 3, durationMs: 9 }],
  })
  await settle('failed', 0, { ...NO_USE, outcome: 'upstream_error', status: 503, attempts: 0 })
  await settle('modal', 60, { promptTokens: 10, details: { 'prompt.AUDIO': 6, searchQueries: 1 } })
  pass(HOUR_MS)
  const unpriced = { ...usage(30), price: undefined, billedNanoUsd: 0, upstreamCostNanoUsd: 0 }
  await settle('unpriced', 0, unpriced, { keyId: 'k2', projectId: undefined })
  await ledger.reprice(() => ({ price: UNIT_PRICE, cost: (used) => costOf(UNIT_PRICE.document, used) }))
  const crashed = reservationOf('crashed')
  const admittedAt = await admit(ledger, crashed)
  await admit(ledger, reservationOf('lost'))
  state.live.clear()
  pass(5)
  await ledger.recover()
  await ledger.settle(rowOf(crashed, admittedAt, 70))
  await ledger.settle(rowOf(reservationOf('brought'), NOON - 1_000, 25))
  await admit(ledger, reservationOf('open'))
  pass(1_000)
  return facts()

  async function settle(id: string, billed: number, changes: object, whose: object = {}): Promise<void> {
    const reservation = reservationOf(id, whose)
    await ledger.settle(rowOf(reservation, await admit(ledger, reservation), billed, changes))
  }
}
