import { endpoint } from '../endpoint.ts'
import { budgetReply } from './budget-shape.ts'

export const getBudget = endpoint({
  method: 'GET',
  path: '/admin/v1/budgets/{id}',
  handle: async ({ id }, { budgets }) => budgetReply(await budgets.get(id)),
})
