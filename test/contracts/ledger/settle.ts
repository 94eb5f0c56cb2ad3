/** `settle`: exactly once, whatever is repeated, and durable when it resolves. */
import assert from 'node:assert/strict'
import type { AttemptRow, Outcome, SettledRow, UsageRow, UsageSource } from '../../../src/nouns/ledger.ts'
import type { Tier } from '../../../src/nouns/money.ts'
import {
  admit,
  budgetOf,
  HOSTILE,
  hasCode,
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
} from './subject.ts'

export function registerSettle(register: Register): void {
  registerOnce(register)
  registerBrought(register)
  registerValues(register)
  registerBadRows(register)
}

/** What `rows` has to give for a row. */
export function settledOf(row: UsageRow): SettledRow {
  const { price, otherAttempts: _, ...rest } = row
  return { ...rest, priceVersion: price?.version, adjustedNanoUsd: 0 }
}

export function allRows({ ledger }: LedgerDoors): Promise<SettledRow[]> {
  return Array.fromAsync(ledger.rows({ from: 0, to: LARGEST, filter: {} }))
}

function registerOnce(register: Register): void {
  register('[LDG-02] what was reserved is given back, what was billed is spent', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b'))
    const reservation = reservationOf('r1')
    const row = rowOf(reservation, await admit(ledger, reservation), 30)
    assert.deepEqual(await standing(doors, 'b'), [0, 100])
    assert.deepEqual(await ledger.settle(row), [])
    assert.deepEqual(await standing(doors, 'b'), [30, 0])
    const again = await doors.reopen()
    assert.deepEqual(await standing(again, 'b'), [30, 0])
    assert.deepEqual(await allRows(again), [settledOf(row)])
  })

  register('[LDG-02] the same row again, at once or later, changes nothing', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { alertPercent: 1 }))
    const reservation = reservationOf('r1', { tags: { a: 'b' } })
    const row = rowOf(reservation, await admit(ledger, reservation), 30, { details: { 'prompt.AUDIO': 3 } })
    const same = Array.from({ length: 20 }, () => ledger.settle(structuredClone(row)))
    const alerts = (await Promise.all(same)).flat()
    assert.equal(alerts.length, 1)
    assert.deepEqual(await ledger.settle(row), [])
    const again = await doors.reopen()
    assert.deepEqual(await again.ledger.settle(row), [])
    assert.deepEqual(await standing(again, 'b'), [30, 0])
    assert.equal((await allRows(again)).length, 1)
  })

  register('[LDG-02] another end of the same request is refused, and changes nothing', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b'))
    const row = await spend(ledger, 'r1', 30)
    for (const other of [
      rowOf(reservationOf('r1'), row.admittedAt, 31),
      { ...row, settledAt: row.settledAt + 1 },
    ])
      await assert.rejects(ledger.settle(other), hasCode('already_exists'))
    assert.deepEqual(await standing(doors, 'b'), [30, 0])
    assert.deepEqual(await allRows(doors), [settledOf(row)])
  })

  register('what costs more than was reserved is charged, and then there is no room', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000 }))
    const reservation = reservationOf('r1')
    await ledger.settle(rowOf(reservation, await admit(ledger, reservation), 5_000))
    assert.deepEqual(await standing(doors, 'b'), [5_000, 0])
    assert.equal((await ledger.reserve(reservationOf('r2', { reservedNanoUsd: 1 }))).granted, false)
  })

  register('1,000 settlements at once are all there', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { scope: 'gateway', scopeId: '', limitNanoUsd: 1_000_000 }))
    const ids = Array.from({ length: 1_000 }, (_, index) => `request ${(index * 7919) % 1_000}`)
    await Promise.all(ids.map((id) => spend(ledger, id, 7)))
    const again = await doors.reopen()
    assert.deepEqual(await standing(again, 'b'), [7_000, 0])
    assert.equal((await allRows(again)).length, 1_000)
  })
}

function registerBrought(register: Register): void {
  register('a row without a reservation brings its own, whatever the budgets say', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 10 }))
    const admittedAt = (doors.clock?.now() ?? Date.now()) - 5_000
    const row = rowOf(reservationOf('r1'), admittedAt, 30)
    await ledger.settle(row)
    await ledger.settle(row)
    assert.deepEqual(await standing(doors, 'b'), [30, 0])
    const book = await ledger.openBook()
    const [reservation] = await Array.fromAsync(book.reservations())
    const [request] = await Array.fromAsync(book.requests())
    await book.close()
    assert.equal(reservation?.requestId, 'r1')
    assert.equal(reservation?.admittedAt, admittedAt)
    assert.equal(reservation?.leaseUntil, admittedAt)
    assert.equal(request?.hasReservation, true)
    assert.equal((await ledger.reserve(reservationOf('r2', { reservedNanoUsd: 1 }))).granted, false)
  })

  register(
    'where a row and its reservation disagree, the reservation says when it was admitted',
    async (doors) => {
      const { directory, ledger } = doors
      await people(doors)
      await directory.createBudget(budgetOf('b', { period: 'day' }))
      const reservation = reservationOf('r1')
      const admittedAt = await admit(ledger, reservation)
      const row = rowOf(reservation, admittedAt - 172_800_000, 30)
      await ledger.settle(row)
      await ledger.settle(row)
      assert.deepEqual(await standing(doors, 'b'), [30, 0])
      const [settled] = await allRows(doors)
      assert.equal(settled?.admittedAt, admittedAt)
    },
  )
}

function registerValues(register: Register): void {
  register('text of any characters comes back as it went', async (doors) => {
    const admittedAt = Date.now()
    const rows = HOSTILE.map((text, index) =>
      rowOf(
        reservationOf(`${text}${index}`, { keyId: text, projectId: text, model: text, verb: text }),
        admittedAt + index,
        1,
        {
          ...{ upstream: text, upstreamModel: text, modelVersion: text, finishReason: text },
          tags: { [text]: text, plain: '' },
        },
      ),
    )
    await Promise.all(rows.map((row) => doors.ledger.settle(row)))
    assert.deepEqual(await allRows(doors), rows.map(settledOf))
  })

  register('every member comes back, the optional ones too, and counts at their limits', async (doors) => {
    const largest = {
      promptTokens: LARGEST,
      cachedTokens: LARGEST,
      totalTokens: LARGEST,
      deliveredBytes: LARGEST,
    }
    const none = { upstream: undefined, upstreamModel: undefined, modelVersion: undefined, price: undefined }
    const details = { 'prompt.IMAGE': 7, 'candidates.AUDIO': 5, searchQueries: 2, items: 4 } as const
    const changes: Partial<UsageRow>[] = [
      { ...largest, candidatesTokens: 0, billedNanoUsd: 0, durationMs: LARGEST },
      {
        ...none,
        ...NO_USE,
        finishReason: undefined,
        firstByteMs: undefined,
        outcome: 'refused',
        attempts: 0,
      },
      { details },
      { tags: { team: 'red', job: 'nightly' } },
      { projectId: undefined, firstByteMs: 0, durationMs: 0, deliveredBytes: 0 },
      { upstreamCostNanoUsd: 9 },
    ]
    const admittedAt = Date.now()
    const rows = changes.map((change, index) =>
      rowOf(reservationOf(`r${index}`), admittedAt + index, 20, change),
    )
    for (const row of rows) await doors.ledger.settle(row)
    assert.deepEqual(await allRows(await doors.reopen()), rows.map(settledOf))
  })

  register('every outcome, source of usage and tier has its place', async (doors) => {
    const outcomes: Outcome[] = ['complete', 'refused', 'upstream_error', 'upstream_broken', 'client_gone']
    const sources: UsageSource[] = ['final', 'partial', 'estimated', 'none']
    const tiers: Tier[] = ['standard', 'batch', 'flex', 'priority']
    const admittedAt = Date.now()
    const rows = outcomes.flatMap((outcome, at) =>
      sources.map((usageSource, index) => {
        const isFree = usageSource === 'none' || outcome === 'refused' || outcome === 'upstream_error'
        const reservation = reservationOf(`${outcome} ${usageSource}`)
        return rowOf(reservation, admittedAt + at * 4 + index, 20, {
          ...(isFree && NO_USE),
          ...{ outcome, usageSource, tier: tiers[index]! },
        })
      }),
    )
    await Promise.all(rows.map((row) => doors.ledger.settle(row)))
    assert.deepEqual(await allRows(doors), rows.map(settledOf))
  })

  register('the attempts that failed are kept with it', async ({ ledger }) => {
    const attempts: AttemptRow[] = [
      { ...ATTEMPT, number: 1, status: 503, reason: 'status', exposureNanoUsd: 12 },
      { ...ATTEMPT, number: 2, status: undefined, reason: 'upstream_timeout', upstream: "o'ther" },
    ]
    const reservation = reservationOf('r1')
    const admittedAt = await admit(ledger, reservation)
    const row = rowOf(reservation, admittedAt, 20, { attempts: 3, otherAttempts: attempts })
    await ledger.settle(row)
    await ledger.settle(row)
    const book = await ledger.openBook()
    const found = await Array.fromAsync(book.attempts())
    await book.close()
    assert.deepEqual(
      found.toSorted((a, b) => a.number - b.number),
      attempts.map((attempt) => ({ ...attempt, requestId: 'r1' })),
    )
  })

  register('a price is kept once, word for word', async (doors) => {
    const prices = [priceOf('a', 1_000, 2_000), priceOf('b', 1_000, 3_000), priceOf('a', 1_000, 2_000)]
    for (const [index, price] of prices.entries()) {
      const row = rowOf(reservationOf(`r${index}`), Date.now(), 1, { price, candidatesTokens: 20 })
      await doors.ledger.settle(row)
    }
    const book = await (await doors.reopen()).ledger.openBook()
    const found = await Array.fromAsync(book.prices())
    await book.close()
    assert.deepEqual(
      found.map(({ version, document }) => [version, document]).sort(),
      prices.slice(0, 2).map(({ version, document }) => [version, document]),
    )
  })
}

const ATTEMPT: AttemptRow = {
  ...{ number: 1, upstream: 'mock', upstreamModel: 'm', status: 503, reason: 'status' },
  ...{ exposureNanoUsd: 0, durationMs: 12.5 },
}

function registerBadRows(register: Register): void {
  const bad: [string, Partial<UsageRow>][] = [
    ['a negative count', { promptTokens: -1 }],
    ['a broken count', { totalTokens: 1.5 }],
    ['a count that is no number', { candidatesTokens: Number.NaN }],
    ['a count beyond what is exact', { candidatesTokens: LARGEST + 1 }],
    ['a negative bill', { billedNanoUsd: -1 }],
    ['a bill that is no integer', { billedNanoUsd: 0.1 }],
    ['a bill beyond what is exact', { billedNanoUsd: LARGEST + 1 }],
    ['an endless cost', { upstreamCostNanoUsd: Number.POSITIVE_INFINITY }],
    ['an unknown outcome', { outcome: 'lost' as Outcome }],
    ['an unknown source', { usageSource: 'guess' as UsageSource }],
    ['a missing key', { keyId: undefined as unknown as string }],
    ['an object for text', { model: { toString: () => 'x' } as unknown as string }],
  ]
  for (const [title, changes] of bad)
    register(`${title} is refused, and its neighbours stand`, async (doors) => {
      const { directory, ledger } = doors
      await people(doors)
      await directory.createBudget(budgetOf('b'))
      const admitted = await Promise.all(
        ['before', 'bad', 'after'].map(async (id) =>
          rowOf(reservationOf(id), await admit(ledger, reservationOf(id)), 5),
        ),
      )
      const [before, row, after] = admitted as [UsageRow, UsageRow, UsageRow]
      const results = await Promise.allSettled([
        ledger.settle(before),
        ledger.settle({ ...row, ...changes }),
        ledger.settle(after),
      ])
      const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'fine'))
      assert.deepEqual(codes, ['fine', 'internal', 'fine'])
      assert.deepEqual(await standing(doors, 'b'), [10, 100])
      const ids = (await allRows(doors)).map(({ requestId }) => requestId)
      assert.deepEqual(ids.sort(), ['after', 'before'])
    })
}
