/** The sums by hour, compared with the rows of that hour: L20. */
import type { HourRow } from '../../nouns/ledger.ts'
import type { Quantities } from '../../nouns/money.ts'
import { exact } from './amounts.ts'
import { finallyKnown, hasUse } from './cost.ts'
import type { Cursor } from './cursor.ts'
import type { Findings } from './invariants.ts'
import type { Entry } from './join.ts'
import { hourAt } from './periods.ts'
import { tagsText } from './requests.ts'

const MEASURES = [
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

type Sums = Record<(typeof MEASURES)[number], bigint>

export interface HourCheck {
  /** In the order of admission. */
  entry(entry: Entry): Promise<void>
  end(): Promise<void>
}

/** `pruned` gets the hours whose rows are gone: there is nothing to compare them with. */
export function createHourCheck(
  stored: Cursor<HourRow>,
  prunedBefore: number,
  findings: Findings,
  pruned: (hour: HourRow) => void,
): HourCheck {
  let hour = Number.NEGATIVE_INFINITY
  let groups = new Map<string, Sums>()

  /** Compares what was summed up for `hour` with what is stored for it, and for the hours without a row before it. */
  async function compareUntil(last: number): Promise<void> {
    const said = new Map<string, Sums>()
    for (let row = stored.head; row !== undefined && row.hour <= last; row = stored.head) {
      if (row.hour < prunedBefore) pruned(row)
      else add(said, groupOf(row), row)
      await stored.advance()
    }
    for (const [group, sums] of said) compareGroup(group, sums, groups.get(group))
    for (const group of groups.keys())
      findings.check('L20', said.has(group), exampleOf(group), 'rows of an hour are in no sum')
    groups = new Map()
  }

  function compareGroup(group: string, said: Sums, summed: Sums | undefined): void {
    const wrong = MEASURES.find((name) => said[name] !== (summed?.[name] ?? 0n))
    const problem = wrong && `the sum of ${wrong} says ${said[wrong]}, the rows say ${summed?.[wrong] ?? 0n}`
    findings.check('L20', wrong === undefined, exampleOf(group), problem ?? '')
  }

  return {
    entry: async (entry) => {
      const { row } = entry
      if (row.admittedAt < prunedBefore) return
      const at = hourAt(row.admittedAt)
      if (at !== hour) await compareUntil(hour)
      hour = at
      const { keyId, model, tags } = row
      const [projectId, upstream] = [row.projectId ?? '', row.upstream ?? '']
      add(groups, groupOf({ hour, keyId, projectId, model, upstream, tags: tagsText(tags) }), sumsOf(entry))
    },
    end: () => compareUntil(Number.POSITIVE_INFINITY),
  }
}

function add(groups: Map<string, Sums>, group: string, more: Sums): void {
  const sums = groups.get(group)
  if (sums === undefined)
    groups.set(group, Object.fromEntries(MEASURES.map((name) => [name, more[name]])) as Sums)
  else for (const name of MEASURES) sums[name] += more[name]
}

type Group = Pick<HourRow, 'hour' | 'keyId' | 'projectId' | 'model' | 'upstream' | 'tags'>

const groupOf = ({ hour, keyId, projectId, model, upstream, tags }: Group): string =>
  JSON.stringify([hour, keyId, projectId, model, upstream, tags])

function exampleOf(group: string): string {
  const [hour, ...names] = JSON.parse(group) as [number, ...string[]]
  return [new Date(hour).toISOString(), ...names.filter(Boolean)].join(' ')
}

/** What one request adds to its group; its adjustments included. */
function sumsOf(entry: Entry): Sums {
  const { row, adjustments } = entry
  const { quantities, priceVersion } = finallyKnown(entry)
  const costs = adjustments.reduce((sum, { upstreamCostNanoUsd }) => sum + exact(upstreamCostNanoUsd), 0n)
  return {
    requests: 1n,
    failed: row.outcome === 'complete' ? 0n : 1n,
    estimated: row.usageSource === 'partial' || row.usageSource === 'estimated' ? 1n : 0n,
    unpriced: priceVersion === undefined && hasUse(quantities) ? 1n : 0n,
    ...tokensOf(quantities),
    billedNanoUsd: exact(row.billedNanoUsd) + exact(row.adjustedNanoUsd),
    upstreamCostNanoUsd: exact(row.upstreamCostNanoUsd) + costs,
  }
}

function tokensOf(quantities: Quantities) {
  return {
    promptTokens: exact(quantities.promptTokens),
    cachedTokens: exact(quantities.cachedTokens),
    candidatesTokens: exact(quantities.candidatesTokens),
    thoughtsTokens: exact(quantities.thoughtsTokens),
    toolUsePromptTokens: exact(quantities.toolUsePromptTokens),
    totalTokens: exact(quantities.totalTokens),
  }
}
