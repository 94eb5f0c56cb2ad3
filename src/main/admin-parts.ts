/** Hands the admin API what it works with. */
import type { AdminParts, AdminUpstreams } from '../admin/parts.ts'
import type { Keys } from '../auth/keys.ts'
import { createProjects } from '../auth/projects.ts'
import type { FindPrice } from '../nouns/ledger.ts'
import type { Store } from '../nouns.ts'
import { createBudgets } from '../policies/budgets.ts'
import type { PriceBook } from '../prices/book.ts'
import { costOf } from '../prices/cost.ts'
import type { Routes } from './routes.ts'

export interface AdminSources {
  readonly keys: Keys
  readonly store: Pick<Store, 'directory' | 'ledger'>
  /** Those in force when it is asked: a reload brings others. */
  readonly prices: () => PriceBook
  /** Where models go now; without it, nowhere. */
  readonly models?: () => Routes['models']
  /** Those that answer; without it, none. */
  readonly upstreams?: AdminUpstreams
  readonly version: string
}

export function adminPartsOf({
  keys,
  store,
  prices,
  models,
  upstreams = NO_UPSTREAMS,
  version,
}: AdminSources): AdminParts {
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
    models: {
      list: () => models?.().entries ?? [],
      explain: (model, caller) => models?.().explain(model, caller),
    },
    upstreams,
    version,
  }
}

/** When no gateway runs, nobody answers. */
const NO_UPSTREAMS: AdminUpstreams = Object.freeze({
  list: () => [],
  health: () => [],
  textOf: () => '',
})
