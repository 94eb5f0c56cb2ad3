import { endpoint } from '../endpoint.ts'
import { keyEtag } from './key-shape.ts'

/** Its budgets go with it. Its rows on the ledger stay, and what is under way is still settled. */
export const deleteKey = endpoint({
  method: 'DELETE',
  path: '/admin/v1/keys/{id}',
  etag: keyEtag,
  handle: async ({ id }, { keys }) => {
    await keys.remove(id)
    return { status: 204 }
  },
})
