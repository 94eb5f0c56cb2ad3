import { endpoint } from '../endpoint.ts'
import { keyEtag, keyReply } from './key-shape.ts'

export const enableKey = endpoint({
  method: 'POST',
  path: '/admin/v1/keys/{id}:enable',
  etag: keyEtag,
  handle: async ({ id }, { keys }) => keyReply(await keys.setDisabled(id, false)),
})
