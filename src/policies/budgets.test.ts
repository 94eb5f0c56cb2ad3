import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, projectOf } from '../../test/contracts/ledger/subject.ts'
import { createReferenceDirectory } from '../../test/contracts/reference/directory.ts'
import { createState } from '../../test/contracts/reference/state.ts'
import { fails } from '../auth/memory-directory.fixture.ts'
import { BUDGET_NANO_USD_MAX, type BudgetInput, createBudgets } from './budgets.ts'

const WISH: BudgetInput = { scope: 'key', scopeId: 'k1', period: 'month', limitNanoUsd: 5 }

async function open() {
  const directory = createReferenceDirectory(createState(Date.now))
  await directory.createProject(projectOf('p1'))
  await directory.createKey(keyOf('k1', { projectId: 'p1' }))
  return createBudgets(directory)
}

test('a budget is made with a hard stop unless told otherwise, changed and removed', async () => {
  const budgets = await open()
  const { id, hardStop, alertPercent } = await budgets.create(WISH)
  assert.deepEqual([hardStop, alertPercent], [true, undefined])
  const soft = await budgets.create({
    ...WISH,
    scope: 'gateway',
    scopeId: '',
    hardStop: false,
    alertPercent: 80,
  })
  assert.deepEqual([soft.hardStop, soft.alertPercent], [false, 80])
  assert.equal((await budgets.update(soft.id, { limitNanoUsd: 9 })).alertPercent, 80)
  const cleared = await budgets.update(soft.id, { alertPercent: null, hardStop: true })
  assert.deepEqual([cleared.limitNanoUsd, cleared.alertPercent, cleared.hardStop], [9, undefined, true])
  await budgets.remove(soft.id)
  assert.deepEqual(
    (await budgets.list()).map((budget) => budget.id),
    [id],
  )
})

const BAD: [Partial<BudgetInput>, string, RegExp][] = [
  ...[0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, BUDGET_NANO_USD_MAX + 1, 1e30].map(
    (limitNanoUsd): [Partial<BudgetInput>, string, RegExp] => [
      { limitNanoUsd },
      'invalid_argument',
      /9000000/,
    ],
  ),
  [{ alertPercent: 0 }, 'invalid_argument', /percent/],
  [{ alertPercent: 100.5 }, 'invalid_argument', /percent/],
  [{ period: 'hour' as never }, 'invalid_argument', /day, week, month, ever/],
  [{ scope: 'team' as never }, 'invalid_argument', /key, project, gateway/],
  [{ scopeId: '' }, 'invalid_argument', /by its id/],
  [{ scope: 'gateway' }, 'invalid_argument', /no scopeId/],
  [{ scopeId: 'p1' }, 'failed_precondition', /no key with the id "p1"/],
  [{ scope: 'project', scopeId: 'k1' }, 'failed_precondition', /no project with the id "k1"/],
]
for (const [changes, code, text] of BAD) {
  test(`refused: ${JSON.stringify(changes)} ${text}`, async () => {
    const budgets = await open()
    await assert.rejects(budgets.create({ ...WISH, ...changes }), fails(code, text))
    assert.deepEqual(await budgets.list(), [])
  })
}

test('the largest limit is taken, and a second budget of one period on one scope is not', async () => {
  const budgets = await open()
  const { id } = await budgets.create({ ...WISH, limitNanoUsd: BUDGET_NANO_USD_MAX })
  await assert.rejects(budgets.create(WISH), fails('already_exists'))
  await budgets.create({ ...WISH, period: 'day' })
  await assert.rejects(budgets.update(id, { limitNanoUsd: 0 }), fails('invalid_argument'))
  assert.equal((await budgets.get(id)).limitNanoUsd, BUDGET_NANO_USD_MAX)
})

test('an unknown id is not found', async () => {
  const budgets = await open()
  for (const work of [() => budgets.get('x'), () => budgets.update('x', {}), () => budgets.remove('x')])
    await assert.rejects(work(), fails('not_found', /"x"/))
})
