/** Budgets over time: windows, alerts, changes, and what was used before they were made. */
import assert from 'node:assert/strict'
import type { BudgetPeriod, BudgetRecord } from '../../../src/nouns/directory.ts'
import { windowOf } from '../reference/state.ts'
import {
  admit,
  budgetOf,
  DAY_MS,
  hasCode,
  people,
  type Register,
  reservationOf,
  rowOf,
  spend,
  standing,
} from './subject.ts'

const PERIODS: readonly BudgetPeriod[] = ['day', 'week', 'month', 'ever']

export function registerBudgets(register: Register): void {
  registerCreation(register)
  registerChanges(register)
  registerAlerts(register)
}

function registerCreation(register: Register): void {
  for (const period of PERIODS)
    register(
      `[BUD-04] a budget of a ${period} that is made now counts what its window has`,
      async (doors) => {
        const { directory, ledger, clock } = doors
        await people(doors)
        const now = clock?.now() ?? Date.now()
        const { start, end } = windowOf(period, now)
        const others = { keyId: 'k2', projectId: undefined }
        const times: [string, number, number, object?][] = [
          ['before', start - 1, 1],
          ['first', start, 10],
          ['now', now, 100],
          ['another key', now, 1_000, others],
        ]
        if (end !== undefined) times.push(['last', end - 1, 10_000], ['after', end, 100_000])
        const wanted = times.filter(([, at]) => at >= 0)
        for (const [id, at, billed, changes] of wanted)
          await ledger.settle(rowOf(reservationOf(id, changes), at, billed))
        await admit(ledger, reservationOf('open', { reservedNanoUsd: 7 }))
        await admit(ledger, reservationOf('open elsewhere', { reservedNanoUsd: 5, ...others }))
        const spent = end === undefined ? 110 : 10_110
        const limitNanoUsd = spent + 1_000
        const scopes = { k: ['key', 'k1'], p: ['project', 'p1'], g: ['gateway', ''] } as const
        for (const [id, [scope, scopeId]] of Object.entries(scopes))
          await directory.createBudget(budgetOf(id, { scope, scopeId, period, limitNanoUsd }))
        assert.deepEqual(await standing(doors, 'k'), [spent, 7])
        assert.deepEqual(await standing(doors, 'p'), [spent, 7])
        assert.deepEqual(await standing(doors, 'g'), [spent + 1_000, 12])
        const state = await directory.getBudget('k')
        assert.deepEqual([state?.windowStart, state?.windowEnd], [start, end])
        const refused = await ledger.reserve(reservationOf('too much', { reservedNanoUsd: 994 }))
        assert.ok(!refused.granted)
      },
    )

  register('a scope has one budget of each period, and an id is one budget', async ({ directory }) => {
    await directory.createBudget(budgetOf('b'))
    await assert.rejects(directory.createBudget(budgetOf('c')), hasCode('already_exists'))
    await assert.rejects(directory.createBudget(budgetOf('b', { period: 'day' })), hasCode('already_exists'))
    const allowed: Partial<BudgetRecord>[] = [
      { period: 'day' },
      { scopeId: 'k2' },
      { scope: 'project' },
      { scope: 'gateway', scopeId: '' },
    ]
    for (const [index, changes] of allowed.entries())
      await directory.createBudget(budgetOf(`d${index}`, changes))
    const ids = (await directory.listBudgets()).map(({ id }) => id)
    assert.deepEqual(ids.sort(), ['b', 'd0', 'd1', 'd2', 'd3'])
  })

  register('of many that make the same budget at once, one wins', async ({ directory }) => {
    const makers = Array.from({ length: 20 }, (_, index) => directory.createBudget(budgetOf(`b${index}`)))
    const results = await Promise.allSettled(makers)
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await directory.listBudgets()).length, 1)
  })

  register('a budget comes back as it went, and after a restart', async (doors) => {
    const budget = budgetOf("it's", { scopeId: "k'1", alertPercent: 80, hardStop: false, limitNanoUsd: 1 })
    await doors.directory.createBudget(budget)
    const bare = budgetOf('bare', { period: 'month', limitNanoUsd: Number.MAX_SAFE_INTEGER })
    await doors.directory.createBudget(bare)
    const { directory } = await doors.reopen()
    for (const wanted of [budget, bare]) {
      const found = await directory.getBudget(wanted.id)
      assert.deepEqual({ ...found, ...wanted }, found)
    }
    assert.equal(await directory.getBudget('none'), undefined)
  })
}

function registerChanges(register: Register): void {
  register('a limit that is lowered refuses at once, and a higher one admits', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    const budget = budgetOf('b')
    await directory.createBudget(budget)
    await spend(ledger, 'r1', 500)
    await admit(ledger, reservationOf('r2'))
    assert.equal(await directory.updateBudget({ ...budget, limitNanoUsd: 300 }), true)
    assert.deepEqual(await standing(doors, 'b'), [500, 100])
    assert.equal((await ledger.reserve(reservationOf('r3', { reservedNanoUsd: 1 }))).granted, false)
    await directory.updateBudget({ ...budget, limitNanoUsd: 700 })
    await admit(ledger, reservationOf('r4'))
    await directory.updateBudget({ ...budget, limitNanoUsd: 1, hardStop: false })
    await admit(ledger, reservationOf('r5'))
    await directory.updateBudget({ ...budget, limitNanoUsd: 1, hardStop: true })
    assert.equal((await ledger.reserve(reservationOf('r6', { reservedNanoUsd: 1 }))).granted, false)
    assert.deepEqual(await standing(doors, 'b'), [500, 300])
  })

  register('an update changes limit, stop, alert and updatedAt, and nothing else', async ({ directory }) => {
    const budget = budgetOf('b', { alertPercent: 50 })
    await directory.createBudget(budget)
    const changes = {
      limitNanoUsd: 5,
      hardStop: false,
      alertPercent: undefined,
      updatedAt: 1_900_000_000_000,
    }
    const others = { scope: 'gateway', scopeId: '', period: 'day', createdAt: 7 } as const
    assert.equal(await directory.updateBudget({ ...budget, ...changes, ...others }), true)
    const found = await directory.getBudget('b')
    assert.deepEqual({ ...found, ...budget, ...changes }, found)
    assert.equal(await directory.updateBudget(budgetOf('none')), false)
  })

  register('a deleted budget refuses nothing, and one made anew counts it all', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 100 }))
    const reservation = reservationOf('r1')
    const admittedAt = await admit(ledger, reservation)
    assert.equal(await directory.deleteBudget('b'), true)
    assert.equal(await directory.deleteBudget('b'), false)
    assert.equal(await directory.getBudget('b'), undefined)
    assert.deepEqual(await directory.listBudgets(), [])
    await spend(ledger, 'r2', 5_000)
    await directory.createBudget(budgetOf('b', { limitNanoUsd: 6_000 }))
    assert.deepEqual(await standing(doors, 'b'), [5_000, 100])
    await ledger.settle(rowOf(reservation, admittedAt, 40))
    assert.deepEqual(await standing(doors, 'b'), [5_040, 0])
  })

  register('a key moves to another project, and what it used stays where it was used', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    for (const id of ['p1', 'p2'])
      await directory.createBudget(budgetOf(id, { scope: 'project', scopeId: id }))
    const old = reservationOf('r1')
    const admittedAt = await admit(ledger, old)
    await spend(ledger, 'r2', 30, { projectId: 'p2' })
    await ledger.settle(rowOf(old, admittedAt, 20))
    assert.deepEqual(await standing(doors, 'p1'), [20, 0])
    assert.deepEqual(await standing(doors, 'p2'), [30, 0])
  })
}

function registerAlerts(register: Register): void {
  for (const hardStop of [true, false])
    register(
      `[BUD-03] a ${hardStop ? 'hard' : 'soft'} budget gives one alert in its window`,
      async (doors) => {
        const { directory, ledger } = doors
        await people(doors)
        const budget = budgetOf('b', { alertPercent: 50, hardStop })
        await directory.createBudget(budget)
        const alertsOf = async (id: string, billed: number) => {
          const reservation = reservationOf(id, { reservedNanoUsd: billed })
          return ledger.settle(rowOf(reservation, await admit(ledger, reservation), billed))
        }
        assert.deepEqual(await alertsOf('r1', 499), [])
        const [alert, ...more] = await alertsOf('r2', 1)
        assert.deepEqual(more, [])
        assert.deepEqual({ ...alert?.budget, ...budget }, alert?.budget)
        assert.deepEqual([alert?.windowStart, alert?.spentNanoUsd], [0, 500])
        assert.deepEqual(await alertsOf('r3', 100), [])
        await directory.updateBudget({ ...budget, alertPercent: 60 })
        assert.deepEqual(await alertsOf('r4', 100), [])
        const again = await doors.reopen()
        await again.directory.updateBudget({ ...budget, limitNanoUsd: 2_000 })
        const reservation = reservationOf('r5', { reservedNanoUsd: 900 })
        const row = rowOf(reservation, await admit(again.ledger, reservation), 900)
        assert.deepEqual(await again.ledger.settle(row), [])
      },
    )

  register('[BUD-03] 100 settlements that cross it at once give one alert for each budget', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    const alert = { alertPercent: 10, limitNanoUsd: 100_000 }
    await directory.createBudget(budgetOf('k', alert))
    await directory.createBudget(budgetOf('g', { ...alert, scope: 'gateway', scopeId: '', period: 'day' }))
    await directory.createBudget(budgetOf('quiet', { period: 'day', limitNanoUsd: 100_000 }))
    const reservations = Array.from({ length: 100 }, (_, index) => reservationOf(`r${index}`))
    const admitted = await Promise.all(reservations.map((reservation) => admit(ledger, reservation)))
    const rows = reservations.map((reservation, index) => rowOf(reservation, admitted[index]!, 150))
    const alerts = (await Promise.all(rows.map((row) => ledger.settle(row)))).flat()
    assert.deepEqual(alerts.map(({ budget }) => budget.id).sort(), ['g', 'k'])
    for (const { spentNanoUsd } of alerts) assert.ok(spentNanoUsd >= 10_000)
  })

  register(
    '[BUD-03] a limit that is lowered below what was spent alerts with the next settlement',
    async (doors) => {
      const { directory, ledger } = doors
      await people(doors)
      const budget = budgetOf('b', { alertPercent: 90, hardStop: false })
      await directory.createBudget(budget)
      await spend(ledger, 'r1', 100)
      await directory.updateBudget({ ...budget, limitNanoUsd: 100 })
      const alerts = await ledger.settle(
        rowOf(reservationOf('r2'), await admit(ledger, reservationOf('r2')), 1),
      )
      assert.deepEqual(
        alerts.map(({ spentNanoUsd }) => spentNanoUsd),
        [101],
      )
    },
  )

  register('[BUD-03] each window has its alert', async ({ directory, ledger, clock }) => {
    const now = clock?.now() ?? Date.now()
    await directory.createBudget(
      budgetOf('b', { period: 'day', alertPercent: 100, hardStop: false, limitNanoUsd: 10 }),
    )
    const settle = (id: string, at: number) => ledger.settle(rowOf(reservationOf(id), at, 10))
    const starts: number[] = []
    // What was admitted before the budget was made may be counted in its window, or not: today is enough.
    for (const id of ['r1', 'r2'])
      for (const { windowStart } of await settle(id, now)) starts.push(windowStart)
    assert.deepEqual(starts, [Math.floor(now / DAY_MS) * DAY_MS])
  })
}
