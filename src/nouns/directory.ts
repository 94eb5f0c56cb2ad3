/** Who there is and what each may do: keys, projects, budgets, and the settings of the installation. */
import type { NanoUsd } from './money.ts'

/** What may be used, over time. Without a number there is no limit. Integers from 1 to 1,000,000,000. */
export interface Limits {
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  readonly requestsPerDay?: number
  readonly tokensPerDay?: number
  readonly concurrentRequests?: number
}

/**
 * Where names of models lead for one key or project instead of where they lead for everybody. By name or glob: a name,
 * which then counts as if the client had said it, or places `upstream/model` in the order in which they are asked.
 */
export type ModelRoutes = Readonly<Record<string, string | readonly string[]>>

/** A name that leads elsewhere for one key or project. */
export interface RouteOverride {
  /** Whose it is. */
  readonly of: 'key' | 'project'
  readonly id: string
  readonly name: string
  /** A name or a glob. */
  readonly pattern: string
  /** A name, which counts as if the client had said it, or places `upstream/model` in their order. */
  readonly to: string | readonly string[]
}

export interface KeyRecord {
  readonly id: string
  readonly name: string
  /** Keyed hash (HMAC-SHA-256 with the installation's pepper, base64url) of the whole key. */
  readonly digest: string
  readonly projectId: string | undefined
  /** Globs over model names; empty means every model. */
  readonly models: readonly string[]
  /** They go before those of its project. */
  readonly routes: ModelRoutes
  /** IP addresses and CIDR ranges that may use it; empty means every address. */
  readonly addresses: readonly string[]
  readonly limits: Limits
  /** Milliseconds since the epoch; from then on it is refused. */
  readonly expiresAt: number | undefined
  readonly disabled: boolean
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** A key that is to be made. */
export interface NewKey {
  readonly name: string
  /** Globs over model names; empty means every model. */
  readonly models: readonly string[]
  readonly routes?: ModelRoutes | undefined
  /** `failed_precondition` when there is no such project. */
  readonly projectId?: string | undefined
  /** IP addresses and CIDR ranges; empty means every address. */
  readonly addresses?: readonly string[] | undefined
  readonly limits?: Limits | undefined
  /** Milliseconds since the epoch, to come. */
  readonly expiresAt?: number | undefined
}

/** What can be changed of a key; what is left out stays, and null takes away. */
export interface KeyChanges {
  readonly name?: string | undefined
  readonly models?: readonly string[] | undefined
  /** All of them: one that is left out is gone. */
  readonly routes?: ModelRoutes | undefined
  readonly projectId?: string | null | undefined
  readonly addresses?: readonly string[] | undefined
  readonly limits?: Limits | undefined
  readonly expiresAt?: number | null | undefined
}

/** A key and its plaintext, which exists only in this answer. */
export interface IssuedKey {
  readonly record: KeyRecord
  readonly key: string
}

/** Keys that share limits and budgets. */
export interface ProjectRecord {
  readonly id: string
  readonly name: string
  readonly limits: Limits
  /** Of all its keys. */
  readonly routes: ModelRoutes
  readonly disabled: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

/** A key as the one that is asked to let it in needs it. */
export interface KeyGrant {
  readonly key: KeyRecord
  readonly project: ProjectRecord | undefined
  /** Whether a budget with a hard stop stands over it: its own, its project's, or the gateway's. */
  readonly isBudgeted: boolean
}

export type BudgetScope = 'key' | 'project' | 'gateway'
/** Windows in UTC; a week starts on Monday. `ever` has one window that never ends. */
export type BudgetPeriod = 'day' | 'week' | 'month' | 'ever'

export interface BudgetRecord {
  readonly id: string
  readonly scope: BudgetScope
  /** The id of the key or project; empty for the gateway. */
  readonly scopeId: string
  readonly period: BudgetPeriod
  readonly limitNanoUsd: NanoUsd
  /** Whether requests are refused that could go beyond it. Without it, it only alerts. */
  readonly hardStop: boolean
  /** Percent of the limit, 1 to 100, from which on one alert is given in each window. */
  readonly alertPercent: number | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** A budget and where it stands in the window that holds `at`. */
export interface BudgetState extends BudgetRecord {
  readonly windowStart: number
  /** Undefined for `ever`. */
  readonly windowEnd: number | undefined
  readonly spentNanoUsd: NanoUsd
  readonly reservedNanoUsd: NanoUsd
}

/** Every promise resolves when the change is durable. */
export interface Directory {
  findKeyByDigest(digest: string): Promise<KeyGrant | undefined>
  getKey(id: string): Promise<KeyRecord | undefined>
  listKeys(): Promise<readonly KeyRecord[]>
  /** Throws `already_exists` when the id or the digest is taken. */
  createKey(key: KeyRecord): Promise<void>
  /** Replaces everything but id and createdAt; false when there is none. */
  updateKey(key: KeyRecord): Promise<boolean>
  /** Its budgets go with it; what it used stays on the ledger. */
  deleteKey(id: string): Promise<boolean>

  getProject(id: string): Promise<ProjectRecord | undefined>
  listProjects(): Promise<readonly ProjectRecord[]>
  createProject(project: ProjectRecord): Promise<void>
  updateProject(project: ProjectRecord): Promise<boolean>
  /** Throws `failed_precondition` while a key belongs to it. Its budgets go with it. */
  deleteProject(id: string): Promise<boolean>

  getBudget(id: string): Promise<BudgetState | undefined>
  listBudgets(): Promise<readonly BudgetState[]>
  /**
   * What was spent and is reserved already in its current window counts from the start.
   * Throws `already_exists` when the scope has one of this period, or the id is taken.
   */
  createBudget(budget: BudgetRecord): Promise<void>
  /** Replaces limit, hardStop, alertPercent, updatedAt; false when there is none. */
  updateBudget(budget: BudgetRecord): Promise<boolean>
  deleteBudget(id: string): Promise<boolean>

  /** A named value of the installation, such as the pepper of the key hashes. */
  getSetting(name: string): Promise<string | undefined>
  /** Writes the value when there is none yet, and returns what then stands there. */
  initSetting(name: string, value: string): Promise<string>
}
