import type { BudgetState } from '../../nouns/directory.ts'
import { type Static, Type } from '../../wire/type.ts'
import type { Reply } from '../endpoint.ts'
import { etagOf } from '../etag.ts'
import { timestamp, timestampOrNull } from '../instants.ts'
import { LimitUsd, limitOf, usd } from '../money.ts'
import type { AdminParts, NewBudget } from '../parts.ts'

export const Scope = Type.Enum(['key', 'project', 'gateway'])
export const Period = Type.Enum(['day', 'week', 'month', 'ever'], {
  description: 'In UTC; a week starts on Monday, and ever never ends.',
})
export const HardStop = Type.Boolean({
  description: 'Whether requests are refused that could go beyond the limit; false: it only alerts.',
})
export const AlertPercent = Type.Integer({ minimum: 1, maximum: 100 })
const Instant = Type.String({ format: 'date-time' })
const Amount = Type.String({ description: 'US dollars, exact.' })
const NanoUsd = Type.Integer({ description: '1e-9 US dollars.' })

/** A budget of a key that is made together with it. */
export const BudgetTerms = Type.Object(
  {
    limitUsd: LimitUsd,
    period: Period,
    hardStop: Type.Optional(HardStop),
    alertPercent: Type.Optional(AlertPercent),
  },
  { additionalProperties: false },
)

/** A budget and where it stands in its window of now. */
export const BudgetShape = Type.Object({
  id: Type.String(),
  scope: Scope,
  scopeId: Type.String({ description: 'The id of the key or project; empty for the gateway.' }),
  period: Period,
  hardStop: HardStop,
  alertPercent: Type.Union([AlertPercent, Type.Null()]),
  windowStart: Instant,
  windowEnd: Type.Union([Instant, Type.Null()]),
  limitUsd: Amount,
  limitNanoUsd: NanoUsd,
  spentUsd: Amount,
  spentNanoUsd: NanoUsd,
  reservedUsd: Amount,
  reservedNanoUsd: NanoUsd,
  remainingUsd: Amount,
  remainingNanoUsd: NanoUsd,
  createdAt: Instant,
  updatedAt: Instant,
})

export const BudgetAnswer = Type.Object({ budget: BudgetShape })

export function termsOf(
  body: Static<typeof BudgetTerms>,
  prefix = '',
): Pick<NewBudget, 'period' | 'limitNanoUsd' | 'hardStop' | 'alertPercent'> {
  const { limitUsd, period, hardStop, alertPercent } = body
  return { period, limitNanoUsd: limitOf(limitUsd, `${prefix}limitUsd`), hardStop, alertPercent }
}

export function budgetShape(state: BudgetState): Static<typeof BudgetShape> {
  const { limitNanoUsd, spentNanoUsd, reservedNanoUsd } = state
  // An answer may cost more than was reserved for it, and a limit may be lowered below what is spent.
  const remainingNanoUsd = Math.max(0, limitNanoUsd - spentNanoUsd - reservedNanoUsd)
  return {
    ...termsShape(state),
    windowStart: timestamp(state.windowStart),
    windowEnd: timestampOrNull(state.windowEnd),
    spentUsd: usd(spentNanoUsd),
    spentNanoUsd,
    reservedUsd: usd(reservedNanoUsd),
    reservedNanoUsd,
    remainingUsd: usd(remainingNanoUsd),
    remainingNanoUsd,
  }
}

/** What an operator sets, without what requests do to it. */
function termsShape(state: BudgetState) {
  const { id, scope, scopeId, period, hardStop, alertPercent, limitNanoUsd, createdAt, updatedAt } = state
  return {
    ...{ id, scope, scopeId, period, hardStop, alertPercent: alertPercent ?? null },
    ...{ limitUsd: usd(limitNanoUsd), limitNanoUsd },
    ...{ createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) },
  }
}

export function budgetReply(state: BudgetState): Reply {
  return { status: 200, body: { budget: budgetShape(state) }, headers: { etag: etagOf(termsShape(state)) } }
}

export async function budgetEtag(id: string, { budgets }: AdminParts): Promise<string> {
  return etagOf(termsShape(await budgets.get(id)))
}
