import type { Endpoint } from './endpoint.ts'

/** The key's rows on the ledger stay. */
export const deleteKey: Endpoint = {
  method: 'DELETE',
  path: '/admin/v1/keys/{id}',
  handle: async ({ id }, { keys }) => {
    await keys.remove(id)
    return { status: 204 }
  },
}
