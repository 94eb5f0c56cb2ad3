/** What the endpoints need of the other rooms, as `main` hands it in. Errors are `GatewayError`. */
import type {
  BudgetPeriod,
  BudgetScope,
  BudgetState,
  KeyRecord,
  Limits,
  ProjectRecord,
} from '../nouns/directory.ts'
import type { FindPrice, Ledger } from '../nouns/ledger.ts'
import type { NanoUsd, Rates } from '../nouns/money.ts'

export interface AdminParts {
  readonly keys: AdminKeys
  readonly projects: AdminProjects
  readonly budgets: AdminBudgets
  readonly ledger: AdminLedger
  readonly prices: AdminPrices
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

export interface NewKey {
  readonly name: string
  readonly models: readonly string[]
  readonly projectId?: string | undefined
  readonly addresses?: readonly string[] | undefined
  readonly limits?: Limits | undefined
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number | undefined
}

/** What is left out stays, and null takes away. */
export interface KeyChanges {
  readonly name?: string | undefined
  readonly models?: readonly string[] | undefined
  readonly projectId?: string | null | undefined
  readonly addresses?: readonly string[] | undefined
  readonly limits?: Limits | undefined
  readonly expiresAt?: number | null | undefined
}

export interface IssuedKey {
  readonly record: KeyRecord
  readonly key: string
}

export interface AdminProjects {
  create(input: { readonly name: string; readonly limits?: Limits | undefined }): Promise<ProjectRecord>
  list(): Promise<readonly ProjectRecord[]>
  get(id: string): Promise<ProjectRecord>
  update(
    id: string,
    changes: { readonly name?: string | undefined; readonly limits?: Limits | undefined },
  ): Promise<ProjectRecord>
  setDisabled(id: string, disabled: boolean): Promise<ProjectRecord>
  remove(id: string): Promise<void>
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

export interface PriceListing {
  /** `gemini-2.5-flash`, or `comet/gemini-2.5-flash` for one upstream alone. */
  readonly model: string
  readonly aliases: readonly string[]
  readonly rates: Rates
  /** `table`, or `config` for what the operator set. */
  readonly origin: 'table' | 'config'
  /** Where the rates were read; undefined for the operator's own. */
  readonly source: string | undefined
  /** When they were read, as `2026-11-21`. */
  readonly asOf: string | undefined
  /** Milliseconds since the epoch from when on they count; undefined: always. */
  readonly from: number | undefined
}
