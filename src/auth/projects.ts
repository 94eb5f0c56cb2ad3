import { GatewayError } from '../errors.ts'
import type { Directory, Limits, ModelRoutes, ProjectRecord } from '../nouns/directory.ts'
import { shortId } from '../wire/short-id.ts'
import { checkLimits, checkName } from './key-input.ts'
import { checkRoutes } from './route-input.ts'

export interface ProjectInput {
  readonly name: string
  readonly limits?: Limits | undefined
  readonly routes?: ModelRoutes | undefined
}

/** What can be changed of a project; what is left out stays. */
export type ProjectChanges = Partial<ProjectInput>

/**
 * Keys that share limits and budgets. An unknown id throws `not_found`, bad input `invalid_argument` with the field.
 * Two changes of one project must not be under way at once: the admin API makes them one after the other.
 */
export interface Projects {
  create(input: ProjectInput): Promise<ProjectRecord>
  list(): Promise<readonly ProjectRecord[]>
  get(id: string): Promise<ProjectRecord>
  update(id: string, changes: ProjectChanges): Promise<ProjectRecord>
  /** The keys of a disabled project are refused. */
  setDisabled(id: string, disabled: boolean): Promise<ProjectRecord>
  /** Throws `failed_precondition` while a key belongs to it. */
  remove(id: string): Promise<void>
  /** Hears the id of each project that this instance changed or removed, after it is durable. Returns the way out. */
  onChange(listener: (id: string) => void): () => void
}

export function createProjects(directory: Directory): Projects {
  const listeners = new Set<(id: string) => void>()

  function announce(id: string): void {
    for (const listener of listeners) listener(id)
  }

  async function get(id: string): Promise<ProjectRecord> {
    const record = await directory.getProject(id)
    if (record === undefined) throw unknownProject(id)
    return record
  }

  async function create(input: ProjectInput): Promise<ProjectRecord> {
    const now = Date.now()
    const record = Object.freeze({
      id: shortId(),
      name: checkName(input.name),
      limits: checkLimits(input.limits === undefined ? {} : input.limits),
      routes: checkRoutes(input.routes === undefined ? {} : input.routes),
      disabled: false,
      createdAt: now,
      updatedAt: now,
    })
    await directory.createProject(record)
    return record
  }

  async function change(id: string, changes: Partial<ProjectRecord>): Promise<ProjectRecord> {
    const before = await get(id)
    const updatedAt = Math.max(Date.now(), before.createdAt)
    const record = Object.freeze({ ...before, ...changes, updatedAt })
    if (!(await directory.updateProject(record))) throw unknownProject(id)
    announce(id)
    return record
  }

  async function update(id: string, { name, limits, routes }: ProjectChanges): Promise<ProjectRecord> {
    return change(id, {
      ...(name !== undefined && { name: checkName(name) }),
      ...(limits !== undefined && { limits: checkLimits(limits) }),
      ...(routes !== undefined && { routes: checkRoutes(routes) }),
    })
  }

  async function remove(id: string): Promise<void> {
    if (!(await directory.deleteProject(id))) throw unknownProject(id)
    announce(id)
  }

  function onChange(listener: (id: string) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return Object.freeze({
    create,
    list: () => directory.listProjects(),
    get,
    update,
    setDisabled: (id: string, disabled: boolean) => change(id, { disabled }),
    remove,
    onChange,
  })
}

function unknownProject(id: string): GatewayError {
  return new GatewayError('not_found', `There is no project with the id ${JSON.stringify(id.slice(0, 64))}.`)
}
