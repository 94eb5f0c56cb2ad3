import { type Static, Type } from 'typebox'
import type { KeyRecord } from '../nouns.ts'
import type { IssuedKey } from './endpoint.ts'

/** A client key as the operator sees it: never its secret, never its hash. */
export const KeyShape = Type.Object({
  id: Type.String(),
  name: Type.String(),
  models: Type.Array(Type.String(), { description: 'Globs over model names; empty means every model.' }),
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

/** The body of an endpoint that takes no parameters. */
export const EmptyBody = Type.Object({}, { additionalProperties: false })

export function keyAnswer(record: KeyRecord): Static<typeof KeyAnswer> {
  return { key: keyShape(record) }
}

export function issuedKeyAnswer({ record, key }: IssuedKey): Static<typeof IssuedKeyAnswer> {
  return { key: keyShape(record), secret: key }
}

export function keyShape(record: KeyRecord): Static<typeof KeyShape> {
  return {
    id: record.id,
    name: record.name,
    models: [...record.models],
    disabled: record.disabled,
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
    hint: `wst_${record.id}_…`,
  }
}
