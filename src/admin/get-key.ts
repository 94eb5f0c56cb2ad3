import type { Endpoint } from './endpoint.ts'
import { keyAnswer } from './key-shape.ts'

export const getKey: Endpoint = {
  method: 'GET',
  path: '/admin/v1/keys/{id}',
  handle: async ({ id }, { keys }) => ({ status: 200, body: keyAnswer(await keys.get(id)) }),
}
