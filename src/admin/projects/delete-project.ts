import { endpoint } from '../endpoint.ts'
import { projectEtag } from './project-shape.ts'

/** Refused while a key belongs to it. Its budgets go with it; what its keys used stays on the ledger. */
export const deleteProject = endpoint({
  method: 'DELETE',
  path: '/admin/v1/projects/{id}',
  etag: projectEtag,
  handle: async ({ id }, { projects }) => {
    await projects.remove(id)
    return { status: 204 }
  },
})
