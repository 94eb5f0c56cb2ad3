import { endpoint } from '../endpoint.ts'
import { issuedKeyReply, keyEtag } from './key-shape.ts'

/** The old secret stops at once. */
export const rotateKey = endpoint({
  method: 'POST',
  path: '/admin/v1/keys/{id}:rotate',
  etag: keyEtag,
  handle: async ({ id }, { keys }) => issuedKeyReply(200, await keys.rotate(id)),
})
