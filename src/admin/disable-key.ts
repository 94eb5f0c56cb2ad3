import { expectNoBody } from './body.ts'
import type { Endpoint } from './endpoint.ts'
import { EmptyBody, keyAnswer } from './key-shape.ts'

export const disableKey: Endpoint = {
  method: 'POST',
  path: '/admin/v1/keys/{id}:disable',
  handle: async ({ request, id }, { keys }) => {
    await expectNoBody(request, EmptyBody)
    return { status: 200, body: keyAnswer(await keys.setDisabled(id, true)) }
  },
}
