import { endpoint } from '../endpoint.ts'
import { projectEtag, projectReply } from './project-shape.ts'

export const disableProject = endpoint({
  method: 'POST',
  path: '/admin/v1/projects/{id}:disable',
  etag: projectEtag,
  handle: async ({ id }, { projects }) => projectReply(await projects.setDisabled(id, true)),
})
