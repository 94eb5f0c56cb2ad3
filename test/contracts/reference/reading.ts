/** The reading side of the reference: everything is summed up by brute force. */
import type {
  HourRow,
  RowsQuery,
  SettledRow,
  UsageCount,
  UsageDimension,
  UsageFilter,
  UsageQuery,
  UsageRow,
  UsageScope,
  UsageSum,
} from '../../../src/nouns/ledger.ts'
import type { Quantities } from '../../../src/nouns/money.ts'
import type { BookFacts, BookRow } from './book.ts'
import { billedOf, budgetState, type State } from './state.ts'

const HOUR_MS = 3_600_000
export const MEASURES = [
  'requests',
  'failed',
  'estimated',
  'unpriced',
  'promptTokens',
  'cachedTokens',
  'candidatesTokens',
  'thoughtsTokens',
  'toolUsePromptTokens',
  'totalTokens',
  'billedNanoUsd',
  'upstreamCostNanoUsd',
] as const
type Sums = Omit<UsageSum, 'group'>

const TOKENS = MEASURES.slice(4, 10) as readonly (keyof Sums & keyof Quantities)[]

/** What one request is in every sum. */
function sumsOf(state: State, row: UsageRow): Sums {
  const own = state.adjustments.filter(({ requestId }) => requestId === row.requestId)
  const quantities: Quantities = own.find((other) => other.quantities !== undefined)?.quantities ?? row
  const isPriced = row.price !== undefined || own.some(({ priceVersion }) => priceVersion !== undefined)
  const isUsed = quantities.details !== undefined || TOKENS.some((name) => quantities[name] > 0)
  const costs = own.reduce((sum, { upstreamCostNanoUsd }) => sum + BigInt(upstreamCostNanoUsd), 0n)
  return {
    requests: 1n,
    failed: row.outcome === 'complete' ? 0n : 1n,
    estimated: row.usageSource === 'partial' || row.usageSource === 'estimated' ? 1n : 0n,
    unpriced: isUsed && !isPriced ? 1n : 0n,
    ...(Object.fromEntries(TOKENS.map((name) => [name, BigInt(quantities[name])])) as Pick<
      Sums,
      (typeof TOKENS)[number]
    >),
    billedNanoUsd: billedOf(state, row),
    upstreamCostNanoUsd: BigInt(row.upstreamCostNanoUsd) + costs,
  } as Sums
}

/** One sum for each request, and those whose rows are gone. */
export function hourSums(state: State): HourRow[] {
  const rows = [...state.requests.values()].map((row): HourRow => {
    const { keyId, projectId = '', model, upstream = '', tags } = row
    const hour = Math.floor(row.admittedAt / HOUR_MS) * HOUR_MS
    const text = tags === undefined ? '' : JSON.stringify(Object.fromEntries(Object.entries(tags).sort()))
    return { ...sumsOf(state, row), hour, keyId, projectId, model, upstream, tags: text === '{}' ? '' : text }
  })
  return [...state.prunedHours, ...rows].sort((a, b) => a.hour - b.hour)
}

const iso = (at: number): string => new Date(at).toISOString()

function tagsOf({ tags }: HourRow): string[] {
  if (tags === '') return ['']
  return Object.entries(JSON.parse(tags) as Record<string, string>).map(([name, value]) => `${name}=${value}`)
}

/** The values of a row in one dimension; only a tag may have several. */
export function valuesOf(row: HourRow, dimension: UsageDimension): string[] {
  const date = new Date(row.hour)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  switch (dimension) {
    case 'key':
      return [row.keyId]
    case 'project':
      return [row.projectId]
    case 'model':
      return [row.model]
    case 'upstream':
      return [row.upstream]
    case 'tag':
      return tagsOf(row)
    case 'hour':
      return [iso(row.hour)]
    case 'day':
      return [iso(Date.UTC(year, month, date.getUTCDate()))]
    case 'month':
      return [iso(Date.UTC(year, month))]
  }
}

export function isMeant(row: HourRow, filter: UsageFilter): boolean {
  return (
    (filter.keyId === undefined || row.keyId === filter.keyId) &&
    (filter.projectId === undefined || row.projectId === filter.projectId) &&
    (filter.model === undefined || row.model === filter.model) &&
    (filter.upstream === undefined || row.upstream === filter.upstream) &&
    (filter.tag === undefined || tagsOf(row).includes(filter.tag))
  )
}

/** The report over these rows, the groups in the order of their values. */
export function sumUp(rows: readonly HourRow[], query: UsageQuery): UsageSum[] {
  const groups = new Map<string, { values: string[]; sums: Record<string, bigint> }>()
  for (const row of rows) {
    if (row.hour < query.from || row.hour >= query.to || !isMeant(row, query.filter)) continue
    const lists = query.by.map((dimension) => valuesOf(row, dimension))
    const combinations = lists.reduce<string[][]>(
      (known, values) => known.flatMap((group) => values.map((value) => [...group, value])),
      [[]],
    )
    for (const values of combinations) {
      const key = JSON.stringify(values)
      const group = groups.get(key) ?? {
        values,
        sums: Object.fromEntries(MEASURES.map((name) => [name, 0n])),
      }
      for (const name of MEASURES) group.sums[name] = (group.sums[name] ?? 0n) + row[name]
      groups.set(key, group)
    }
  }
  const sums = [...groups.values()].map(
    (group) =>
      ({
        group: Object.fromEntries(query.by.map((dimension, index) => [dimension, group.values[index]])),
        ...group.sums,
      }) as unknown as UsageSum,
  )
  return sums.sort((a, b) => compareGroups(a, b, query.by))
}

function compareGroups(a: UsageSum, b: UsageSum, by: readonly UsageDimension[]): number {
  for (const dimension of by) {
    const [left = '', right = ''] = [a.group[dimension], b.group[dimension]]
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

export function reportOf(state: State, query: UsageQuery): UsageSum[] {
  const sums = sumUp(hourSums(state), query)
  if (query.limit === 0) return sums
  return sums.sort((a, b) => (a.billedNanoUsd > b.billedNanoUsd ? -1 : 1)).slice(0, query.limit)
}

export function countsOf(
  state: State,
  scope: UsageScope,
  since: number,
  unit: 'hour' | 'second',
): UsageCount[] {
  const length = unit === 'hour' ? HOUR_MS : 1_000
  const counts = new Map<number, UsageCount>()
  for (const row of state.requests.values()) {
    const isMine =
      (scope.keyId === undefined || row.keyId === scope.keyId) &&
      (scope.projectId === undefined || row.projectId === scope.projectId)
    if (!isMine || row.admittedAt < since) continue
    const at = Math.floor(row.admittedAt / length) * length
    const { requests, tokens } = counts.get(at) ?? { requests: 0, tokens: 0 }
    counts.set(at, { at, requests: requests + 1, tokens: tokens + row.totalTokens })
  }
  return [...counts.values()].sort((a, b) => a.at - b.at)
}

function settledRow(state: State, row: UsageRow): BookRow {
  const { price, otherAttempts: _, ...rest } = row
  const adjusted = billedOf(state, row) - BigInt(row.billedNanoUsd)
  return { ...rest, priceVersion: price?.version, adjustedNanoUsd: Number(adjusted), hasReservation: true }
}

const byAdmission = (a: Admitted, b: Admitted): number =>
  a.admittedAt - b.admittedAt || (a.requestId < b.requestId ? -1 : 1)

interface Admitted {
  readonly admittedAt: number
  readonly requestId: string
}

export async function* rowsOf(state: State, { from, to, filter }: RowsQuery): AsyncGenerator<SettledRow> {
  for (const row of [...state.requests.values()].sort(byAdmission)) {
    const { keyId, projectId, model, upstream, tags, admittedAt } = row
    const isMine =
      admittedAt >= from &&
      admittedAt < to &&
      (filter.keyId ?? keyId) === keyId &&
      (filter.projectId ?? projectId) === projectId &&
      (filter.model ?? model) === model &&
      (filter.upstream ?? upstream) === upstream &&
      (filter.tag === undefined ||
        Object.entries(tags ?? {}).some(([name, value]) => `${name}=${value}` === filter.tag))
    if (!isMine) continue
    const { hasReservation: _, ...settled } = settledRow(state, row)
    yield settled
  }
}

/** The whole book, in the orders that it promises. */
export function bookFacts(state: State): BookFacts {
  const rows = [...state.requests.values()].sort(byAdmission)
  const order = new Map(rows.map(({ requestId }, index) => [requestId, index]))
  const place = ({ requestId }: { readonly requestId: string }) => order.get(requestId) ?? 0
  return {
    at: state.now(),
    prunedBefore: state.prunedBefore,
    events: [...state.events],
    reservations: [...state.reservations.values()].sort(byAdmission),
    requests: rows.map((row) => settledRow(state, row)),
    attempts: rows.flatMap(({ requestId, otherAttempts }) =>
      otherAttempts.map((attempt) => ({ ...attempt, requestId })),
    ),
    adjustments: [...state.adjustments].sort((a, b) => place(a) - place(b) || a.number - b.number),
    budgets: [...state.budgets.values()],
    windows: [...state.windows].map((window) => {
      const cut = window.lastIndexOf('@')
      const [budgetId, windowStart] = [window.slice(0, cut), Number(window.slice(cut + 1))]
      const budget = state.budgets.get(budgetId)
      if (budget === undefined) throw new Error(`a window without a budget: ${window}`)
      const { spentNanoUsd, reservedNanoUsd } = budgetState(state, budget, windowStart)
      return { budgetId, windowStart, spentNanoUsd, reservedNanoUsd }
    }),
    hours: hourSums(state),
    prices: [...state.prices].map(([version, document]) => ({ version, document })),
    soundness: [{ name: 'memory', ok: true, detail: 'nothing to check' }],
  }
}
