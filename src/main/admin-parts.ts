/** Hands the admin API what it works with. */
import type { AdminParts } from '../admin/parts.ts'
import type { Keys } from '../auth/keys.ts'
import { createProjects } from '../auth/projects.ts'
import type { FindPrice } from '../nouns/ledger.ts'
import type { Store } from '../nouns.ts'
import { createBudgets } from '../policies/budgets.ts'
import type { PriceBook } from '../prices/book.ts'
import { costOf } from '../prices/cost.ts'

export interface AdminSources {
  readonly keys: Keys
  readonly store: Pick<Store, 'directory' | 'ledger'>
  /** Those in force when it is asked: a reload brings others. */
  readonly prices: () => PriceBook
  readonly version: string
}

export function adminPartsOf({ keys, store, prices, version }: AdminSources): AdminParts {
  const find: FindPrice = (upstream, model, admittedAt) => {
    const price = prices().find(upstream, model, admittedAt)
    return price && { price, cost: (quantities, tier) => costOf(price.rates, quantities, tier) }
  }
  return {
    keys,
    projects: createProjects(store.directory),
    budgets: createBudgets(store.directory),
    ledger: store.ledger,
    prices: { list: () => prices().list(), find },
    version,
  }
}
