import { endpoint } from '../endpoint.ts'
import { budgetEtag } from './budget-shape.ts'

export const deleteBudget = endpoint({
  method: 'DELETE',
  path: '/admin/v1/budgets/{id}',
  etag: budgetEtag,
  handle: async ({ id }, { budgets }) => {
    await budgets.remove(id)
    return { status: 204 }
  },
})
