import type { IssuedKey, KeyRecord } from '../../nouns/directory.ts'
import { type Static, Type } from '../../wire/type.ts'
import type { Reply } from '../endpoint.ts'
import { etagOf } from '../etag.ts'
import { timestamp, timestampOrNull } from '../instants.ts'
import { LimitsShape } from '../limits-shape.ts'
import type { AdminParts } from '../parts.ts'
import { RoutesShape, routesShape } from '../routes-shape.ts'

const NullableText = Type.Union([Type.String(), Type.Null()])

/** A client key as the operator sees it: never its secret, never its hash. */
export const KeyShape = Type.Object({
  id: Type.String(),
  name: Type.String(),
  projectId: NullableText,
  models: Type.Array(Type.String(), { description: 'Globs over model names; empty means every model.' }),
  routes: RoutesShape,
  addresses: Type.Array(Type.String(), {
    description: 'IP addresses and CIDR ranges; empty means every address.',
  }),
  limits: LimitsShape,
  expiresAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  disabled: Type.Boolean(),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  hint: Type.String({ description: 'How the key begins, to know it again.' }),
})

export const KeyAnswer = Type.Object({ key: KeyShape })

/** The only answer that ever holds a key's plaintext. */
export const IssuedKeyAnswer = Type.Object({
  key: KeyShape,
  secret: Type.String({ description: 'The whole key, shown this once.' }),
})

export function keyShape(record: KeyRecord): Static<typeof KeyShape> {
  return {
    id: record.id,
    name: record.name,
    projectId: record.projectId ?? null,
    models: [...record.models],
    routes: routesShape(record.routes),
    addresses: [...record.addresses],
    limits: record.limits,
    expiresAt: timestampOrNull(record.expiresAt),
    disabled: record.disabled,
    createdAt: timestamp(record.createdAt),
    updatedAt: timestamp(record.updatedAt),
    hint: `wst_${record.id}_…`,
  }
}

export function keyReply(record: KeyRecord): Reply {
  const key = keyShape(record)
  return { status: 200, body: { key }, headers: { etag: etagOf(key) } }
}

export function issuedKeyReply(status: 200 | 201, { record, key: secret }: IssuedKey): Reply {
  const key = keyShape(record)
  return { status, body: { key, secret }, headers: { etag: etagOf(key) } }
}

export async function keyEtag(id: string, { keys }: AdminParts): Promise<string> {
  return etagOf(keyShape(await keys.get(id)))
}
