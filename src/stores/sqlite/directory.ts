import type { DatabaseSync } from 'node:sqlite'
import type { Directory, KeyGrant, KeyRecord } from '../../nouns/directory.ts'
import type { BudgetTable } from './budget-table.ts'
import type { Budgets } from './budgets.ts'
import { createKeyTable, createProjectTable } from './keys.ts'
import type { Guarded } from './locked.ts'
import { createSettingTable } from './settings.ts'
import type { Windows } from './windows.ts'
import type { Run } from './writer.ts'

export interface DirectoryParts {
  readonly budgets: Budgets
  readonly budgetTable: BudgetTable
  readonly windows: Windows
  readonly run: Run
  readonly read: Guarded
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Changes go through the one writer, in their order among the requests; what is read is read at once. */
export function createDirectory(database: DatabaseSync, parts: DirectoryParts): Directory {
  const { budgets, budgetTable, windows, run, read, now } = parts
  const keys = createKeyTable(database)
  const projects = createProjectTable(database)
  const settings = createSettingTable(database)

  const isBudgeted = (key: KeyRecord): boolean =>
    budgets.over(key.id, key.projectId).some(({ record }) => record.hardStop)

  function grantOf(key: KeyRecord | undefined): KeyGrant | undefined {
    if (key === undefined) return undefined
    const project = key.projectId === undefined ? undefined : projects.get(key.projectId)
    return Object.freeze({ key, project, isBudgeted: isBudgeted(key) })
  }

  return Object.freeze({
    findKeyByDigest: (digest) => read(() => grantOf(keys.findByDigest(digest))),
    getKey: (id) => read(() => keys.get(id)),
    listKeys: () => read(() => keys.list()),
    createKey: (key) => run(() => keys.create(key)),
    updateKey: (key) => run(() => keys.update(key)),
    deleteKey: (id) =>
      run((draft) => {
        budgetTable.deleteOf(draft, 'key', id)
        return keys.delete(id)
      }),

    getProject: (id) => read(() => projects.get(id)),
    listProjects: () => read(() => projects.list()),
    createProject: (project) => run(() => projects.create(project)),
    updateProject: (project) => run(() => projects.update(project)),
    deleteProject: (id) =>
      run((draft) => {
        budgetTable.deleteOf(draft, 'project', id)
        return projects.delete(id)
      }),

    getBudget: (id) =>
      read(() => {
        const standing = budgets.find(id)
        return standing && windows.stateOf(standing, now())
      }),
    listBudgets: () =>
      read(() => {
        const at = now()
        return [...budgets.all()]
          .sort((a, b) => a.record.createdAt - b.record.createdAt || (a.record.id < b.record.id ? -1 : 1))
          .map((standing) => windows.stateOf(standing, at))
      }),
    createBudget: (budget) => run((draft) => budgetTable.create(draft, budget)),
    updateBudget: (budget) => run((draft) => budgetTable.update(draft, budget)),
    deleteBudget: (id) => run((draft) => budgetTable.delete(draft, id)),

    getSetting: (name) => read(() => settings.get(name)),
    initSetting: (name, value) => run(() => settings.init(name, value)),
  } satisfies Directory)
}
