import { endpoint } from '../endpoint.ts'
import { projectReply } from './project-shape.ts'

export const getProject = endpoint({
  method: 'GET',
  path: '/admin/v1/projects/{id}',
  handle: async ({ id }, { projects }) => projectReply(await projects.get(id)),
})
