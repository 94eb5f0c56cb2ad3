/** `reserve`: from every hard budget over the request, or from none. */
import assert from 'node:assert/strict'
import type { BudgetRecord } from '../../../src/nouns/directory.ts'
import type { Reservation } from '../../../src/nouns/ledger.ts'
import {
  admit,
  budgetOf,
  HOSTILE,
  hasCode,
  LARGEST,
  people,
  type Register,
  reservationOf,
  rowOf,
  spend,
  standing,
} from './subject.ts'

const SCOPES = [
  { scope: 'key', scopeId: 'k1' },
  { scope: 'project', scopeId: 'p1' },
  { scope: 'gateway', scopeId: '' },
] as const satisfies Partial<BudgetRecord>[]

export function registerReserve(register: Register): void {
  registerAllOrNone(register)
  registerRaces(register)
  registerRoom(register)
  registerRows(register)
}

function registerAllOrNone(register: Register): void {
  for (const narrow of SCOPES) {
    register(
      `[LDG-01] a full ${narrow.scope} budget refuses, and the other two lose nothing`,
      async (doors) => {
        const { directory, ledger } = doors
        await people(doors)
        for (const scope of SCOPES)
          await directory.createBudget(
            budgetOf(scope.scope, { ...scope, limitNanoUsd: scope === narrow ? 150 : 1_000 }),
          )
        await admit(ledger, reservationOf('r1'))
        for (const { scope } of SCOPES) assert.deepEqual(await standing(doors, scope), [0, 100])
        const refused = await ledger.reserve(reservationOf('r2'))
        assert.ok(!refused.granted)
        assert.equal(refused.reason, 'exhausted')
        assert.equal(refused.budget.id, narrow.scope)
        assert.equal(refused.budget.limitNanoUsd, 150)
        assert.equal(refused.budget.reservedNanoUsd, 100)
        assert.equal(refused.budget.windowEnd, undefined)
        for (const { scope } of SCOPES) assert.deepEqual(await standing(doors, scope), [0, 100])
      },
    )
  }

  register('[LDG-01] budgets of another key or project are not asked', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('other', { scopeId: 'k2', limitNanoUsd: 1 }))
    await directory.createBudget(budgetOf('none', { scope: 'project', scopeId: 'p2', limitNanoUsd: 1 }))
    await admit(ledger, reservationOf('r1'))
    await admit(ledger, reservationOf('r2', { projectId: undefined }))
    assert.deepEqual(await standing(doors, 'other'), [0, 0])
    assert.deepEqual(await standing(doors, 'none'), [0, 0])
  })

  register('[LDG-01] every period of one scope is asked', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    const limits = { day: 250, week: 400, month: 350, ever: 1_000 } as const
    for (const [period, limitNanoUsd] of Object.entries(limits))
      await directory.createBudget(
        budgetOf(period, { period: period as BudgetRecord['period'], limitNanoUsd }),
      )
    await admit(ledger, reservationOf('r1'))
    await admit(ledger, reservationOf('r2'))
    const refused = await ledger.reserve(reservationOf('r3'))
    assert.ok(!refused.granted && refused.budget.id === 'day')
    for (const period of Object.keys(limits)) assert.deepEqual(await standing(doors, period), [0, 200])
  })

  register('what was refused leaves no row', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 99 }))
    assert.equal((await ledger.reserve(reservationOf('r1'))).granted, false)
    const book = await ledger.openBook()
    assert.deepEqual(await Array.fromAsync(book.reservations()), [])
    await book.close()
    // Nothing is remembered of it either: with room it may begin.
    await directory.updateBudget(budgetOf('b', { limitNanoUsd: 100 }))
    await admit(ledger, reservationOf('r1'))
  })
}

function registerRaces(register: Register): void {
  register('[BUD-01] of 1,000 at once exactly the 100 fit that a budget covers', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 10_099 }))
    const wanted = Array.from({ length: 1_000 }, (_, index) => ledger.reserve(reservationOf(`r${index}`)))
    const granted = (await Promise.all(wanted)).filter((reserved) => reserved.granted)
    assert.equal(granted.length, 100)
    assert.deepEqual(await standing(doors, 'b'), [0, 10_000])
  })

  register('[BUD-01] keys that race for one project and one gateway never exceed either', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('p', { scope: 'project', scopeId: 'p1', limitNanoUsd: 3_000 }))
    await directory.createBudget(budgetOf('g', { scope: 'gateway', scopeId: '', limitNanoUsd: 4_000 }))
    const wanted = Array.from({ length: 200 }, (_, index) => {
      const mine = index % 2 === 0 ? {} : { keyId: 'k2', projectId: undefined }
      return ledger.reserve(reservationOf(`r${index}`, mine))
    })
    const granted = (await Promise.all(wanted)).filter((reserved) => reserved.granted)
    assert.equal(granted.length, 40)
    const [, reserved] = await standing(doors, 'p')
    assert.ok(reserved <= 3_000)
    assert.deepEqual(await standing(doors, 'g'), [0, 4_000])
  })

  register(
    '[BUD-01] settling and reserving at once, what is given back may be taken again',
    async (doors) => {
      const { directory, ledger } = doors
      await people(doors)
      await directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000 }))
      const first = Array.from({ length: 10 }, (_, index) => reservationOf(`a${index}`))
      const admitted = await Promise.all(first.map((reservation) => admit(ledger, reservation)))
      const results = await Promise.all(
        first.flatMap((reservation, index) => [
          ledger.settle(rowOf(reservation, admitted[index]!, 50)).then(() => true),
          ledger.reserve(reservationOf(`b${index}`)).then(({ granted }) => granted),
        ]),
      )
      const granted = results.filter((_, index) => index % 2 === 1).filter(Boolean).length
      assert.ok(granted <= 5)
      assert.deepEqual(await standing(doors, 'b'), [500, granted * 100])
    },
  )
}

function registerRoom(register: Register): void {
  register('the last nano fits, and no more', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 1_000 }))
    await spend(ledger, 'r1', 600)
    await admit(ledger, reservationOf('r2', { reservedNanoUsd: 400 }))
    const more = await ledger.reserve(reservationOf('r3', { reservedNanoUsd: 1 }))
    assert.equal(more.granted, false)
    assert.deepEqual(await standing(doors, 'b'), [600, 400])
  })

  register('the largest amounts do not wrap around', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: LARGEST }))
    await admit(ledger, reservationOf('r1', { reservedNanoUsd: LARGEST }))
    assert.equal((await ledger.reserve(reservationOf('r2', { reservedNanoUsd: LARGEST }))).granted, false)
    assert.equal((await ledger.reserve(reservationOf('r3', { reservedNanoUsd: 1 }))).granted, false)
    assert.deepEqual(await standing(doors, 'b'), [0, LARGEST])
  })

  register('a soft budget counts and never refuses', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('soft', { limitNanoUsd: 1, hardStop: false }))
    await admit(ledger, reservationOf('r1'))
    await spend(ledger, 'r2', 70)
    await admit(ledger, reservationOf('r3', { isPriced: false, reservedNanoUsd: 0 }))
    assert.deepEqual(await standing(doors, 'soft'), [70, 100])
  })

  register('without a price nothing begins under a hard budget', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    const unpriced = { isPriced: false, reservedNanoUsd: 0 }
    await admit(ledger, reservationOf('r1', unpriced))
    await directory.createBudget(budgetOf('b'))
    const refused = await ledger.reserve(reservationOf('r2', unpriced))
    assert.ok(!refused.granted)
    assert.equal(refused.reason, 'unpriced')
    assert.equal(refused.budget.id, 'b')
    await admit(ledger, reservationOf('r3', { ...unpriced, keyId: 'k2', projectId: undefined }))
  })
}

function registerRows(register: Register): void {
  register('an id is reserved once: while it is open, and after it', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b'))
    const twice = await Promise.allSettled([
      ledger.reserve(reservationOf('r1')),
      ledger.reserve(reservationOf('r1')),
    ])
    assert.deepEqual(twice.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    await assert.rejects(ledger.reserve(reservationOf('r1', { keyId: 'k2' })), hasCode('already_exists'))
    await spend(ledger, 'r2', 10)
    await assert.rejects(ledger.reserve(reservationOf('r2')), hasCode('already_exists'))
    assert.deepEqual(await standing(doors, 'b'), [10, 100])
  })

  register("the ledger's clock says when", async ({ ledger, clock }) => {
    const now = () => clock?.now() ?? Date.now()
    const before = now()
    const admittedAt = await admit(ledger, reservationOf('r1'))
    // Another machine's clock may differ by some seconds.
    assert.ok(Math.abs(admittedAt - before) < 60_000 && Number.isInteger(admittedAt))
  })

  register('reservations come back as they went, in the order of admission', async ({ ledger }) => {
    const wanted: Reservation[] = HOSTILE.map((text, index) =>
      reservationOf(`${index} ${text}`, { keyId: text, projectId: text, verb: text, model: text }),
    )
    wanted.push(reservationOf('tags', { tags: { team: 'a', "it's": '="\\' } }))
    wanted.push(reservationOf('bare', { projectId: undefined, isPriced: false, reservedNanoUsd: 0 }))
    const times = new Map<string, number>()
    for (const reservation of wanted) times.set(reservation.requestId, await admit(ledger, reservation))
    const book = await ledger.openBook()
    const rows = await Array.fromAsync(book.reservations())
    const again = await Array.fromAsync(book.reservations())
    await book.close()
    assert.deepEqual(again, rows)
    const admissions = rows.map(({ admittedAt }) => admittedAt)
    assert.deepEqual(
      admissions,
      admissions.toSorted((a, b) => a - b),
    )
    const byId = new Map(rows.map((row) => [row.requestId, row]))
    for (const { leaseMs, isBudgeted: _, ...rest } of wanted) {
      const admittedAt = times.get(rest.requestId)!
      assert.deepEqual(byId.get(rest.requestId), { ...rest, admittedAt, leaseUntil: admittedAt + leaseMs })
    }
  })

  for (const amount of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, LARGEST + 1])
    register(`a reservation of ${amount} is refused, and its neighbours stand`, async (doors) => {
      const { directory, ledger } = doors
      await people(doors)
      await directory.createBudget(budgetOf('b'))
      const [before, bad, after] = await Promise.allSettled([
        ledger.reserve(reservationOf('before')),
        ledger.reserve(reservationOf('bad', { reservedNanoUsd: amount })),
        ledger.reserve(reservationOf('after')),
      ])
      assert.ok(before.status === 'fulfilled' && before.value.granted)
      assert.ok(bad.status === 'rejected' && hasCode('internal')(bad.reason))
      assert.ok(after.status === 'fulfilled' && after.value.granted)
      assert.deepEqual(await standing(doors, 'b'), [0, 200])
    })
}
