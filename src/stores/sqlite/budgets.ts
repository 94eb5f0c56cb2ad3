/** The budgets in force, in memory: requests over which there is none ask no database. */
import type { BudgetRecord, BudgetScope } from '../../nouns/directory.ts'
import { type BudgetWindow, budgetWindow } from '../budget-windows.ts'

/** A budget in force. */
export interface Standing {
  readonly record: BudgetRecord
  /** Requests from this admission on were counted as they came. */
  readonly createdAdmission: number
  /** What must be spent for an alert; undefined without one. */
  readonly alertAt: number | undefined
  windowAt(at: number): BudgetWindow
  /** The window in which the alert was given last, as far as this process knows. */
  alertedWindow: number | undefined
  /** No less than what is spent in this window, so that an alert far away asks no database. */
  spentAtMost: { readonly window: number; amount: number } | undefined
}

export interface Budgets {
  /** Those over a request, in no order that matters. */
  over(keyId: string, projectId: string | undefined): readonly Standing[]
  find(id: string): Standing | undefined
  ofScope(scope: BudgetScope, scopeId: string): readonly Standing[]
  all(): Iterable<Standing>
  put(record: BudgetRecord, createdAdmission: number): void
  remove(id: string): void
}

const NONE: readonly Standing[] = Object.freeze([])

export function createBudgets(): Budgets {
  const byId = new Map<string, Standing>()
  const byKey = new Map<string, readonly Standing[]>()
  const byProject = new Map<string, readonly Standing[]>()
  let gateway = NONE

  function listOf({ scope, scopeId }: Pick<BudgetRecord, 'scope' | 'scopeId'>): readonly Standing[] {
    if (scope === 'gateway') return gateway
    return (scope === 'key' ? byKey : byProject).get(scopeId) ?? NONE
  }

  function setList({ scope, scopeId }: BudgetRecord, list: readonly Standing[]): void {
    if (scope === 'gateway') {
      gateway = list
      return
    }
    const lists = scope === 'key' ? byKey : byProject
    if (list.length === 0) lists.delete(scopeId)
    else lists.set(scopeId, list)
  }

  function remove(id: string): void {
    const standing = byId.get(id)
    if (standing === undefined) return
    byId.delete(id)
    setList(
      standing.record,
      listOf(standing.record).filter((other) => other !== standing),
    )
  }

  return {
    over(keyId, projectId) {
      const ofKey = byKey.get(keyId) ?? NONE
      const ofProject = projectId === undefined ? NONE : (byProject.get(projectId) ?? NONE)
      if (ofKey.length === 0 && ofProject.length === 0) return gateway
      if (gateway.length === 0 && ofProject.length === 0) return ofKey
      return [...gateway, ...ofProject, ...ofKey]
    },
    find: (id) => byId.get(id),
    ofScope: (scope, scopeId) => listOf({ scope, scopeId }),
    all: () => byId.values(),
    put(record, createdAdmission) {
      remove(record.id)
      const standing = standingOf(record, createdAdmission)
      byId.set(record.id, standing)
      setList(record, [...listOf(record), standing])
    },
    remove,
  }
}

export function standingOf(record: BudgetRecord, createdAdmission: number): Standing {
  let last: BudgetWindow | undefined
  return {
    record,
    createdAdmission,
    alertAt: alertAtOf(record),
    alertedWindow: undefined,
    spentAtMost: undefined,
    windowAt(at) {
      // Requests come in the order of time: nearly all of them are in the window of the one before.
      if (last === undefined || at < last.start || (last.end !== undefined && at >= last.end))
        last = budgetWindow(record.period, at)
      return last
    },
  }
}

function alertAtOf({ alertPercent, limitNanoUsd }: BudgetRecord): number | undefined {
  if (alertPercent === undefined) return undefined
  // Percent of a limit passes 2^53 on the way; rounded up, so that it is never given too early.
  return Number((BigInt(limitNanoUsd) * BigInt(alertPercent) + 99n) / 100n)
}
