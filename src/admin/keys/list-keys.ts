import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { KeyShape, keyShape } from './key-shape.ts'

export const ListKeysAnswer = Type.Object({ keys: Type.Array(KeyShape) })

export const listKeys = endpoint({
  method: 'GET',
  path: '/admin/v1/keys',
  handle: async (_call, { keys }) => ({ status: 200, body: { keys: (await keys.list()).map(keyShape) } }),
})
