import { endpoint } from '../endpoint.ts'
import { keyReply } from './key-shape.ts'

export const getKey = endpoint({
  method: 'GET',
  path: '/admin/v1/keys/{id}',
  handle: async ({ id }, { keys }) => keyReply(await keys.get(id)),
})
