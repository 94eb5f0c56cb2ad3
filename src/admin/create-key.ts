import { Type } from 'typebox'
import { readBody } from './body.ts'
import type { Endpoint } from './endpoint.ts'
import { issuedKeyAnswer } from './key-shape.ts'

/** Lengths and characters are judged by the keys themselves, which every way to make a key goes through. */
export const CreateKeyBody = Type.Object(
  {
    name: Type.String({ description: '1 to 100 characters.' }),
    models: Type.Optional(Type.Array(Type.String(), { description: 'At most 100 globs over model names.' })),
  },
  { additionalProperties: false },
)

export const createKey: Endpoint = {
  method: 'POST',
  path: '/admin/v1/keys',
  handle: async ({ request }, { keys }) => {
    const { name, models = [] } = await readBody(request, CreateKeyBody)
    const issued = await keys.create({ name, models })
    const headers = { location: `/admin/v1/keys/${encodeURIComponent(issued.record.id)}` }
    return { status: 201, headers, body: issuedKeyAnswer(issued) }
  },
}
