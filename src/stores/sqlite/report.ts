import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { UsageDimension, UsageQuery, UsageSum } from '../../nouns/ledger.ts'
import { MEASURES } from '../measures.ts'
import { type FilterText, filterText } from './filters.ts'
import { breathe, prepareCells, type Reader } from './slices.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Hours that are summed up in one go: others may have the event loop between two. */
const SLICE_MS = 7 * DAY_MS

type Measure = keyof typeof MEASURES
type Totals = Record<Measure, bigint>

const MEASURE_NAMES = Object.keys(MEASURES) as Measure[]

/** What is grouped by in SQL; a month is put together from days, and a tag taken out of the tags. */
const EXPRESSIONS: Readonly<Record<UsageDimension, string>> = {
  key: 'key_id',
  project: 'project_id',
  model: 'model',
  upstream: 'upstream',
  tag: 'tags',
  hour: 'hour',
  day: `hour - hour % ${DAY_MS}`,
  month: `hour - hour % ${DAY_MS}`,
}

interface Group {
  readonly values: readonly string[]
  readonly totals: Totals
}

/** Exact sums over `usage_hours`. */
export async function reportUsage(
  { database, read }: Reader,
  query: UsageQuery,
): Promise<readonly UsageSum[]> {
  const filter = filterText(query.filter, 'usage_hours')
  const groups = new Map<string, Group>()
  const span = await read(() => spanOf(database, query))
  for (let from = span.from; from < span.to; from += SLICE_MS) {
    const until = Math.min(from + SLICE_MS, span.to)
    for (const row of await read(() => sumSlice(database, query, filter, from, until))) {
      for (const values of labelsOf(query.by, row)) addTo(groups, values, row.slice(query.by.length))
    }
    await breathe()
  }
  return sorted([...groups.values()], query).map(({ values, totals }) =>
    Object.freeze({
      group: Object.freeze(
        Object.fromEntries(query.by.map((name, index) => [name, values[index] as string])),
      ),
      ...totals,
    }),
  )
}

/** The hours that are there, so that nobody walks from the epoch to the end of time. */
function spanOf(database: DatabaseSync, { from, to }: UsageQuery): { from: number; to: number } {
  const first = database.prepare('SELECT min(hour) AS hour FROM usage_hours WHERE hour >= ?').get(from)
  const last = database.prepare('SELECT max(hour) AS hour FROM usage_hours WHERE hour < ?').get(to)
  const hours = [first, last].map((row) => (row as { hour: number | null }).hour)
  const [start, end] = hours as [number | null, number | null]
  return { from: start ?? 0, to: start === null || end === null ? 0 : end + 1 }
}

type SumRow = readonly (string | bigint)[]

function sumSlice(
  database: DatabaseSync,
  { by }: UsageQuery,
  filter: FilterText,
  from: number,
  until: number,
): SumRow[] {
  const groups = by.map((dimension) => EXPRESSIONS[dimension])
  const sums = MEASURE_NAMES.map((name) => `sum(${MEASURES[name]})`)
  const grouping = groups.length === 0 ? 'HAVING count(*) > 0' : `GROUP BY ${groups.join(', ')}`
  const statement = prepareCells(
    database,
    `SELECT ${[...groups, ...sums].join(', ')} FROM usage_hours
     WHERE hour >= ? AND hour < ? ${filter.text} ${grouping}`,
    true,
  )
  const values: SQLInputValue[] = [from, until, ...filter.values]
  return statement.all(...values) as unknown as SumRow[]
}

/** Every combination of values that a row counts in: one, but for its tags. */
function labelsOf(by: readonly UsageDimension[], row: SumRow): string[][] {
  let combinations: string[][] = [[]]
  for (const [index, dimension] of by.entries()) {
    const labels = labelsIn(dimension, row[index] as string | bigint)
    combinations = combinations.flatMap((known) => labels.map((label) => [...known, label]))
  }
  return combinations
}

function labelsIn(dimension: UsageDimension, value: string | bigint): string[] {
  if (typeof value === 'bigint') {
    const date = new Date(Number(value))
    if (dimension === 'month') date.setUTCDate(1)
    return [date.toISOString()]
  }
  if (dimension !== 'tag') return [value]
  if (value === '') return ['']
  const tags = JSON.parse(value) as Record<string, string>
  return Object.entries(tags).map(([name, text]) => `${name}=${text}`)
}

function addTo(groups: Map<string, Group>, values: readonly string[], sums: SumRow): void {
  const key = JSON.stringify(values)
  const known = groups.get(key)
  if (known === undefined) {
    const entries = MEASURE_NAMES.map((name, index) => [name, sums[index]])
    groups.set(key, { values, totals: Object.fromEntries(entries) as Totals })
    return
  }
  MEASURE_NAMES.forEach((name, index) => {
    known.totals[name] += sums[index] as bigint
  })
}

function sorted(groups: Group[], { limit }: UsageQuery): Group[] {
  groups.sort(byValues)
  if (limit === 0) return groups
  groups.sort((a, b) => compare(b.totals.billedNanoUsd, a.totals.billedNanoUsd))
  return groups.slice(0, limit)
}

function byValues(a: Group, b: Group): number {
  for (const [index, value] of a.values.entries()) {
    const order = compare(value, b.values[index] as string)
    if (order !== 0) return order
  }
  return 0
}

const compare = <Value extends string | bigint>(a: Value, b: Value): number => (a < b ? -1 : a > b ? 1 : 0)
