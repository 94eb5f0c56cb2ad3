/** Keys and projects as PostgreSQL has them, and back. */
import type { KeyRecord, Limits, ProjectRecord } from '../../nouns/directory.ts'
import { routesFrom } from '../routes-cell.ts'
import { fromOptionalText, fromText, toOptionalText, toText } from './text.ts'

export interface KeyColumns {
  readonly id: string
  readonly name: string
  readonly digest: string
  readonly project_id: string | null
  readonly models: string
  readonly routes: string | null
  readonly addresses: string
  readonly limits: string
  readonly expires_at: number | null
  readonly disabled: boolean
  readonly created_at: number
  readonly updated_at: number
}

export interface ProjectColumns {
  readonly id: string
  readonly name: string
  readonly limits: string
  readonly routes: string | null
  readonly disabled: boolean
  readonly created_at: number
  readonly updated_at: number
}

export function keyCells(key: KeyRecord): KeyColumns {
  return {
    id: toText(key.id),
    name: toText(key.name),
    digest: toText(key.digest),
    project_id: toOptionalText(key.projectId),
    models: JSON.stringify(key.models),
    routes: JSON.stringify(key.routes),
    addresses: JSON.stringify(key.addresses),
    limits: JSON.stringify(key.limits),
    expires_at: key.expiresAt ?? null,
    disabled: key.disabled,
    created_at: key.createdAt,
    updated_at: key.updatedAt,
  }
}

export function projectCells(project: ProjectRecord): ProjectColumns {
  return {
    id: toText(project.id),
    name: toText(project.name),
    limits: JSON.stringify(project.limits),
    routes: JSON.stringify(project.routes),
    disabled: project.disabled,
    created_at: project.createdAt,
    updated_at: project.updatedAt,
  }
}

export function toKey(row: KeyColumns): KeyRecord {
  return Object.freeze({
    id: fromText(row.id),
    name: fromText(row.name),
    digest: fromText(row.digest),
    projectId: fromOptionalText(row.project_id),
    models: Object.freeze(JSON.parse(row.models) as string[]),
    routes: routesFrom(row.routes),
    addresses: Object.freeze(JSON.parse(row.addresses) as string[]),
    limits: Object.freeze(JSON.parse(row.limits) as Limits),
    expiresAt: row.expires_at ?? undefined,
    disabled: row.disabled,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })
}

export function toProject(row: ProjectColumns): ProjectRecord {
  return Object.freeze({
    id: fromText(row.id),
    name: fromText(row.name),
    limits: Object.freeze(JSON.parse(row.limits) as Limits),
    routes: routesFrom(row.routes),
    disabled: row.disabled,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })
}
