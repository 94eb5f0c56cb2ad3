import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { instantOf } from '../instants.ts'
import { changedLimits, LimitChanges } from '../limits-shape.ts'
import { RoutesShape } from '../routes-shape.ts'
import { keyEtag, keyReply } from './key-shape.ts'

const clearable = () => Type.Optional(Type.Union([Type.String(), Type.Null()]))

/** What is left out stays. */
export const UpdateKeyBody = Type.Object(
  {
    name: Type.Optional(Type.String()),
    models: Type.Optional(Type.Array(Type.String())),
    routes: Type.Optional(RoutesShape),
    projectId: clearable(),
    addresses: Type.Optional(Type.Array(Type.String())),
    limits: Type.Optional(LimitChanges),
    expiresAt: clearable(),
  },
  { additionalProperties: false },
)

export const updateKey = endpoint({
  method: 'PATCH',
  path: '/admin/v1/keys/{id}',
  body: UpdateKeyBody,
  etag: keyEtag,
  handle: async ({ id, body }, { keys }) => {
    const { limits, expiresAt, ...changes } = body
    const before = await keys.get(id)
    const record = await keys.update(id, {
      ...changes,
      limits: limits && changedLimits(before.limits, limits),
      expiresAt: typeof expiresAt === 'string' ? instantOf(expiresAt, 'expiresAt') : expiresAt,
    })
    return keyReply(record)
  },
})
