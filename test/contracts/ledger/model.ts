/**
 * A real ledger beside the reference: whatever is done to both, in any order, they say the same, and the books add up.
 * `WASAT_PROPERTY_RUNS` and `WASAT_PROPERTY_STEPS` make it longer; then the seed is another one each time, and a failure
 * tells it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BudgetPeriod, BudgetScope } from '../../../src/nouns/directory.ts'
import type { Reservation, UsageRow } from '../../../src/nouns/ledger.ts'
import { createReferenceDirectory } from '../reference/directory.ts'
import { createReferenceLedger } from '../reference/ledger.ts'
import { budgetState, createState, type State, standsOver } from '../reference/state.ts'
import {
  assertSound,
  budgetOf,
  costOf,
  HOUR_MS,
  type LedgerDoors,
  type LedgerSubject,
  type OpenLedgerSubject,
  people,
  reservationOf,
  rowOf,
  UNIT_PRICE,
} from './subject.ts'

const RUNS = Number(process.env.WASAT_PROPERTY_RUNS ?? 15)
const STEPS_MAX = Number(process.env.WASAT_PROPERTY_STEPS ?? 40)
/** A short run is the same each time, and does not look long for the shortest counterexample. */
const SHORT =
  process.env.WASAT_PROPERTY_RUNS === undefined ? { seed: 4, interruptAfterTimeLimit: 20_000 } : {}

const KEYS = [
  { keyId: 'k1', projectId: 'p1' },
  { keyId: 'k2', projectId: undefined },
] as const
const SCOPES = [
  ['key', 'k1'],
  ['key', 'k2'],
  ['project', 'p1'],
  ['gateway', ''],
] as const satisfies [BudgetScope, string][]

const amount = fc.integer({ min: 1, max: 300 })
const pick = fc.nat({ max: 1_000 })

const reserveStep = fc.record({ kind: fc.constant('reserve' as const), key: pick, amount })
const settleStep = fc.record({ kind: fc.constant('settle' as const), pick, amount, isPriced: fc.boolean() })
const budgetStep = fc.record({
  kind: fc.constant('createBudget' as const),
  pick,
  period: fc.constantFrom<BudgetPeriod>('day', 'week', 'month', 'ever'),
  limit: fc.integer({ min: 1, max: 2_000 }),
  hardStop: fc.boolean(),
  alertPercent: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
})
const stepOf = fc.oneof(
  { weight: 8, arbitrary: reserveStep },
  { weight: 8, arbitrary: settleStep },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settleAgain' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('bring' as const), key: pick, amount, hours: fc.nat(80) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  { weight: 3, arbitrary: budgetStep },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('changeBudget' as const),
      pick,
      limit: amount,
      hardStop: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteBudget' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reprice' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune' as const), hours: fc.nat(80) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), hours: fc.nat(40) }) },
)

type Step = typeof stepOf extends fc.Arbitrary<infer Value> ? Value : never
type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>

export function registerModel(name: string, open: OpenLedgerSubject, hasClock: boolean): void {
  test(`${name}: [LDG-02] any sequence of steps leaves what the reference has`, async () => {
    const property = fc.asyncProperty(
      fc.array(stepOf, { maxLength: STEPS_MAX, size: 'max' }),
      async (steps) => {
        const subject = await open()
        try {
          await runSteps(subject, hasClock ? steps : steps.filter(({ kind }) => kind !== 'pass'))
        } finally {
          await subject.dispose()
        }
      },
    )
    await fc.assert(property, { numRuns: RUNS, ...SHORT })
  })
}

async function runSteps(subject: LedgerSubject, steps: readonly Step[]): Promise<void> {
  const pair = createPair(subject)
  await people(pair.real())
  await people(pair.reference)
  for (const step of steps) {
    await pair.play(step)
    assert.deepEqual(await standings(pair.real()), await standings(pair.reference), JSON.stringify(step))
  }
  await assertSound(pair.real().ledger)
  await assertSound(pair.reference.ledger)
  const query = { from: 0, to: 8e15, by: ['key', 'project'], filter: {}, limit: 0 } as const
  assert.deepEqual(await pair.real().ledger.report(query), await pair.reference.ledger.report(query))
}

async function standings({ directory }: LedgerDoors): Promise<object[]> {
  const states = await directory.listBudgets()
  return states.map((state) => ({ ...state })).sort((a, b) => (a.id < b.id ? -1 : 1))
}

function createPair(subject: LedgerSubject) {
  const { clock } = subject
  let real: LedgerDoors = subject
  let now = clock?.now() ?? Date.now()
  const state: State = createState(() => now)
  const reference = { directory: createReferenceDirectory(state), ledger: createReferenceLedger(state) }
  const open: { reservation: Reservation; admittedAt: number }[] = []
  const settled: UsageRow[] = []
  const alerted = new Set<string>()
  let count = 0

  /** Where the ledger's clock cannot be set, the reference follows it. */
  function tick(at = clock?.now() ?? Date.now()): void {
    now = at
  }

  async function reserve({ key, amount: reservedNanoUsd }: StepOf<'reserve'>): Promise<void> {
    const reservation = reservationOf(`r${count++}`, { ...KEYS[key % KEYS.length]!, reservedNanoUsd })
    const given = await real.ledger.reserve(reservation)
    tick(given.granted ? given.admittedAt : undefined)
    const wanted = await reference.ledger.reserve(reservation)
    assert.equal(given.granted, wanted.granted, `${reservation.requestId} is granted, or not`)
    if (given.granted) open.push({ reservation, admittedAt: given.admittedAt })
  }

  async function settleBoth(row: UsageRow): Promise<void> {
    const alerts = await real.ledger.settle(row)
    await reference.ledger.settle(row)
    settled.push(row)
    for (const { budget, windowStart } of alerts) {
      const window = `${budget.id}@${windowStart}`
      assert.ok(!alerted.has(window), `one alert for ${window}`)
      alerted.add(window)
    }
    if (row.billedNanoUsd > 0)
      for (const window of dueAlerts(state, row)) assert.ok(alerted.has(window), window)
  }

  async function settle(step: StepOf<'settle'>): Promise<void> {
    const [chosen] = open.splice(step.pick % Math.max(1, open.length), 1)
    // Recovered and removed meanwhile: a ledger cannot tell it from one that it has counted, and refuses it.
    if (chosen === undefined || !state.reservations.has(chosen.reservation.requestId)) return
    const unpriced = { price: undefined, billedNanoUsd: 0, upstreamCostNanoUsd: 0 }
    const row = rowOf(chosen.reservation, chosen.admittedAt, step.amount, step.isPriced ? {} : unpriced)
    await settleBoth(row)
  }

  async function settleAgain(step: StepOf<'settleAgain'>): Promise<void> {
    const row = settled[step.pick % Math.max(1, settled.length)]
    if (row === undefined || row.admittedAt < state.prunedBefore) return
    assert.deepEqual(await real.ledger.settle(row), [])
    await reference.ledger.settle(row)
  }

  async function bring({ key, amount: billed, hours }: StepOf<'bring'>): Promise<void> {
    tick()
    const admittedAt = now - hours * HOUR_MS
    // What is brought into hours that were pruned is a late fact of its own; it is tried elsewhere.
    if (admittedAt < state.prunedBefore) return
    await settleBoth(rowOf(reservationOf(`b${count++}`, KEYS[key % KEYS.length]), admittedAt, billed))
  }

  async function crash(): Promise<void> {
    real = await subject.reopen()
    state.live.clear()
    await recover()
  }

  async function recover(): Promise<void> {
    assert.equal(await real.ledger.recover(), await reference.ledger.recover())
  }

  async function createBudget(step: StepOf<'createBudget'>): Promise<void> {
    tick()
    const [scope, scopeId] = SCOPES[step.pick % SCOPES.length]!
    const { period, limit: limitNanoUsd, hardStop, alertPercent } = step
    const made = { createdAt: now, updatedAt: now }
    const budget = budgetOf(`b${count++}`, {
      ...{ scope, scopeId, period, limitNanoUsd, hardStop, alertPercent },
      ...made,
    })
    const results = await Promise.allSettled([
      real.directory.createBudget(budget),
      reference.directory.createBudget(budget),
    ])
    assert.equal(results[0].status, results[1].status)
  }

  async function changeBudget({ pick: index, limit, hardStop }: StepOf<'changeBudget'>): Promise<void> {
    const known = [...state.budgets.values()][index % Math.max(1, state.budgets.size)]
    if (known === undefined) return
    const changed = { ...known, limitNanoUsd: limit, hardStop, updatedAt: known.updatedAt + 1 }
    assert.equal(await real.directory.updateBudget(changed), true)
    await reference.directory.updateBudget(changed)
  }

  async function deleteBudget({ pick: index }: StepOf<'deleteBudget'>): Promise<void> {
    const id = [...state.budgets.keys()][index % Math.max(1, state.budgets.size)] ?? 'none'
    assert.equal(await real.directory.deleteBudget(id), await reference.directory.deleteBudget(id))
  }

  async function reprice(): Promise<void> {
    const find = () => ({
      price: UNIT_PRICE,
      cost: (quantities: UsageRow) => costOf(UNIT_PRICE.document, quantities),
    })
    const found = await real.ledger.reprice(find as never)
    assert.deepEqual(found, await reference.ledger.reprice(find as never))
  }

  async function prune({ hours }: StepOf<'prune'>): Promise<void> {
    tick()
    const before = now - hours * HOUR_MS
    assert.equal(await real.ledger.prune(before), await reference.ledger.prune(before))
  }

  async function play(step: Step): Promise<void> {
    tick()
    switch (step.kind) {
      case 'reserve':
        return reserve(step)
      case 'settle':
        return settle(step)
      case 'settleAgain':
        return settleAgain(step)
      case 'bring':
        return bring(step)
      case 'crash':
        return crash()
      case 'createBudget':
        return createBudget(step)
      case 'changeBudget':
        return changeBudget(step)
      case 'deleteBudget':
        return deleteBudget(step)
      case 'reprice':
        return reprice()
      case 'prune':
        return prune(step)
      case 'pass':
        clock?.set(clock.now() + step.hours * HOUR_MS)
        tick()
        return recover()
    }
  }

  return { real: () => real, reference, play }
}

/** Windows of the row that are beyond their alert. */
function dueAlerts(state: State, row: UsageRow): string[] {
  return [...state.budgets.values()]
    .filter((budget) => budget.alertPercent !== undefined && standsOver(budget, row))
    .map((budget) => budgetState(state, budget, row.admittedAt))
    .filter(
      ({ spentNanoUsd, limitNanoUsd, alertPercent = 0 }) => spentNanoUsd * 100 >= limitNanoUsd * alertPercent,
    )
    .map(({ id, windowStart }) => `${id}@${windowStart}`)
}
