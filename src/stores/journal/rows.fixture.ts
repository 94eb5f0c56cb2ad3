import type { UsageRow } from '../../nouns/ledger.ts'

/** A row with every member set; `changes` may take them away. */
export function rowOf(requestId: string, changes: Partial<UsageRow> = {}): UsageRow {
  return {
    requestId,
    keyId: 'k1',
    projectId: 'p1',
    admittedAt: 1_700_000_000_000,
    settledAt: 1_700_000_000_500,
    verb: 'generateContent',
    model: 'gemini-2.5-flash',
    tags: { team: 'search' },
    outcome: 'complete',
    status: 200,
    upstream: 'mock',
    upstreamModel: 'gemini-2.5-flash',
    modelVersion: 'gemini-2.5-flash-001',
    attempts: 2,
    otherAttempts: [
      {
        number: 1,
        upstream: 'mock',
        upstreamModel: 'gemini-2.5-flash',
        status: undefined,
        reason: 'upstream_unavailable',
        exposureNanoUsd: 7,
        durationMs: 1.25,
      },
    ],
    usageSource: 'final',
    tier: 'standard',
    price: {
      version: 'm@0123456789ab',
      rates: { input: 300, output: 2_500 },
      document: '{"input":300,"output":2500}',
    },
    reservedNanoUsd: 90_000,
    billedNanoUsd: 60_000,
    upstreamCostNanoUsd: 60_000,
    promptTokens: 10,
    cachedTokens: 4,
    candidatesTokens: 20,
    thoughtsTokens: 5,
    toolUsePromptTokens: 1,
    totalTokens: 36,
    details: { 'prompt.IMAGE': 3, searchQueries: 1 },
    finishReason: 'STOP',
    deliveredBytes: 812,
    firstByteMs: 12.25,
    durationMs: 500.5,
    ...changes,
  }
}
