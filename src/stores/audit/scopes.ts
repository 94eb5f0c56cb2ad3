/** Which budgets stand over a request. */
import type { BudgetPeriod, BudgetScope } from '../../nouns/directory.ts'
import { type Span, windowAt } from './periods.ts'

export interface Scoped {
  readonly keyId: string
  readonly projectId: string | undefined
}

interface Over {
  readonly scope: BudgetScope
  readonly scopeId: string
}

export interface ScopeIndex<Budget> {
  /** Those over the key, its project and the gateway. */
  over(request: Scoped): Iterable<Budget>
}

export function indexScopes<Budget>(
  budgets: Iterable<Budget>,
  scopeOf: (budget: Budget) => Over,
): ScopeIndex<Budget> {
  const gateway: Budget[] = []
  const keys = new Map<string, Budget[]>()
  const projects = new Map<string, Budget[]>()
  for (const budget of budgets) {
    const { scope, scopeId } = scopeOf(budget)
    const scopes = scope === 'key' ? keys : projects
    const list = scope === 'gateway' ? gateway : (scopes.get(scopeId) ?? [])
    list.push(budget)
    if (scope !== 'gateway') scopes.set(scopeId, list)
  }
  return {
    over: function* ({ keyId, projectId }) {
      yield* gateway
      yield* keys.get(keyId) ?? []
      if (projectId !== undefined) yield* projects.get(projectId) ?? []
    },
  }
}

/** The same as `windowAt`; requests come in the order of time, so most are in the window of the one before. */
export function createClock(period: BudgetPeriod): (at: number) => Span {
  let last: Span = { start: 0, end: 0 }
  return (at) => {
    if (at < last.start || at >= last.end) last = windowAt(period, at)
    return last
  }
}
