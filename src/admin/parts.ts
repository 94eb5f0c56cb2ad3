/** What the endpoints need of the other rooms, as `main` hands it in. Errors are `GatewayError`. */
import type { GatewayError } from '../errors.ts'
import type {
  BudgetPeriod,
  BudgetScope,
  BudgetState,
  IssuedKey,
  KeyChanges,
  KeyRecord,
  Limits,
  ModelRoutes,
  NewKey,
  ProjectRecord,
  RouteOverride,
} from '../nouns/directory.ts'
import type { TargetHealth } from '../nouns/health.ts'
import type { FindPrice, Ledger } from '../nouns/ledger.ts'
import type { NanoUsd, PriceListing } from '../nouns/money.ts'
import type { ModelEntry, RouteExplanation } from '../nouns/routing.ts'

export interface AdminParts {
  readonly keys: AdminKeys
  readonly projects: AdminProjects
  readonly budgets: AdminBudgets
  readonly ledger: AdminLedger
  readonly prices: AdminPrices
  readonly models: AdminModels
  readonly upstreams: AdminUpstreams
  /** Wasat's own version. */
  readonly version: string
}

export interface AdminKeys {
  create(input: NewKey): Promise<IssuedKey>
  list(): Promise<readonly KeyRecord[]>
  get(id: string): Promise<KeyRecord>
  update(id: string, changes: KeyChanges): Promise<KeyRecord>
  setDisabled(id: string, disabled: boolean): Promise<KeyRecord>
  rotate(id: string): Promise<IssuedKey>
  remove(id: string): Promise<void>
}

export interface AdminProjects {
  create(input: { readonly name: string } & ProjectTerms): Promise<ProjectRecord>
  list(): Promise<readonly ProjectRecord[]>
  get(id: string): Promise<ProjectRecord>
  update(id: string, changes: { readonly name?: string | undefined } & ProjectTerms): Promise<ProjectRecord>
  setDisabled(id: string, disabled: boolean): Promise<ProjectRecord>
  remove(id: string): Promise<void>
}

export interface ProjectTerms {
  readonly limits?: Limits | undefined
  readonly routes?: ModelRoutes | undefined
}

export interface AdminBudgets {
  create(input: NewBudget): Promise<BudgetState>
  list(): Promise<readonly BudgetState[]>
  get(id: string): Promise<BudgetState>
  update(
    id: string,
    changes: {
      readonly limitNanoUsd?: NanoUsd | undefined
      readonly hardStop?: boolean | undefined
      readonly alertPercent?: number | null | undefined
    },
  ): Promise<BudgetState>
  remove(id: string): Promise<void>
}

export interface NewBudget {
  readonly scope: BudgetScope
  readonly scopeId: string
  readonly period: BudgetPeriod
  readonly limitNanoUsd: NanoUsd
  readonly hardStop?: boolean | undefined
  readonly alertPercent?: number | undefined
}

export type AdminLedger = Pick<Ledger, 'report' | 'rows' | 'reprice' | 'prune'>

export interface AdminPrices {
  /** Everything that has a price, by the names under which it is looked up. */
  list(): readonly PriceListing[]
  /** For requests that had no price when they were made. */
  readonly find: FindPrice
}

export interface AdminModels {
  /** The entries of the configuration, in its order. */
  list(): readonly ModelEntry[]
  /**
   * What would happen to a request for this name now, of a caller with these overrides; undefined when it leads nowhere.
   * Throws `not_found` when an override leads nowhere.
   */
  explain(
    model: string,
    caller?: { readonly overrides?: readonly RouteOverride[] },
  ): RouteExplanation | undefined
}

export interface AdminUpstreams {
  /** Those in force, in the order of the configuration; none when no gateway runs. */
  list(): readonly AdminUpstream[]
  /** How all of them fared lately. */
  health(): readonly TargetHealth[]
  /** What went wrong, for the operator: without secrets, and bounded. */
  textOf(error: GatewayError): string
}

export interface AdminUpstream {
  readonly name: string
  readonly kind: string
  /** Host and port of its address; undefined when the kind itself decides where requests go. */
  readonly host: string | undefined
  readonly credentials: number
  /** What it offers now, asked with its next credential; throws `GatewayError`. */
  listModels(): Promise<readonly object[]>
}
