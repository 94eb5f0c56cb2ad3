/** What the sums by hour count, and the columns of SQL that hold it. */
import type { UsageSum } from '../nouns/ledger.ts'

export const MEASURES = {
  requests: 'requests',
  failed: 'failed',
  estimated: 'estimated',
  unpriced: 'unpriced',
  promptTokens: 'prompt_tokens',
  cachedTokens: 'cached_tokens',
  candidatesTokens: 'candidates_tokens',
  thoughtsTokens: 'thoughts_tokens',
  toolUsePromptTokens: 'tool_use_prompt_tokens',
  totalTokens: 'total_tokens',
  billedNanoUsd: 'billed_nano_usd',
  upstreamCostNanoUsd: 'upstream_cost_nano_usd',
} as const satisfies Record<keyof Omit<UsageSum, 'group'>, string>
