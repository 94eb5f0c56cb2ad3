/** What was used when nobody said so: estimates that say that they are estimates. */
import { promptTokensEstimate, textTokensEstimate } from '../nouns/estimate.ts'
import type { UsageSource } from '../nouns/ledger.ts'
import type { Call, Reading } from '../nouns.ts'

/** A vector is no text, and a picture of `predict` is paid for by the piece: the prompt alone counts. */
const GIVES_NO_TOKENS: ReadonlySet<string> = new Set(['embedContent', 'batchEmbedContents', 'predict'])

export interface Used {
  readonly usage: Reading['usage']
  readonly usageSource: UsageSource
}

/**
 * The usage of an answer that came to its end: the upstream's word, number for number, else an estimate.
 * `answerBytes` are those that were seen of the answer, as the client would get them. Where content was seen, prompt and
 * output are at least one token each: never zero by omission.
 */
export function usedOf(call: Call, reading: Reading, isComplete: boolean, answerBytes: number): Used {
  if (isPlausible(reading.usage))
    return { usage: reading.usage, usageSource: isComplete ? 'final' : 'partial' }
  if (!reading.begun) return { usage: undefined, usageSource: 'none' }
  const promptTokenCount = promptTokensEstimate(call.facts)
  const candidatesTokenCount = GIVES_NO_TOKENS.has(call.verb) ? 0 : outputTokensEstimate(reading, answerBytes)
  const totalTokenCount = promptTokenCount + candidatesTokenCount
  return { usage: { promptTokenCount, candidatesTokenCount, totalTokenCount }, usageSource: 'estimated' }
}

/** Base64 is no text: a picture of 2 MB would be half a million tokens. */
function outputTokensEstimate({ media, textBytes }: Reading, answerBytes: number): number {
  if (textBytes !== undefined) return Math.max(1, textTokensEstimate(textBytes) + (media?.tokens ?? 0))
  if (media === undefined) return Math.max(1, textTokensEstimate(answerBytes))
  return Math.max(1, textTokensEstimate(answerBytes - media.bytes) + media.tokens)
}

/**
 * A thousand times what the largest model reads. An upstream that claims more would soon make the sums of an hour
 * larger than a database can hold, and then nothing of that hour could be recorded any more.
 */
const TOKENS_MAX = 1_000_000_000

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
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > TOKENS_MAX) return false
    found++
  }
  return found > 0
}
