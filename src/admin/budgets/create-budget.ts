import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { LimitUsd } from '../money.ts'
import { AlertPercent, budgetReply, HardStop, Period, Scope, termsOf } from './budget-shape.ts'

export const CreateBudgetBody = Type.Object(
  {
    scope: Scope,
    scopeId: Type.Optional(Type.String({ description: 'The id of the key or project.' })),
    period: Period,
    limitUsd: LimitUsd,
    hardStop: Type.Optional(HardStop),
    alertPercent: Type.Optional(AlertPercent),
  },
  { additionalProperties: false },
)

/** One for each period of a scope. What was spent already in the window of now counts from the start. */
export const createBudget = endpoint({
  method: 'POST',
  path: '/admin/v1/budgets',
  body: CreateBudgetBody,
  handle: async ({ body }, { budgets }) => {
    const { scope, scopeId = '' } = body
    const state = await budgets.create({ scope, scopeId, ...termsOf(body) })
    const reply = budgetReply(state)
    const location = `/admin/v1/budgets/${encodeURIComponent(state.id)}`
    return { ...reply, status: 201, headers: { ...reply.headers, location } }
  },
})
