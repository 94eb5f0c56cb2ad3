import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { changedLimits, LimitChanges } from '../limits-shape.ts'
import { RoutesShape } from '../routes-shape.ts'
import { projectEtag, projectReply } from './project-shape.ts'

/** What is left out stays. */
export const UpdateProjectBody = Type.Object(
  {
    name: Type.Optional(Type.String()),
    limits: Type.Optional(LimitChanges),
    routes: Type.Optional(RoutesShape),
  },
  { additionalProperties: false },
)

export const updateProject = endpoint({
  method: 'PATCH',
  path: '/admin/v1/projects/{id}',
  body: UpdateProjectBody,
  etag: projectEtag,
  handle: async ({ id, body: { name, limits, routes } }, { projects }) => {
    const before = await projects.get(id)
    const after = limits && changedLimits(before.limits, limits)
    return projectReply(await projects.update(id, { name, limits: after, routes }))
  },
})
