/** Usage as Google counts it: classes that are none are left out, the total is the sum. */
import type { UsageMetadata } from '../../wire/gemini.ts'

/** What makes the total; cached tokens are part of the prompt. */
const SUMMED = [
  'promptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
] as const
/** These stand there also when they are zero. */
const ALWAYS: ReadonlySet<string> = new Set(['promptTokenCount', 'totalTokenCount'])

/** Without members that say nothing, and with its total. */
export function completeUsage(usage: UsageMetadata): UsageMetadata {
  const totalTokenCount = usage.totalTokenCount ?? SUMMED.reduce((sum, name) => sum + countOf(usage[name]), 0)
  const complete: UsageMetadata = { promptTokenCount: usage.promptTokenCount ?? 0 }
  for (const [name, value] of Object.entries({ ...usage, totalTokenCount })) {
    if (ALWAYS.has(name) ? value !== undefined : !isNothing(value)) complete[name] = value
  }
  return complete
}

/** Of several requests that were made for one: all of them are paid for. */
export function sumUsages(usages: readonly (UsageMetadata | undefined)[]): UsageMetadata | undefined {
  const known = usages.filter((usage) => usage !== undefined)
  if (known.length < 2) return known[0]
  const sum: UsageMetadata = {}
  for (const usage of known) {
    for (const [name, value] of Object.entries(usage)) sum[name] = added(sum[name], value)
  }
  return sum
}

/** Counts are added, lists by modality too; of everything else the last word counts. */
function added(before: unknown, value: unknown): unknown {
  if (typeof value === 'number') return countOf(before) + value
  if (!isDetails(value)) return value ?? before
  const counts = new Map<string, number>()
  for (const { modality, tokenCount } of [...(isDetails(before) ? before : []), ...value]) {
    counts.set(modality, (counts.get(modality) ?? 0) + countOf(tokenCount))
  }
  return Array.from(counts, ([modality, tokenCount]) => ({ modality, tokenCount }))
}

type Details = readonly { readonly modality: string; readonly tokenCount?: number }[]

const isDetails = (value: unknown): value is Details =>
  Array.isArray(value) && value.every((entry) => typeof entry?.modality === 'string')

const isNothing = (value: unknown): boolean =>
  value === undefined || value === 0 || (Array.isArray(value) && value.length === 0)

const countOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
