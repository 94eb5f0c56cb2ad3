import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import { ModelEntryShape, modelEntryShape } from './model-shape.ts'

export const ListModelsAnswer = Type.Object({ models: Type.Array(ModelEntryShape) })

/** The entries of the configuration, not what the upstreams offer: clients see that at /v1beta/models. */
export const listModels = endpoint({
  method: 'GET',
  path: '/admin/v1/models',
  handle: async (_call, { models }) => ({
    status: 200,
    body: { models: models.list().map(modelEntryShape) },
  }),
})
