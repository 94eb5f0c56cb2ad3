import type { DatabaseSync } from 'node:sqlite'
import type { RowsQuery, SettledRow, UsageCount, UsageScope } from '../../nouns/ledger.ts'
import { REQUEST_COLUMNS, toSettledRow } from './cells.ts'
import { filterText } from './filters.ts'
import { HOUR_MS } from './rollups.ts'
import { BY_ADMISSION, IN_SPAN, inSpans, prepareCells, type Reader } from './slices.ts'

/** `REQUEST_COLUMNS` of the table `requests`, and after them what adjustments came to. */
export const ROW_COLUMNS = `${REQUEST_COLUMNS.split(',')
  .map((column) => `requests.${column.trim()}`)
  .join(', ')},
  (SELECT coalesce(sum(billed_nano_usd), 0) FROM adjustments WHERE adjustments.admission = requests.admission)`

/** Rows in the order of their admission. */
export async function* readRows(reader: Reader, { from, to, filter }: RowsQuery): AsyncGenerator<SettledRow> {
  const { text, values } = filterText(filter, 'requests')
  const select = `
    SELECT ${ROW_COLUMNS} FROM reservations CROSS JOIN requests ON requests.admission = reservations.admission
    WHERE ${IN_SPAN} ${text} ${BY_ADMISSION}`
  for await (const cells of inSpans(reader, { from, to }, select, values))
    yield toSettledRow(cells, cells.at(-1) as number)
}

/** Settled requests and their tokens since then. Hours come from the sums by hour, seconds from the rows. */
export function countUsage(
  database: DatabaseSync,
  { keyId, projectId }: UsageScope,
  since: number,
  unit: 'hour' | 'second',
): readonly UsageCount[] {
  const { text, values } = filterText(
    { ...(keyId !== undefined && { keyId }), ...(projectId !== undefined && { projectId }) },
    unit === 'hour' ? 'usage_hours' : 'requests',
  )
  const query =
    unit === 'hour'
      ? `SELECT hour, sum(requests), sum(total_tokens) FROM usage_hours WHERE hour >= ? ${text} GROUP BY 1`
      : `SELECT reservations.admitted_at - reservations.admitted_at % 1000, count(*), sum(total_tokens)
         FROM reservations CROSS JOIN requests ON requests.admission = reservations.admission
         WHERE reservations.admitted_at >= ? ${text} GROUP BY 1`
  const statement = prepareCells(database, query, true)
  const from = unit === 'hour' ? since - (since % HOUR_MS) : since
  const counts = statement.all(from, ...values) as unknown as [bigint, bigint, bigint][]
  return counts.map(([at, requests, tokens]) => ({
    at: Number(at),
    requests: Number(requests),
    tokens: Number(tokens),
  }))
}
