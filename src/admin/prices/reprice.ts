import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { usd } from '../money.ts'

export const RepriceAnswer = Type.Object({
  requests: Type.Integer(),
  costUsd: Type.String(),
  costNanoUsd: Type.Integer(),
})

/** Gives requests that had no price the price of their day, where there is one by now. Asked again, it finds nothing. */
export const reprice = endpoint({
  method: 'POST',
  path: '/admin/v1/prices:reprice',
  isLong: true,
  handle: async (_call, { ledger, prices }) => {
    const { requests, billedNanoUsd } = await ledger.reprice(prices.find)
    return { status: 200, body: { requests, costUsd: usd(billedNanoUsd), costNanoUsd: billedNanoUsd } }
  },
})
