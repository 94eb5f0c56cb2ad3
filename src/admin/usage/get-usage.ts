import type { UsageDimension, UsageQuery, UsageSum } from '../../nouns/ledger.ts'
import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { hourOf, timestamp } from '../instants.ts'
import type { AdminLedger } from '../parts.ts'
import { dimensionsOf, FILTERS, filterOf, groupsMaxOf, rangeOf } from './usage-query.ts'
import { addUp, type Sums, sumsShape, TotalShape, UsageShape, usageShape } from './usage-shape.ts'

export const GetUsageQuery = Type.Object(
  {
    ...FILTERS,
    by: Type.Optional(Type.String({ description: 'Dimensions with commas between; without it, key.' })),
    limit: Type.Optional(Type.String({ description: 'Groups at most, the dearest; 1 to 10000.' })),
  },
  { additionalProperties: false },
)

export const GetUsageAnswer = Type.Object({
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  by: Type.Array(Type.String()),
  usage: Type.Array(UsageShape),
  total: TotalShape,
  more: Type.Boolean({ description: 'Whether there are more groups; the total counts them too.' }),
})

/** Sums over whole hours. With `by=tag` a request counts for each of its tags, and in the total once. */
export const getUsage = endpoint({
  method: 'GET',
  path: '/admin/v1/usage',
  query: GetUsageQuery,
  handle: async ({ query }, { ledger }) => {
    const by = dimensionsOf(query.by)
    const limit = groupsMaxOf(query.limit)
    const range = rangeOf(query, hourOf, Date.now())
    const asked: UsageQuery = { ...range, by, filter: filterOf(query), limit: limit + 1 }
    const sums = await ledger.report(asked)
    const more = sums.length > limit
    const shown = inOrder(sums.slice(0, limit), by)
    const total = more || by.includes('tag') ? await totalOf(asked, ledger) : addUp(shown)
    return {
      status: 200,
      body: {
        ...{ from: timestamp(range.from), to: timestamp(range.to), by },
        ...{ usage: shown.map((sum) => usageShape(sum, by)), total: sumsShape(total), more },
      },
    }
  },
})

async function totalOf(asked: UsageQuery, ledger: AdminLedger): Promise<Sums> {
  return addUp(await ledger.report({ ...asked, by: [], limit: 0 }))
}

const TIMES: readonly (UsageDimension | undefined)[] = ['hour', 'day', 'month']

/** The dearest first, but a series in time as time goes. */
function inOrder(sums: readonly UsageSum[], by: readonly UsageDimension[]): readonly UsageSum[] {
  const [first] = by
  if (first === undefined || !TIMES.includes(first)) return sums
  const at = (sum: UsageSum): string => sum.group[first] ?? ''
  return sums.toSorted((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0))
}
