/** What was used: sums by hour, and the rows themselves in slices. */
import type {
  RowsQuery,
  SettledRow,
  UsageCount,
  UsageDimension,
  UsageFilter,
  UsageQuery,
  UsageScope,
  UsageSum,
} from '../../nouns/ledger.ts'
import { MEASURES } from '../measures.ts'
import type { Database } from './database.ts'
import { ADJUSTED, type RequestColumns, toSettledRow } from './rows.ts'
import { fromText, toText } from './text.ts'

const HOUR_MS = 3_600_000
/** Rows of an export that are read at a time; nothing is held between two of them. */
const SLICE_ROWS = 1_000

export type Measures = { readonly [Name in keyof typeof MEASURES]: bigint }

const DIMENSIONS: Readonly<Record<UsageDimension, string>> = {
  key: 'h.key_id',
  project: 'h.project_id',
  model: 'h.model',
  upstream: 'h.upstream',
  tag: `coalesce(t.key || '=' || t.value, '') COLLATE "C"`,
  hour: 'h.hour',
  day: 'h.hour - h.hour % 86400000',
  month: `wasat.window_start('month', h.hour)`,
}
const IS_TIME: ReadonlySet<UsageDimension> = new Set(['hour', 'day', 'month'])

export async function report(database: Database, query: UsageQuery): Promise<readonly UsageSum[]> {
  const values: unknown[] = [whole(query.from), whole(query.to)]
  const groups = query.by.map((dimension, index) => `${DIMENSIONS[dimension]} AS d${index}`)
  const names = query.by.map((_, index) => `d${index}`)
  const sums = Object.entries(MEASURES).map(([name, column]) => `sum(h.${column})::TEXT AS "${name}"`)
  const tags = query.by.includes('tag')
    ? `LEFT JOIN LATERAL json_each_text(NULLIF(h.tags, '')::JSON) t ON TRUE`
    : ''
  const dearest = query.limit > 0 ? ['sum(h.billed_nano_usd) DESC'] : []
  const order = [...dearest, ...names]
  const text = `
    SELECT ${[...groups, ...sums].join(', ')} FROM wasat.usage_hours h ${tags}
    WHERE h.hour >= $1 AND h.hour < $2 ${conditions('h', query.filter, values)}
    ${names.length > 0 ? `GROUP BY ${names.join(', ')}` : 'HAVING count(*) > 0'}
    ${order.length > 0 ? `ORDER BY ${order.join(', ')}` : ''}
    ${query.limit > 0 ? `LIMIT ${whole(query.limit)}` : ''}`
  const rows = await database.long((session) => session.query<Record<string, string | number>>(text, values))
  return rows.map((row) => toSum(query, row))
}

function toSum({ by }: UsageQuery, row: Record<string, string | number>): UsageSum {
  const group = by.map((dimension, index): [UsageDimension, string] => {
    const value = row[`d${index}`] as string | number
    return [
      dimension,
      IS_TIME.has(dimension) ? new Date(Number(value)).toISOString() : fromText(String(value)),
    ]
  })
  return Object.freeze({ group: Object.freeze(Object.fromEntries(group)), ...toMeasures(row) })
}

/** Sums come as text: they may be more than a double holds. */
export function toMeasures(row: Readonly<Record<string, unknown>>): Measures {
  const entries = Object.keys(MEASURES).map((name) => [name, BigInt(row[name] as string)])
  return Object.fromEntries(entries) as unknown as Measures
}

export async function* rows(database: Database, query: RowsQuery): AsyncGenerator<SettledRow> {
  let last: RequestColumns | undefined
  for (;;) {
    const values: unknown[] = [whole(query.from), whole(query.to)]
    const more = conditions('r', query.filter, values)
    const after = last && `AND (r.admitted_at, r.request_id) > ($${values.length + 1}, $${values.length + 2})`
    if (last !== undefined) values.push(last.admitted_at, last.request_id)
    const text = `
      SELECT r.*, ${ADJUSTED} FROM wasat.requests r
      WHERE r.admitted_at >= $1 AND r.admitted_at < $2 ${more} ${after ?? ''}
      ORDER BY r.admitted_at, r.request_id LIMIT ${SLICE_ROWS}`
    const slice = await database.long((session) => session.query<RequestColumns>(text, values))
    for (const row of slice) yield toSettledRow(row)
    if (slice.length < SLICE_ROWS) return
    last = slice.at(-1)
  }
}

/** Adds the filter's values, and tells what they have to be compared with. */
function conditions(table: 'h' | 'r', filter: UsageFilter, values: unknown[]): string {
  const equal = (expression: string, value: string | undefined): string => {
    if (value === undefined) return ''
    values.push(toText(value))
    return ` AND ${expression} = $${values.length}`
  }
  const tag =
    filter.tag === undefined
      ? ''
      : ` AND EXISTS (SELECT 1 FROM json_each_text(NULLIF(${table}.tags, '')::JSON) f
          WHERE f.key || '=' || f.value = $${values.push(toText(filter.tag))})`
  return (
    equal(`${table}.key_id`, filter.keyId) +
    equal(`${table}.project_id`, filter.projectId) +
    equal(`${table}.model`, filter.model) +
    equal(`${table}.upstream`, filter.upstream) +
    tag
  )
}

/** Whole hours are summed up already; the seconds of a minute, and of the hour that is cut, are counted. */
export async function countsSince(
  database: Database,
  scope: UsageScope,
  since: number,
  unit: 'hour' | 'second',
): Promise<readonly UsageCount[]> {
  const from = whole(since)
  const firstWholeHour = Math.ceil(from / HOUR_MS) * HOUR_MS
  if (unit === 'second') return countRows(database, scope, from, Number.MAX_SAFE_INTEGER, 1_000)
  const values: unknown[] = [firstWholeHour]
  const summed = await database.long((session) =>
    session.query<UsageCount>(
      `SELECT h.hour AS at, sum(h.requests)::DOUBLE PRECISION AS requests,
         sum(h.total_tokens)::DOUBLE PRECISION AS tokens
       FROM wasat.usage_hours h WHERE h.hour >= $1 ${conditions('h', scope, values)} GROUP BY h.hour ORDER BY h.hour`,
      values,
    ),
  )
  if (from === firstWholeHour) return summed
  return [...(await countRows(database, scope, from, firstWholeHour, HOUR_MS)), ...summed]
}

function countRows(database: Database, scope: UsageScope, from: number, to: number, lengthMs: number) {
  const values: unknown[] = [from, to]
  const text = `
    SELECT r.admitted_at - r.admitted_at % ${lengthMs} AS at, count(*)::DOUBLE PRECISION AS requests,
      sum(r.total_tokens)::DOUBLE PRECISION AS tokens
    FROM wasat.requests r WHERE r.admitted_at >= $1 AND r.admitted_at < $2 ${conditions('r', scope, values)}
    GROUP BY 1 ORDER BY 1`
  return database.long((session) => session.query<UsageCount>(text, values))
}

/** A safe integer, whatever was asked. */
function whole(value: number): number {
  if (Number.isNaN(value)) return 0
  return Math.trunc(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, value)))
}
