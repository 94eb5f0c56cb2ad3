import { endpoint } from '../endpoint.ts'
import { keyEtag, keyReply } from './key-shape.ts'

export const disableKey = endpoint({
  method: 'POST',
  path: '/admin/v1/keys/{id}:disable',
  etag: keyEtag,
  handle: async ({ id }, { keys }) => keyReply(await keys.setDisabled(id, true)),
})
