import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { BudgetShape, budgetShape } from './budget-shape.ts'

export const ListBudgetsAnswer = Type.Object({ budgets: Type.Array(BudgetShape) })

export const listBudgets = endpoint({
  method: 'GET',
  path: '/admin/v1/budgets',
  handle: async (_call, { budgets }) => ({
    status: 200,
    body: { budgets: (await budgets.list()).map(budgetShape) },
  }),
})
