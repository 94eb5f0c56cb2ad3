/** What the admin API shows, as the commands read it. Times are RFC 3339, amounts decimal USD. */

export interface KeyView {
  readonly id: string
  readonly name: string
  readonly projectId: string | null
  /** Globs over model names; empty means every model. */
  readonly models: readonly string[]
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
