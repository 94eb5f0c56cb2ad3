/** Rows of the ledger as PostgreSQL has them, and back. */
import type { AttemptRow, Outcome, SettledRow, Tags, UsageRow, UsageSource } from '../../nouns/ledger.ts'
import type { Quantities, QuantityDetails, Tier } from '../../nouns/money.ts'
import { fromOptionalText, fromText, toOptionalText, toText } from './text.ts'

/** JSON with the names in order, so that equal tags are equal text; empty without tags. */
export function tagsText(tags: Tags | undefined): string {
  const entries = Object.entries(tags ?? {}).map(([name, value]) => [toText(name), toText(value)] as const)
  if (entries.length === 0) return ''
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
}

export function tagsOf(text: string): Tags | undefined {
  if (text === '') return undefined
  const entries = Object.entries(JSON.parse(text) as Tags)
  return Object.freeze(Object.fromEntries(entries.map(([name, value]) => [fromText(name), fromText(value)])))
}

/** A row as `wasat.settle` takes it, a JSON object without its first brace. */
export function settleCells(row: UsageRow): string {
  const cells = { ...requestCells(row, row.price?.version), other_attempts: attemptsOf(row) }
  return JSON.stringify(cells).slice(1)
}

/** What both a row that is written and one that was read have. */
export function requestCells(
  row: Omit<UsageRow, 'price' | 'otherAttempts'>,
  priceVersion: string | undefined,
) {
  return {
    request_id: toText(row.requestId),
    key_id: toText(row.keyId),
    project_id: toOptionalText(row.projectId),
    admitted_at: row.admittedAt,
    settled_at: row.settledAt,
    verb: toText(row.verb),
    model: toText(row.model),
    tags: tagsText(row.tags),
    outcome: row.outcome,
    status: row.status,
    upstream: toOptionalText(row.upstream),
    upstream_model: toOptionalText(row.upstreamModel),
    model_version: toOptionalText(row.modelVersion),
    attempts: row.attempts,
    usage_source: row.usageSource,
    tier: row.tier,
    ...quantityCells(row),
    price_version: toOptionalText(priceVersion),
    reserved_nano_usd: row.reservedNanoUsd,
    billed_nano_usd: row.billedNanoUsd,
    upstream_cost_nano_usd: row.upstreamCostNanoUsd,
    finish_reason: toOptionalText(row.finishReason),
    delivered_bytes: row.deliveredBytes,
    first_byte_ms: row.firstByteMs ?? null,
    duration_ms: row.durationMs,
  }
}

export function quantityCells(quantities: Quantities): QuantityColumns {
  return {
    prompt_tokens: quantities.promptTokens,
    cached_tokens: quantities.cachedTokens,
    candidates_tokens: quantities.candidatesTokens,
    thoughts_tokens: quantities.thoughtsTokens,
    tool_use_prompt_tokens: quantities.toolUsePromptTokens,
    total_tokens: quantities.totalTokens,
    details: quantities.details === undefined ? null : JSON.stringify(quantities.details),
  }
}

function attemptsOf({ otherAttempts }: UsageRow): readonly object[] | null {
  return otherAttempts.length === 0 ? null : otherAttempts.map(attemptCells)
}

export function attemptCells(attempt: AttemptRow) {
  return {
    number: attempt.number,
    upstream: toText(attempt.upstream),
    upstream_model: toText(attempt.upstreamModel),
    status: attempt.status ?? null,
    reason: toText(attempt.reason),
    exposure_nano_usd: attempt.exposureNanoUsd,
    duration_ms: attempt.durationMs,
  }
}

export interface QuantityColumns {
  readonly prompt_tokens: number
  readonly cached_tokens: number
  readonly candidates_tokens: number
  readonly thoughts_tokens: number
  readonly tool_use_prompt_tokens: number
  readonly total_tokens: number
  readonly details: string | null
}

export interface RequestColumns extends QuantityColumns {
  readonly request_id: string
  readonly key_id: string
  readonly project_id: string | null
  readonly admitted_at: number
  readonly settled_at: number
  readonly verb: string
  readonly model: string
  readonly tags: string
  readonly outcome: Outcome
  readonly status: number
  readonly upstream: string | null
  readonly upstream_model: string | null
  readonly model_version: string | null
  readonly attempts: number
  readonly usage_source: UsageSource
  readonly tier: Tier
  readonly price_version: string | null
  readonly reserved_nano_usd: number
  readonly billed_nano_usd: number
  readonly upstream_cost_nano_usd: number
  readonly finish_reason: string | null
  readonly delivered_bytes: number
  readonly first_byte_ms: number | null
  readonly duration_ms: number
  readonly has_reservation: boolean
  /** A sum of adjustments, as text. */
  readonly adjusted: string
}

/** What `adjusted` is in a query over requests called `r`. */
export const ADJUSTED = `coalesce((SELECT sum(a.billed_nano_usd) FROM wasat.adjustments a
  WHERE a.request_id = r.request_id), 0)::TEXT AS adjusted`

export function quantitiesOf(columns: QuantityColumns): Quantities {
  return {
    promptTokens: columns.prompt_tokens,
    cachedTokens: columns.cached_tokens,
    candidatesTokens: columns.candidates_tokens,
    thoughtsTokens: columns.thoughts_tokens,
    toolUsePromptTokens: columns.tool_use_prompt_tokens,
    totalTokens: columns.total_tokens,
    details: columns.details === null ? undefined : (JSON.parse(columns.details) as QuantityDetails),
  }
}

export function toSettledRow(columns: RequestColumns): SettledRow {
  return Object.freeze({
    requestId: fromText(columns.request_id),
    keyId: fromText(columns.key_id),
    projectId: fromOptionalText(columns.project_id),
    admittedAt: columns.admitted_at,
    settledAt: columns.settled_at,
    verb: fromText(columns.verb),
    model: fromText(columns.model),
    tags: tagsOf(columns.tags),
    outcome: columns.outcome,
    status: columns.status,
    upstream: fromOptionalText(columns.upstream),
    upstreamModel: fromOptionalText(columns.upstream_model),
    modelVersion: fromOptionalText(columns.model_version),
    attempts: columns.attempts,
    usageSource: columns.usage_source,
    tier: columns.tier,
    ...quantitiesOf(columns),
    priceVersion: fromOptionalText(columns.price_version),
    reservedNanoUsd: columns.reserved_nano_usd,
    billedNanoUsd: columns.billed_nano_usd,
    upstreamCostNanoUsd: columns.upstream_cost_nano_usd,
    finishReason: fromOptionalText(columns.finish_reason),
    deliveredBytes: columns.delivered_bytes,
    firstByteMs: columns.first_byte_ms ?? undefined,
    durationMs: columns.duration_ms,
    adjustedNanoUsd: Number(columns.adjusted),
  })
}
