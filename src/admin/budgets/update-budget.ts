import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { LimitUsd, limitOf } from '../money.ts'
import { AlertPercent, budgetEtag, budgetReply, HardStop } from './budget-shape.ts'

/** What is left out stays. */
export const UpdateBudgetBody = Type.Object(
  {
    limitUsd: Type.Optional(LimitUsd),
    hardStop: Type.Optional(HardStop),
    alertPercent: Type.Optional(Type.Union([AlertPercent, Type.Null()])),
  },
  { additionalProperties: false },
)

export const updateBudget = endpoint({
  method: 'PATCH',
  path: '/admin/v1/budgets/{id}',
  body: UpdateBudgetBody,
  etag: budgetEtag,
  handle: async ({ id, body: { limitUsd, hardStop, alertPercent } }, { budgets }) => {
    const limitNanoUsd = limitUsd === undefined ? undefined : limitOf(limitUsd, 'limitUsd')
    return budgetReply(await budgets.update(id, { limitNanoUsd, hardStop, alertPercent }))
  },
})
