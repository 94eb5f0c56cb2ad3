import { Type } from '../wire/type.ts'
import { endpoint } from './endpoint.ts'

export const VersionAnswer = Type.Object({ version: Type.String() })

export const getVersion = endpoint({
  method: 'GET',
  path: '/admin/v1/version',
  handle: async (_call, { version }) => ({ status: 200, body: { version } }),
})
