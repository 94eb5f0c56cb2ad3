import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { KeyRecord, Limits, ProjectRecord } from '../../nouns/directory.ts'
import { routesFrom } from '../routes-cell.ts'
import { isMissingParent, isTaken } from './failures.ts'

interface KeyColumns {
  readonly id: string
  readonly name: string
  readonly digest: string
  readonly project_id: string | null
  readonly models: string
  /** Null for none. */
  readonly routes: string | null
  readonly addresses: string
  readonly limits: string
  readonly expires_at: number | null
  readonly disabled: number
  readonly created_at: number
  readonly updated_at: number
}

interface ProjectColumns {
  readonly id: string
  readonly name: string
  readonly limits: string
  readonly routes: string | null
  readonly disabled: number
  readonly created_at: number
  readonly updated_at: number
}

/** Keys, without the promises. */
export interface KeyTable {
  findByDigest(digest: string): KeyRecord | undefined
  get(id: string): KeyRecord | undefined
  list(): readonly KeyRecord[]
  create(key: KeyRecord): void
  update(key: KeyRecord): boolean
  delete(id: string): boolean
}

const KEY_COLUMNS =
  'id, name, digest, project_id, models, routes, addresses, limits, expires_at, disabled, created_at, updated_at'

export function createKeyTable(database: DatabaseSync): KeyTable {
  const byDigest = database.prepare(`SELECT ${KEY_COLUMNS} FROM keys WHERE digest = ?`)
  const byId = database.prepare(`SELECT ${KEY_COLUMNS} FROM keys WHERE id = ?`)
  const all = database.prepare(`SELECT ${KEY_COLUMNS} FROM keys ORDER BY created_at, id`)
  const insert = database.prepare(
    `INSERT INTO keys (${KEY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = database.prepare(
    `UPDATE keys SET name = ?, digest = ?, project_id = ?, models = ?, routes = ?, addresses = ?, limits = ?, expires_at = ?,
       disabled = ?, updated_at = ?
     WHERE id = ?`,
  )
  const remove = database.prepare('DELETE FROM keys WHERE id = ?')

  const changeable = (key: KeyRecord) =>
    [
      key.name,
      key.digest,
      key.projectId ?? null,
      JSON.stringify(key.models),
      JSON.stringify(key.routes),
      JSON.stringify(key.addresses),
      JSON.stringify(key.limits),
      key.expiresAt ?? null,
      key.disabled ? 1 : 0,
    ] as const

  return {
    findByDigest: (digest) => toKey(byDigest.get(digest)),
    get: (id) => toKey(byId.get(id)),
    list: () => all.all().map((row) => toKey(row) as KeyRecord),
    create: (key) =>
      orTold('key', key.projectId, () => {
        insert.run(key.id, ...changeable(key), key.createdAt, key.updatedAt)
      }),
    update: (key) =>
      orTold(
        'key',
        key.projectId,
        () => Number(update.run(...changeable(key), key.updatedAt, key.id).changes) === 1,
      ),
    delete: (id) => Number(remove.run(id).changes) === 1,
  }
}

/** Projects, without the promises. */
export interface ProjectTable {
  get(id: string): ProjectRecord | undefined
  list(): readonly ProjectRecord[]
  create(project: ProjectRecord): void
  update(project: ProjectRecord): boolean
  delete(id: string): boolean
}

const PROJECT_COLUMNS = 'id, name, limits, routes, disabled, created_at, updated_at'

export function createProjectTable(database: DatabaseSync): ProjectTable {
  const byId = database.prepare(`SELECT ${PROJECT_COLUMNS} FROM projects WHERE id = ?`)
  const all = database.prepare(`SELECT ${PROJECT_COLUMNS} FROM projects ORDER BY created_at, id`)
  const insert = database.prepare(`INSERT INTO projects (${PROJECT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const update = database.prepare(
    'UPDATE projects SET name = ?, limits = ?, routes = ?, disabled = ?, updated_at = ? WHERE id = ?',
  )
  const remove = database.prepare('DELETE FROM projects WHERE id = ?')

  return {
    get: (id) => toProject(byId.get(id)),
    list: () => all.all().map((row) => toProject(row) as ProjectRecord),
    create: ({ id, name, limits, routes, disabled, createdAt, updatedAt }) =>
      orTold('project', id, () => {
        insert.run(
          id,
          name,
          JSON.stringify(limits),
          JSON.stringify(routes),
          disabled ? 1 : 0,
          createdAt,
          updatedAt,
        )
      }),
    update: ({ id, name, limits, routes, disabled, updatedAt }) =>
      Number(
        update.run(name, JSON.stringify(limits), JSON.stringify(routes), disabled ? 1 : 0, updatedAt, id)
          .changes,
      ) === 1,
    delete: (id) => {
      try {
        return Number(remove.run(id).changes) === 1
      } catch (cause) {
        if (!isMissingParent(cause)) throw cause
        throw new GatewayError('failed_precondition', `The project ${id} still has keys.`, {
          hint: 'Delete its keys, or move them to another project, first.',
          cause,
        })
      }
    },
  }
}

function toKey(found: unknown): KeyRecord | undefined {
  if (found === undefined) return undefined
  const row = found as KeyColumns
  return Object.freeze({
    id: row.id,
    name: row.name,
    digest: row.digest,
    projectId: row.project_id ?? undefined,
    models: Object.freeze(JSON.parse(row.models) as string[]),
    routes: routesFrom(row.routes),
    addresses: Object.freeze(JSON.parse(row.addresses) as string[]),
    limits: Object.freeze(JSON.parse(row.limits) as Limits),
    expiresAt: row.expires_at ?? undefined,
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })
}

function toProject(found: unknown): ProjectRecord | undefined {
  if (found === undefined) return undefined
  const row = found as ProjectColumns
  return Object.freeze({
    id: row.id,
    name: row.name,
    limits: Object.freeze(JSON.parse(row.limits) as Limits),
    routes: routesFrom(row.routes),
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })
}

function orTold<Result>(what: string, project: string | undefined, write: () => Result): Result {
  try {
    return write()
  } catch (cause) {
    if (isMissingParent(cause))
      throw new GatewayError('failed_precondition', `There is no project ${project}.`, { cause })
    if (!isTaken(cause)) throw cause
    const name = what === 'key' ? 'A key with this id or secret' : 'A project with this id'
    throw new GatewayError('already_exists', `${name} exists already.`, { cause })
  }
}
