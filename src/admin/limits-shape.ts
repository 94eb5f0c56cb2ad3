import type { Limits } from '../nouns/directory.ts'
import { type Static, Type } from '../wire/type.ts'

const LIMIT_MAX = 1_000_000_000
const limit = () => Type.Integer({ minimum: 1, maximum: LIMIT_MAX })
const clearable = () => Type.Union([limit(), Type.Null()])

export const LimitsShape = Type.Object(
  {
    requestsPerMinute: Type.Optional(limit()),
    tokensPerMinute: Type.Optional(limit()),
    requestsPerDay: Type.Optional(limit()),
    tokensPerDay: Type.Optional(limit()),
    concurrentRequests: Type.Optional(limit()),
  },
  { additionalProperties: false, description: 'Without a number there is no limit.' },
)

export const LimitChanges = Type.Object(
  {
    requestsPerMinute: Type.Optional(clearable()),
    tokensPerMinute: Type.Optional(clearable()),
    requestsPerDay: Type.Optional(clearable()),
    tokensPerDay: Type.Optional(clearable()),
    concurrentRequests: Type.Optional(clearable()),
  },
  { additionalProperties: false, description: 'What is left out stays, and null takes a limit away.' },
)

export function changedLimits(before: Limits, changes: Static<typeof LimitChanges>): Limits {
  const all = Object.entries({ ...before, ...changes })
  return Object.fromEntries(all.filter(([, value]) => value !== null && value !== undefined))
}
