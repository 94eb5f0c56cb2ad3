import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { LimitsShape } from '../limits-shape.ts'
import { RoutesShape } from '../routes-shape.ts'
import { projectReply } from './project-shape.ts'

export const CreateProjectBody = Type.Object(
  {
    name: Type.String({ description: '1 to 100 characters.' }),
    limits: Type.Optional(LimitsShape),
    routes: Type.Optional(RoutesShape),
  },
  { additionalProperties: false },
)

export const createProject = endpoint({
  method: 'POST',
  path: '/admin/v1/projects',
  body: CreateProjectBody,
  handle: async ({ body }, { projects }) => {
    const record = await projects.create(body)
    const reply = projectReply(record)
    const location = `/admin/v1/projects/${encodeURIComponent(record.id)}`
    return { ...reply, status: 201, headers: { ...reply.headers, location } }
  },
})
