/** The directory of the reference. */
import { GatewayError } from '../../../src/errors.ts'
import type { BudgetRecord, BudgetScope, Directory } from '../../../src/nouns/directory.ts'
import { budgetState, type State, taken, windowOf } from './state.ts'

export function createReferenceDirectory(state: State): Directory {
  return { ...keysOf(state), ...projectsOf(state), ...budgetsOf(state), ...settingsOf(state) }
}

type Part<Name extends keyof Directory> = Pick<Directory, Name>

function keysOf(
  state: State,
): Part<'findKeyByDigest' | 'getKey' | 'listKeys' | 'createKey' | 'updateKey' | 'deleteKey'> {
  const { keys, projects } = state
  const holderOf = (digest: string) => [...keys.values()].find((key) => key.digest === digest)
  return {
    findKeyByDigest: async (digest) => {
      const key = holderOf(digest)
      if (key === undefined) return undefined
      const isBudgeted = [...state.budgets.values()].some(
        ({ hardStop, scope, scopeId }) =>
          hardStop && (scope === 'gateway' || scopeId === (scope === 'key' ? key.id : key.projectId)),
      )
      return { key, project: projects.get(key.projectId ?? ''), isBudgeted }
    },
    getKey: async (id) => keys.get(id),
    listKeys: async () => [...keys.values()],
    createKey: async (key) => {
      if (keys.has(key.id) || holderOf(key.digest)) throw taken('the key')
      keys.set(key.id, key)
    },
    updateKey: async (key) => {
      const known = keys.get(key.id)
      if (known === undefined) return false
      if ((holderOf(key.digest) ?? known).id !== key.id) throw taken('the digest')
      keys.set(key.id, { ...key, createdAt: known.createdAt })
      return true
    },
    deleteKey: async (id) => {
      deleteBudgetsOf(state, 'key', id)
      return keys.delete(id)
    },
  }
}

function projectsOf(
  state: State,
): Part<'getProject' | 'listProjects' | 'createProject' | 'updateProject' | 'deleteProject'> {
  const { keys, projects } = state
  return {
    getProject: async (id) => projects.get(id),
    listProjects: async () => [...projects.values()],
    createProject: async (project) => {
      if (projects.has(project.id)) throw taken('the project')
      projects.set(project.id, project)
    },
    updateProject: async (project) => {
      const known = projects.get(project.id)
      if (known) projects.set(project.id, { ...project, createdAt: known.createdAt })
      return known !== undefined
    },
    deleteProject: async (id) => {
      if ([...keys.values()].some(({ projectId }) => projectId === id))
        throw new GatewayError('failed_precondition', 'the project has keys')
      deleteBudgetsOf(state, 'project', id)
      return projects.delete(id)
    },
  }
}

function budgetsOf(
  state: State,
): Part<'getBudget' | 'listBudgets' | 'createBudget' | 'updateBudget' | 'deleteBudget'> {
  const { budgets, events } = state
  const standing = (budget: BudgetRecord) => budgetState(state, budget, state.now())
  return {
    getBudget: async (id) => {
      const budget = budgets.get(id)
      return budget && standing(budget)
    },
    listBudgets: async () => [...budgets.values()].map(standing),
    createBudget: async (budget) => {
      for (const { id, scope, scopeId, period } of budgets.values()) {
        const isSame = scope === budget.scope && scopeId === budget.scopeId && period === budget.period
        if (id === budget.id || isSame) throw taken('the budget')
      }
      budgets.set(budget.id, budget)
      events.push({ kind: 'budget', budget, isDeleted: false })
      state.windows.add(`${budget.id}@${windowOf(budget.period, state.now()).start}`)
    },
    updateBudget: async ({ id, limitNanoUsd, hardStop, alertPercent, updatedAt }) => {
      const known = budgets.get(id)
      if (known === undefined) return false
      const budget = { ...known, limitNanoUsd, hardStop, alertPercent, updatedAt }
      budgets.set(id, budget)
      events.push({ kind: 'budget', budget, isDeleted: false })
      return true
    },
    deleteBudget: async (id) => deleteBudget(state, id),
  }
}

function deleteBudgetsOf(state: State, scope: BudgetScope, scopeId: string): void {
  for (const budget of [...state.budgets.values()])
    if (budget.scope === scope && budget.scopeId === scopeId) deleteBudget(state, budget.id)
}

function deleteBudget(state: State, id: string): boolean {
  const budget = state.budgets.get(id)
  if (budget === undefined) return false
  state.events.push({ kind: 'budget', budget, isDeleted: true })
  for (const set of [state.windows, state.alerted])
    for (const window of set) if (window.startsWith(`${id}@`)) set.delete(window)
  return state.budgets.delete(id)
}

function settingsOf({ settings }: State): Part<'getSetting' | 'initSetting'> {
  return {
    getSetting: async (name) => settings.get(name),
    initSetting: async (name, value) => {
      if (!settings.has(name)) settings.set(name, value)
      return settings.get(name) ?? value
    },
  }
}
