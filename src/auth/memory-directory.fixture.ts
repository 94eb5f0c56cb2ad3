/** A directory without a disk, for the tests of this room; counts how often a key was looked up. */
import { GatewayError } from '../errors.ts'
import type { Directory, KeyRecord, ProjectRecord } from '../nouns/directory.ts'

/** Keys, projects and settings; no budgets. */
export interface MemoryDirectory extends Directory {
  readonly lookUps: () => number
  readonly settings: ReadonlyMap<string, string>
  readonly records: ReadonlyMap<string, KeyRecord>
}

export function createMemoryDirectory(): MemoryDirectory {
  const records = new Map<string, KeyRecord>()
  const settings = new Map<string, string>()
  const projects = new Map<string, ProjectRecord>()
  let lookUps = 0

  const holderOf = (digest: string): KeyRecord | undefined =>
    [...records.values()].find((record) => record.digest === digest)

  return {
    records,
    settings,
    lookUps: () => lookUps,
    findKeyByDigest: async (digest) => {
      lookUps++
      const key = holderOf(digest)
      return key && { key, project: projects.get(key.projectId ?? ''), isBudgeted: false }
    },
    getKey: async (id) => records.get(id),
    listKeys: async () => [...records.values()],
    createKey: async (key) => {
      if (records.has(key.id) || holderOf(key.digest)) throw new GatewayError('already_exists', 'taken')
      records.set(key.id, key)
    },
    updateKey: async (key) => records.has(key.id) && records.set(key.id, key) !== undefined,
    deleteKey: async (id) => records.delete(id),
    getProject: async (id) => projects.get(id),
    listProjects: async () => [...projects.values()],
    createProject: async (project) => void projects.set(project.id, project),
    updateProject: async (project) =>
      projects.has(project.id) && projects.set(project.id, project) !== undefined,
    deleteProject: async (id) => projects.delete(id),
    getBudget: async () => undefined,
    listBudgets: async () => [],
    createBudget: async () => undefined,
    updateBudget: async () => false,
    deleteBudget: async () => false,
    getSetting: async (name) => settings.get(name),
    initSetting: async (name, value) => {
      if (!settings.has(name)) settings.set(name, value)
      return settings.get(name) as string
    },
  }
}

/** For `assert.throws` and `assert.rejects`. */
export function fails(code: string, text?: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof GatewayError && error.code === code && (text === undefined || text.test(error.message))
}
