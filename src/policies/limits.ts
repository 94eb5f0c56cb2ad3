/** May this key send another request now? Requests, tokens and requests at once, of the key and of its project. */
import { errorInfo, GatewayError } from '../errors.ts'
import type { Claim, CounterKind, Counters, Taken } from '../nouns/counters.ts'
import type { Limits } from '../nouns/directory.ts'
import { promptTokensEstimate } from '../nouns/estimate.ts'
import type { Call, Caller, Hold, Policy, Settlement } from '../nouns.ts'
import { DOMAIN, quotaExceeded } from './quota.ts'
import { rateHeaders } from './rate-headers.ts'

/**
 * The output of a request that does not bound it: more than most answers have, and corrected when it ends. A model's
 * own bound, 131,072, would let one request a minute through where ten fit.
 */
const OUTPUT_TOKENS_ESTIMATE = 4_096
const GENERATES: ReadonlySet<string> = new Set(['generateContent', 'streamGenerateContent'])

/** What a request is likely to use. */
interface Estimate {
  readonly promptTokens: number
  readonly totalTokens: number
}

/**
 * Throws `resource_exhausted` with the time to wait, and `invalid_argument` for a prompt that is larger than a whole
 * limit and so would never fit. Answers at once for a caller without limits, and whenever the counters do.
 */
export function createLimits(counters: Counters): Policy {
  return (call, caller) => {
    const { limits, project } = caller
    if (isUnlimited(limits) && (project === undefined || isUnlimited(project.limits))) return undefined
    const claims = claimsOf(call, caller)
    if (claims.length === 0) return undefined
    const taken = counters.take(claims, call.id)
    return taken instanceof Promise
      ? taken.then((later) => holdOf(call, counters, later))
      : holdOf(call, counters, taken)
  }
}

function isUnlimited(limits: Limits): boolean {
  return (
    limits.requestsPerMinute === undefined &&
    limits.tokensPerMinute === undefined &&
    limits.requestsPerDay === undefined &&
    limits.tokensPerDay === undefined &&
    limits.concurrentRequests === undefined
  )
}

function claimsOf(call: Call, { keyId, limits, project }: Caller): readonly Claim[] {
  const claims: Claim[] = []
  // Counting tokens uses none.
  const estimate = call.verb === 'countTokens' ? undefined : estimateOf(call)
  addClaims(claims, `key:${keyId}`, limits, estimate)
  if (project !== undefined) addClaims(claims, `project:${project.id}`, project.limits, estimate)
  return claims
}

function addClaims(claims: Claim[], scope: string, limits: Limits, estimate: Estimate | undefined): void {
  const add = (kind: CounterKind, max: number | undefined, amount: number): void => {
    if (max !== undefined) claims.push({ scope, kind, max, amount })
  }
  add('requestsPerMinute', limits.requestsPerMinute, 1)
  add('requestsPerDay', limits.requestsPerDay, 1)
  add('concurrentRequests', limits.concurrentRequests, 1)
  if (estimate === undefined) return
  add('tokensPerMinute', limits.tokensPerMinute, amountOf(estimate, limits.tokensPerMinute, scope))
  add('tokensPerDay', limits.tokensPerDay, amountOf(estimate, limits.tokensPerDay, scope))
}

function estimateOf({ verb, facts }: Call): Estimate {
  const promptTokens = promptTokensEstimate(facts)
  if (!GENERATES.has(verb)) return { promptTokens, totalTokens: promptTokens }
  const outputTokens = isCount(facts.maxOutputTokens) ? facts.maxOutputTokens : OUTPUT_TOKENS_ESTIMATE
  const candidates = isCount(facts.candidateCount) ? Math.max(1, facts.candidateCount) : 1
  return { promptTokens, totalTokens: promptTokens + outputTokens * candidates }
}

/** An output bound beyond the whole limit must not lock anybody out: few answers come near it. */
function amountOf({ promptTokens, totalTokens }: Estimate, max: number | undefined, scope: string): number {
  if (max === undefined) return 0
  if (promptTokens > max) throw tooLarge(promptTokens, max, scope)
  return Math.min(totalTokens, max)
}

function tooLarge(promptTokens: number, max: number, scope: string): GatewayError {
  const owner = scope.startsWith('project:') ? "this key's project" : 'this key'
  const metadata = { prompt_tokens: String(promptTokens), limit: String(max) }
  return new GatewayError(
    'invalid_argument',
    `The prompt has about ${promptTokens} tokens, and ${owner} may use ${max} at once: it will never fit. ` +
      'Send a smaller prompt, or ask the operator for a higher limit.',
    {
      details: [errorInfo('REQUEST_EXCEEDS_LIMIT', DOMAIN, metadata)],
      hint: `a token limit of ${scope} is smaller than the prompt`,
    },
  )
}

function holdOf(call: Call, counters: Counters, taken: Taken): Hold {
  if (!taken.granted) throw quotaExceeded(taken.refused, taken.retryAfterMs, call.model)
  const { ticket, states } = taken
  return {
    headers: rateHeaders(states),
    release: (settlement) => counters.giveBack(ticket, tokensUsed(settlement)),
  }
}

/** Undefined when nothing was sent to any upstream: then it does not count at all. */
function tokensUsed({ attempts, usage }: Settlement): number | undefined {
  if (attempts === 0) return undefined
  if (usage === undefined) return 0
  if (isCount(usage.totalTokenCount)) return usage.totalTokenCount
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount } = usage
  const parts = [promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount]
  return parts.reduce<number>((sum, part) => sum + (isCount(part) ? part : 0), 0)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
