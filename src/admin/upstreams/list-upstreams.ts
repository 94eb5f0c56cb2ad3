import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { UpstreamShape, upstreamShape } from './upstream-shape.ts'

export const ListUpstreamsAnswer = Type.Object({ upstreams: Type.Array(UpstreamShape) })

export const listUpstreams = endpoint({
  method: 'GET',
  path: '/admin/v1/upstreams',
  handle: async (_call, { upstreams }) => {
    const health = upstreams.health()
    return { status: 200, body: { upstreams: upstreams.list().map((one) => upstreamShape(one, health)) } }
  },
})
