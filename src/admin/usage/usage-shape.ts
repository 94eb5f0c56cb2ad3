import type { UsageDimension, UsageSum } from '../../nouns/ledger.ts'
import { Type } from '../../wire/type.ts'
import { usd } from '../money.ts'

const Count = Type.Integer({ description: 'Exact, also beyond 2^53.' })
const Amount = Type.String({ description: 'US dollars, exact.' })

const SUMS = {
  requests: Count,
  failed: Type.Integer({ description: 'Of the requests: those that did not end in a whole answer.' }),
  estimated: Type.Integer({ description: 'Of the requests: those whose use is an estimate.' }),
  unpriced: Type.Integer({ description: 'Of the requests: those that used something and had no price.' }),
  promptTokens: Count,
  cachedTokens: Count,
  candidatesTokens: Count,
  thoughtsTokens: Count,
  toolUsePromptTokens: Count,
  totalTokens: Count,
  costUsd: Amount,
  costNanoUsd: Type.Integer({ description: 'What the budgets were charged, in 1e-9 US dollars.' }),
  upstreamCostUsd: Amount,
  upstreamCostNanoUsd: Type.Integer({ description: 'What the upstreams are believed to charge.' }),
}

const name = () => Type.Optional(Type.String())

/** The dimensions that were asked for, then the sums. */
export const UsageShape = Type.Object({
  ...{ key: name(), project: name(), model: name(), upstream: name(), tag: name() },
  ...{ hour: name(), day: name(), month: name() },
  ...SUMS,
})
export const TotalShape = Type.Object(SUMS)

export type Sums = Omit<UsageSum, 'group'>

const COUNTS = [
  ...(['requests', 'failed', 'estimated', 'unpriced', 'promptTokens', 'cachedTokens'] as const),
  ...(['candidatesTokens', 'thoughtsTokens', 'toolUsePromptTokens', 'totalTokens'] as const),
  ...(['billedNanoUsd', 'upstreamCostNanoUsd'] as const),
]

export function usageShape({ group, ...sums }: UsageSum, by: readonly UsageDimension[]): object {
  const names = by.map((dimension) => [dimension, group[dimension] ?? ''])
  return { ...Object.fromEntries(names), ...sumsShape(sums) }
}

export function sumsShape(sums: Sums): object {
  const { billedNanoUsd, upstreamCostNanoUsd } = sums
  const counts = COUNTS.slice(0, -2).map((count) => [count, sums[count]])
  return {
    ...Object.fromEntries(counts),
    costUsd: usd(billedNanoUsd),
    costNanoUsd: billedNanoUsd,
    upstreamCostUsd: usd(upstreamCostNanoUsd),
    upstreamCostNanoUsd,
  }
}

export function addUp(all: readonly Sums[]): Sums {
  const sumOf = (count: keyof Sums): bigint => all.reduce((sum, one) => sum + one[count], 0n)
  return Object.fromEntries(COUNTS.map((count) => [count, sumOf(count)])) as unknown as Sums
}
