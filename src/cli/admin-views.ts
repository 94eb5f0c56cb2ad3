/** What the admin API shows, as the commands read it. Times are RFC 3339, amounts decimal USD. */

/** By name or glob: a model, or places `upstream/model`. */
export type RoutesView = Readonly<Record<string, string | readonly string[]>>

export interface KeyView {
  readonly id: string
  readonly name: string
  readonly projectId: string | null
  /** Globs over model names; empty means every model. */
  readonly models: readonly string[]
  readonly routes: RoutesView
  readonly addresses: readonly string[]
  readonly limits: Readonly<Partial<Record<string, number>>>
  readonly expiresAt: string | null
  readonly disabled: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly hint: string
}

export interface KeyWithSecret {
  readonly key: KeyView
  /** The whole `wst_…` key; shown once and kept nowhere. */
  readonly secret: string
  readonly budget?: BudgetView
}

export interface ProjectView {
  readonly id: string
  readonly name: string
  readonly limits: Readonly<Partial<Record<string, number>>>
  readonly routes: RoutesView
  readonly disabled: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

export interface BudgetView {
  readonly id: string
  readonly scope: 'key' | 'project' | 'gateway'
  readonly scopeId: string
  readonly period: 'day' | 'week' | 'month' | 'ever'
  readonly hardStop: boolean
  readonly alertPercent: number | null
  readonly windowStart: string
  readonly windowEnd: string | null
  readonly limitUsd: string
  readonly spentUsd: string
  readonly reservedUsd: string
  readonly remainingUsd: string
}

/** A `bigint` where a double would not hold it. */
export type Exact = number | bigint

export interface UsageSums {
  readonly requests: Exact
  readonly failed: Exact
  readonly estimated: Exact
  readonly unpriced: Exact
  readonly promptTokens: Exact
  readonly totalTokens: Exact
  readonly costUsd: string
  readonly costNanoUsd: Exact
}

export type UsageView = UsageSums & Readonly<Record<string, Exact | string>>

export interface UsageAnswer {
  readonly from: string
  readonly to: string
  readonly by: readonly string[]
  readonly usage: readonly UsageView[]
  readonly total: UsageSums
  readonly more: boolean
}

export interface PriceView {
  readonly model: string
  readonly aliases: readonly string[]
  readonly origin: 'table' | 'config'
  readonly source: string | null
  readonly asOf: string | null
  readonly from: string | null
  /** In 1e-9 USD: tokens for a million of them, everything else for one. */
  readonly rates: Readonly<Record<string, unknown>>
}

export interface ModelView {
  /** A name or a glob. */
  readonly name: string
  readonly strategy: string
  readonly targets: readonly string[]
  readonly fallback: string | null
  readonly affinity: boolean
}

export interface ExplanationView {
  readonly model: string
  readonly override: {
    readonly of: 'key' | 'project'
    readonly id: string
    readonly pattern: string
    readonly to: string | readonly string[]
  } | null
  readonly matchedBy: 'name' | 'glob' | 'upstream' | 'default'
  readonly entry: string | null
  readonly strategy: string
  readonly affinity: boolean
  readonly fallbacks: readonly string[]
  readonly targets: readonly ExplainedTargetView[]
}

export interface ExplainedTargetView {
  readonly upstream: string
  readonly kind: string
  readonly model: string
  readonly standsFor: string
  readonly weight: number
  readonly thinking: string
  readonly state: string
  readonly until: string | null
  readonly firstByteMs: number | null
  readonly price: { readonly inputUsdPerMillion: string; readonly outputUsdPerMillion: string } | null
  readonly reasons: readonly string[]
}

export interface UpstreamView {
  readonly name: string
  readonly kind: string
  readonly host: string | null
  readonly credentials: number
  readonly health: readonly TargetHealthView[]
}

export interface TargetHealthView {
  readonly model: string
  /** From 0. */
  readonly credential: number
  readonly state: 'ok' | 'half-open' | 'open' | 'parked'
  readonly reason: 'limited' | 'credential' | null
  readonly until: string | null
  readonly consecutiveFailures: number
  readonly firstByteMs: number | null
}

export interface UpstreamTestView {
  readonly upstream: string
  readonly ok: boolean
  readonly reachable: boolean
  readonly credentials: { readonly tried: number; readonly good: number; readonly refused: number }
  readonly models: number | null
  readonly durationMs: number
  readonly failures: readonly { readonly code: string; readonly detail: string }[]
}
