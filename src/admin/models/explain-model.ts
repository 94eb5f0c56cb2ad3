import { Type } from 'typebox'
import { GatewayError } from '../../errors.ts'
import { endpoint } from '../endpoint.ts'
import { ExplanationShape, explanationShape } from './model-shape.ts'

export const ExplainModelAnswer = Type.Object({ explanation: ExplanationShape })

/** The name is percent-encoded where it has a slash. */
export const explainModel = endpoint({
  method: 'GET',
  path: '/admin/v1/models/{name}:explain',
  handle: async ({ id: model }, { models }) => {
    const explanation = models.explain(model)
    if (explanation === undefined)
      throw new GatewayError('not_found', `The model ${JSON.stringify(model.slice(0, 64))} leads nowhere.`)
    return { status: 200, body: { explanation: explanationShape(explanation) } }
  },
})
