import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import {
  admit,
  budgetOf,
  costOf,
  reservationOf,
  rowOf,
  spend,
} from '../../../test/contracts/ledger/subject.ts'
import { type BookFacts, memoryBook } from '../../../test/contracts/reference/book.ts'
import type { Reservation } from '../../nouns/ledger.ts'
import { type AuditReport, audit } from './audit.ts'
import { FAULTS, limit, type Mutable, request } from './faults.fixture.ts'
import { busyBook, NOON, openScene } from './scene.fixture.ts'

const BUSY = await busyBook()

function check(facts: BookFacts): Promise<AuditReport> {
  return audit(memoryBook(facts), { costOf })
}

const stateOf = ({ invariants }: AuditReport, id: string) =>
  invariants.find((invariant) => invariant.id === id)

test('[AUD-02] right books pass, and everything was looked at', async () => {
  const report = await check(BUSY)
  assert.deepEqual(
    report.invariants.filter(({ state }) => state === 'fail'),
    [],
  )
  assert.equal(report.ok, true)
  for (const id of Object.keys(FAULTS)) {
    const { state, checked } = stateOf(report, id)!
    assert.deepEqual([id, state, checked > 0], [id, 'ok', true])
  }
  const full = structuredClone(BUSY)
  limit(full, 500)
  assert.equal((await check(full)).ok, true, 'the last nano may be used')
})

for (const [id, faults] of Object.entries(FAULTS))
  for (const [title, plant] of Object.entries(faults))
    test(`[AUD-01] ${id} finds it: ${title}`, async () => {
      const facts = structuredClone(BUSY)
      plant(facts)
      const report = await check(facts)
      const { state, detail, examples } = stateOf(report, id)!
      assert.deepEqual([report.ok, state], [false, 'fail'])
      assert.match(detail, /^\d+ of \d+: ./)
      assert.ok(examples.length >= 1 && examples.length <= 5)
    })

test('[AUD-04] what rows cannot know is skipped, and says where it is proved', async () => {
  const { invariants } = await check(BUSY)
  assert.deepEqual(
    invariants.map(({ id }) => id),
    Array.from({ length: 32 }, (_, index) => `L${index + 1}`),
  )
  const elsewhere = invariants.filter(({ id }) => FAULTS[id] === undefined)
  assert.deepEqual(
    elsewhere.map(({ id }) => id),
    ['L10', 'L11', 'L12', 'L22', 'L23', 'L24', 'L25', 'L26', 'L28', 'L29', 'L30', 'L31'],
  )
  for (const { id, state, detail } of elsewhere) {
    assert.equal(state, 'skipped')
    const [, place] =
      /^not to be seen in the store: (?:proved by (\S+), |a measure of quality)/.exec(detail) ?? []
    assert.ok(id === 'L31' || existsSync(new URL(`../../../${place}`, import.meta.url)), detail)
  }
})

test('five examples are told, and the number of all', async () => {
  const facts = structuredClone(BUSY)
  for (const row of facts.requests) (row as Mutable<typeof row>).upstreamCostNanoUsd = -1
  const { detail, examples } = stateOf(await check(facts), 'L6')!
  assert.equal(examples.length, 5)
  assert.match(detail, new RegExp(`^${facts.requests.length} of \\d+: `))
})

test('[AUD-07] lowered limits, rows that nobody asked and costly answers explain a budget beyond its limit', async () => {
  const { directory, ledger, facts } = await openScene()
  const budget = budgetOf('b', { limitNanoUsd: 500, createdAt: NOON })
  await directory.createBudget(budget)
  const costly = reservationOf('costly')
  await ledger.settle(rowOf(costly, await admit(ledger, costly), 450))
  await ledger.settle(rowOf(reservationOf('brought'), NOON, 90))
  await directory.updateBudget({ ...budget, limitNanoUsd: 10 })
  const report = await check(facts())
  assert.equal(report.ok, true)
  assert.equal(stateOf(report, 'L5')?.detail, '1 requests cost 0.00000035 USD more than they had reserved')
  // None of it excuses a grant.
  const granted = facts()
  const { requestId: _, ...open } = {
    ...granted.reservations[0]!,
    admittedAt: NOON,
    leaseUntil: NOON + 600_000,
  }
  granted.reservations.push({ ...open, requestId: 'granted', reservedNanoUsd: 1 })
  granted.events.push({ kind: 'reserve', requestId: 'granted' })
  const wrong = await check(granted)
  assert.deepEqual([stateOf(wrong, 'L4')?.state, stateOf(wrong, 'L4')?.examples], ['fail', ['granted']])
})

test('[AUD-02] a budget that was deleted and made again under its id is two', async () => {
  const { directory, ledger, facts } = await openScene()
  await directory.createBudget(budgetOf('b', { limitNanoUsd: 10, createdAt: NOON }))
  await directory.deleteBudget('b')
  await spend(ledger, 'r1', 500)
  await directory.createBudget(budgetOf('b', { limitNanoUsd: 600, createdAt: NOON }))
  await spend(ledger, 'r2', 100)
  assert.equal((await check(facts())).ok, true)
})

test('[AUD-02] rows of the first release have no reservation and no price, and are right', async () => {
  const facts = structuredClone(BUSY)
  const old = { ...request(facts, 'plain'), requestId: 'old', admittedAt: 5, hasReservation: false }
  const free = { billedNanoUsd: 0, reservedNanoUsd: 0, upstreamCostNanoUsd: 0, priceVersion: undefined }
  facts.requests.unshift({ ...old, ...free, attempts: 3, cachedTokens: 99 })
  const sum = { ...facts.hours[0]!, hour: 0, ...tokensOf(facts.requests[0]!) }
  facts.hours.unshift({
    ...sum,
    requests: 1n,
    failed: 0n,
    unpriced: 1n,
    billedNanoUsd: 0n,
    upstreamCostNanoUsd: 0n,
  })
  assert.deepEqual(
    (await check(facts)).invariants.filter(({ state }) => state === 'fail'),
    [],
  )
})

function tokensOf(row: BookFacts['requests'][number]) {
  return {
    promptTokens: BigInt(row.promptTokens),
    cachedTokens: BigInt(row.cachedTokens),
    candidatesTokens: BigInt(row.candidatesTokens),
    thoughtsTokens: 0n,
    toolUsePromptTokens: 0n,
    totalTokens: BigInt(row.totalTokens),
  }
}

test('[AUD-02] what was pruned is counted from its sums', async () => {
  const { directory, ledger, pass, facts } = await openScene()
  await directory.createBudget(budgetOf('b', { createdAt: NOON, limitNanoUsd: 1_000 }))
  await directory.createBudget(budgetOf('d', { createdAt: NOON, limitNanoUsd: 1_000, period: 'day' }))
  await spend(ledger, 'r1', 300)
  pass(3_600_000)
  await spend(ledger, 'r2', 400)
  assert.equal(await ledger.prune(NOON + 3_600_000), 1)
  assert.equal((await check(facts())).ok, true)
  const wrong = facts()
  ;(wrong.hours[0] as Mutable<BookFacts['hours'][number]>).billedNanoUsd -= 1n
  assert.equal(stateOf(await check(wrong), 'L3')?.state, 'fail')
})

test('[AUD-03] of a long book only what is open is kept in memory', async () => {
  const { directory, ledger, pass, facts } = await openScene()
  await directory.createBudget(budgetOf('b', { createdAt: NOON, limitNanoUsd: 1_000_000 }))
  const open: [Reservation, number][] = []
  for (let index = 0; index < 1_000; index++) {
    const reservation = reservationOf(`r${index}`)
    open.push([reservation, await admit(ledger, reservation)])
    pass(1)
    // The newest half of eight settle before the oldest.
    if (open.length === 8) for (const [late, at] of open.splice(4)) await ledger.settle(rowOf(late, at, 7))
    if (index % 100 === 99) for (const [late, at] of open.splice(0)) await ledger.settle(rowOf(late, at, 7))
  }
  const report = await audit(memoryBook(facts()), { costOf, rowsAheadMax: 8 })
  assert.deepEqual([report.ok, stateOf(report, 'L4')?.state], [true, 'ok'])
})

test('[AUD-03] commits that do not follow the clock are replayed as far as memory allows', async () => {
  const { ledger, pass, facts } = await openScene()
  for (let index = 0; index < 30; index++) {
    await spend(ledger, `r${index}`, 1)
    pass(-1_000)
  }
  const book = memoryBook(facts())
  assert.equal(stateOf(await audit(book, { costOf }), 'L4')?.state, 'ok')
  const report = await audit(book, { costOf, rowsAheadMax: 20 })
  assert.deepEqual([report.ok, stateOf(report, 'L4')?.state], [true, 'skipped'])
  assert.match(stateOf(report, 'L4')!.detail, /differ by more than 20 requests/)
})

test('progress is told while rows are read', async () => {
  const facts = structuredClone(BUSY)
  const prices = facts.prices[0]!
  facts.prices = [prices]
  facts.reservations = Array.from({ length: 12_000 }, (_, index) => ({
    ...{ ...BUSY.reservations[0]!, requestId: `r${index}`, admittedAt: index, leaseUntil: facts.at },
  }))
  const told: number[] = []
  await audit(memoryBook(facts), { costOf, onProgress: (rows) => told.push(rows) })
  assert.deepEqual(told.slice(0, 2), [10_000, 20_000])
})
