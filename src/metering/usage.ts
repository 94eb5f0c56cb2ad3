/** What was used when nobody said so: estimates that say that they are estimates. */
import type { Call, Reading, UsageSource } from '../nouns.ts'

/** Bytes of JSON a token takes on the average, over Latin text and JSON's own marks. */
const BYTES_PER_TOKEN = 4
const EMBEDS: ReadonlySet<string> = new Set(['embedContent', 'batchEmbedContents'])

export interface Used {
  readonly usage: Reading['usage']
  readonly usageSource: UsageSource
}

/** The usage of an answer that came to its end: the upstream's word, else an estimate; never zero by omission. */
export function usedOf(call: Call, reading: Reading, isComplete: boolean, answerBytes: number): Used {
  if (isPlausible(reading.usage))
    return { usage: reading.usage, usageSource: isComplete ? 'final' : 'partial' }
  if (!reading.begun) return { usage: undefined, usageSource: 'none' }
  const promptTokenCount = Math.ceil(call.facts.bodyBytes / BYTES_PER_TOKEN)
  // A vector is no text: embeddings are billed by what was put in.
  const candidatesTokenCount = EMBEDS.has(call.verb) ? 0 : Math.ceil(answerBytes / BYTES_PER_TOKEN)
  const totalTokenCount = promptTokenCount + candidatesTokenCount
  return { usage: { promptTokenCount, candidatesTokenCount, totalTokenCount }, usageSource: 'estimated' }
}

const COUNTS = [
  'promptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'toolUsePromptTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
] as const

/** Counts that are numbers a service could mean: not negative, not absurd, not text. */
function isPlausible(usage: Reading['usage']): boolean {
  if (usage === undefined || usage === null) return false
  let found = 0
  for (const name of COUNTS) {
    const value = usage[name]
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || (value as number) < 0) return false
    found++
  }
  return found > 0
}
