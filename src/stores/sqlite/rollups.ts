import type { DatabaseSync } from 'node:sqlite'
import type { UsageRow } from '../../nouns/ledger.ts'
import type { Quantities } from '../../nouns/money.ts'
import { tagsText } from './cells.ts'

export const HOUR_MS = 3_600_000

const MEASURES = [
  'requests',
  'failed',
  'estimated',
  'unpriced',
  'prompt_tokens',
  'cached_tokens',
  'candidates_tokens',
  'thoughts_tokens',
  'tool_use_prompt_tokens',
  'total_tokens',
  'billed_nano_usd',
  'upstream_cost_nano_usd',
] as const

const DIMENSIONS = ['hour', 'key_id', 'project_id', 'model', 'upstream', 'tags', 'upstream_model'] as const
const COLUMNS = [...DIMENSIONS, ...MEASURES]

/** What requests of one hour with the same dimensions add up to in one commit. */
interface Group {
  readonly dimensions: readonly [number, string, string, string, string, string, string]
  /** In the order of `MEASURES`; BigInt where a double would not hold the sum. */
  readonly sums: (number | bigint)[]
}

/** The row whose sums change; an adjustment counts where its request does. */
export type Summed = Pick<
  UsageRow,
  'admittedAt' | 'keyId' | 'projectId' | 'model' | 'upstream' | 'upstreamModel' | 'tags'
>

/** What is added to sums that are there; may be negative. */
export interface RollupChange {
  readonly unpriced: number
  readonly quantities: Quantities | undefined
  readonly billedNanoUsd: number
  readonly upstreamCostNanoUsd: number
}

export interface Rollups {
  /** Counts a settled row; written by `flush`, in the same transaction. */
  add(groups: Groups, row: UsageRow): void
  flush(groups: Groups): void
  /** Changes the sums of a row that was counted before. */
  change(row: Summed, change: RollupChange): void
}

/** The groups of one commit. */
export type Groups = Map<string, Group>

/** The driver binds a number as a double, and sums of doubles are not exact: hence each CAST. */
export function createRollups(database: DatabaseSync): Rollups {
  const upsert = database.prepare(`
    INSERT INTO usage_hours (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
    ON CONFLICT DO UPDATE SET ${MEASURES.map((name) => `${name} = ${name} + CAST(excluded.${name} AS INTEGER)`).join(', ')}`)
  const update = database.prepare(`
    UPDATE usage_hours SET ${MEASURES.map((name) => `${name} = ${name} + CAST(? AS INTEGER)`).join(', ')}
    WHERE ${DIMENSIONS.map((name) => `${name} = ?`).join(' AND ')}`)

  return {
    add(groups, row) {
      const dimensions = dimensionsOf(row)
      const key = JSON.stringify(dimensions)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { dimensions, sums: measuresOf(row) })
      else addTo(group.sums, row)
    },
    flush(groups) {
      for (const { dimensions, sums } of groups.values()) upsert.run(...dimensions, ...sums)
    },
    change(row, { unpriced, quantities, billedNanoUsd, upstreamCostNanoUsd }) {
      const tokens = quantities === undefined ? [0, 0, 0, 0, 0, 0] : tokensOf(quantities)
      const values = [0, 0, 0, unpriced, ...tokens, billedNanoUsd, upstreamCostNanoUsd]
      const done = update.run(...values, ...dimensionsOf(row))
      if (done.changes !== 1) throw new Error(`no sum holds the request of ${row.keyId} at ${row.admittedAt}`)
    },
  }
}

/** Whether a request used anything that could have a price. */
export function hasUse(quantities: Quantities): boolean {
  return quantities.details !== undefined || tokensOf(quantities).some((count) => count > 0)
}

function dimensionsOf(row: Summed): Group['dimensions'] {
  return [
    row.admittedAt - (row.admittedAt % HOUR_MS),
    row.keyId,
    row.projectId ?? '',
    row.model,
    row.upstream ?? '',
    rollupTags(row.tags),
    row.upstreamModel ?? '',
  ]
}

function rollupTags(tags: UsageRow['tags']): string {
  if (tags === undefined) return ''
  const text = tagsText(tags)
  return text === '{}' ? '' : text
}

function measuresOf(row: UsageRow): (number | bigint)[] {
  const isEstimated = row.usageSource === 'partial' || row.usageSource === 'estimated'
  return [
    1,
    row.outcome === 'complete' ? 0 : 1,
    isEstimated ? 1 : 0,
    row.price === undefined && hasUse(row) ? 1 : 0,
    ...tokensOf(row),
    row.billedNanoUsd,
    row.upstreamCostNanoUsd,
  ]
}

function tokensOf(row: Quantities): number[] {
  return [
    row.promptTokens,
    row.cachedTokens,
    row.candidatesTokens,
    row.thoughtsTokens,
    row.toolUsePromptTokens,
    row.totalTokens,
  ]
}

function addTo(sums: (number | bigint)[], row: UsageRow): void {
  const measures = measuresOf(row)
  for (let index = 0; index < sums.length; index++) {
    const sum = sums[index] as number | bigint
    const more = measures[index] as number
    if (typeof sum === 'number' && Number.isSafeInteger(sum + more)) sums[index] = sum + more
    else sums[index] = BigInt(sum) + BigInt(more)
  }
}
