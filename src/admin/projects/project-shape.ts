import type { ProjectRecord } from '../../nouns/directory.ts'
import { type Static, Type } from '../../wire/type.ts'
import type { Reply } from '../endpoint.ts'
import { etagOf } from '../etag.ts'
import { timestamp } from '../instants.ts'
import { LimitsShape } from '../limits-shape.ts'
import type { AdminParts } from '../parts.ts'
import { RoutesShape, routesShape } from '../routes-shape.ts'

/** Keys that share limits and budgets. */
export const ProjectShape = Type.Object({
  id: Type.String(),
  name: Type.String(),
  limits: LimitsShape,
  routes: RoutesShape,
  disabled: Type.Boolean(),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
})

export const ProjectAnswer = Type.Object({ project: ProjectShape })

export function projectShape(record: ProjectRecord): Static<typeof ProjectShape> {
  const { id, name, limits, routes, disabled, createdAt, updatedAt } = record
  return {
    ...{ id, name, limits, routes: routesShape(routes), disabled },
    ...{ createdAt: timestamp(createdAt), updatedAt: timestamp(updatedAt) },
  }
}

export function projectReply(record: ProjectRecord): Reply {
  const project = projectShape(record)
  return { status: 200, body: { project }, headers: { etag: etagOf(project) } }
}

export async function projectEtag(id: string, { projects }: AdminParts): Promise<string> {
  return etagOf(projectShape(await projects.get(id)))
}
