/** May this call run now? Every policy is asked in order; the first refusal ends it, and lets the holds go. */
import type { Call, Caller, Hold, Ledger, Permit, Policy, Settlement, Target, UsageRow } from '../nouns.ts'

export type Admit = (call: Call, caller: Caller, targets: readonly Target[]) => Promise<Permit>

export function createAdmit(policies: readonly Policy[], ledger: Ledger): Admit {
  return async (call, caller, targets) => {
    const holds: Hold[] = []
    try {
      for (const policy of policies) {
        const answer = policy(call, caller, targets)
        // Most policies need not ask anybody; a promise for each of them would be felt.
        const hold = answer instanceof Promise ? await answer : answer
        if (hold !== undefined) holds.push(hold)
      }
    } catch (refusal) {
      for (const hold of holds) hold.release(NEVER_BEGUN)
      throw refusal
    }
    return permit(call, caller, holds, ledger)
  }
}

const NEVER_BEGUN: Settlement = Object.freeze({
  outcome: 'refused',
  status: 0,
  upstream: undefined,
  upstreamModel: undefined,
  attempts: 0,
  usage: undefined,
  usageSource: 'none',
  modelVersion: undefined,
  finishReason: undefined,
  deliveredBytes: 0,
  firstByteMs: undefined,
  durationMs: 0,
})

/** Verbs that cost nothing and leave no row. */
const FREE: ReadonlySet<string> = new Set(['countTokens'])

function permit(call: Call, caller: Caller, holds: readonly Hold[], ledger: Ledger): Permit {
  const admittedAt = Date.now()
  let isSettled = false
  return {
    settle: (settlement) => {
      if (isSettled) return Promise.reject(new Error(`permit of ${call.id} settled twice`))
      isSettled = true
      for (const hold of holds) hold.release(settlement)
      if (FREE.has(call.verb)) return Promise.resolve()
      return ledger.append(usageRow(call, caller, admittedAt, settlement))
    },
  }
}

function usageRow(call: Call, caller: Caller, admittedAt: number, settlement: Settlement): UsageRow {
  const usage = settlement.usage
  return {
    requestId: call.id,
    keyId: caller.keyId,
    admittedAt,
    settledAt: Date.now(),
    verb: call.verb,
    model: call.model,
    outcome: settlement.outcome,
    status: settlement.status,
    upstream: settlement.upstream,
    upstreamModel: settlement.upstreamModel,
    modelVersion: settlement.modelVersion,
    attempts: settlement.attempts,
    usageSource: settlement.usageSource,
    promptTokens: count(usage?.promptTokenCount),
    cachedTokens: count(usage?.cachedContentTokenCount),
    candidatesTokens: count(usage?.candidatesTokenCount),
    thoughtsTokens: count(usage?.thoughtsTokenCount),
    toolUsePromptTokens: count(usage?.toolUsePromptTokenCount),
    totalTokens: totalOf(usage),
    finishReason: settlement.finishReason,
    deliveredBytes: settlement.deliveredBytes,
    firstByteMs: settlement.firstByteMs,
    durationMs: settlement.durationMs,
  }
}

/** An embedding's usage names no total: then it is the sum of what it names. */
function totalOf(usage: Settlement['usage']): number {
  if (usage?.totalTokenCount !== undefined) return count(usage.totalTokenCount)
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount } = usage ?? {}
  const named = [promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount]
  return named.reduce<number>((sum, one) => sum + count(one), 0)
}

/** A token count of an upstream: a non-negative safe integer, or nothing at all. */
function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0
}
