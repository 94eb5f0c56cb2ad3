import type { SQLInputValue } from 'node:sqlite'
import type { UsageFilter } from '../../nouns/ledger.ts'

/** Conditions over columns that `usage_hours` and `requests` both have; each begins with AND. */
export interface FilterText {
  readonly text: string
  readonly values: readonly SQLInputValue[]
}

const COLUMNS = { keyId: 'key_id', projectId: 'project_id', model: 'model', upstream: 'upstream' } as const

/** `table` is the name that the query gives it. */
export function filterText(filter: UsageFilter, table: string): FilterText {
  const conditions: string[] = []
  const values: string[] = []
  for (const [name, column] of Object.entries(COLUMNS) as [keyof typeof COLUMNS, string][]) {
    const value = filter[name]
    if (value === undefined) continue
    conditions.push(`AND ${table}.${column} = ?`)
    values.push(value)
  }
  if (filter.tag !== undefined) {
    conditions.push(`AND EXISTS (
      SELECT 1 FROM json_each(nullif(${table}.tags, '')) AS tag WHERE tag.key || '=' || tag.value = ?)`)
    values.push(filter.tag)
  }
  return { text: conditions.join(' '), values }
}
