import { endpoint } from '../endpoint.ts'
import { projectEtag, projectReply } from './project-shape.ts'

export const enableProject = endpoint({
  method: 'POST',
  path: '/admin/v1/projects/{id}:enable',
  etag: projectEtag,
  handle: async ({ id }, { projects }) => projectReply(await projects.setDisabled(id, false)),
})
