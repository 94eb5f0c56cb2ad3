import { expectNoBody } from './body.ts'
import type { Endpoint } from './endpoint.ts'
import { EmptyBody, issuedKeyAnswer } from './key-shape.ts'

/** The old secret stops at once. */
export const rotateKey: Endpoint = {
  method: 'POST',
  path: '/admin/v1/keys/{id}:rotate',
  handle: async ({ request, id }, { keys }) => {
    await expectNoBody(request, EmptyBody)
    return { status: 200, body: issuedKeyAnswer(await keys.rotate(id)) }
  },
}
