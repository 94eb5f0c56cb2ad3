import { GatewayError, invalidField } from '../../errors.ts'
import { overridesOf } from '../../nouns/caller.ts'
import type { RouteOverride } from '../../nouns/directory.ts'
import { matchesAny } from '../../wire/glob.ts'
import { Type } from '../../wire/type.ts'
import { endpoint } from '../endpoint.ts'
import type { AdminParts } from '../parts.ts'
import { ExplanationShape, explanationShape } from './model-shape.ts'

export const ExplainModelQuery = Type.Object(
  {
    key: Type.Optional(Type.String({ description: 'For a request with this key, by its id.' })),
    project: Type.Optional(
      Type.String({ description: 'For a key of this project without routes of its own.' }),
    ),
  },
  { additionalProperties: false },
)

export const ExplainModelAnswer = Type.Object({ explanation: ExplanationShape })

/** The name is percent-encoded where it has a slash. */
export const explainModel = endpoint({
  method: 'GET',
  path: '/admin/v1/models/{name}:explain',
  query: ExplainModelQuery,
  handle: async ({ id: model, query }, parts) => {
    const overrides = await overridesFor(model, query, parts)
    const explanation = parts.models.explain(model, { overrides })
    if (explanation === undefined)
      throw new GatewayError('not_found', `The model ${shown(model)} leads nowhere.`)
    return { status: 200, body: { explanation: explanationShape(explanation) } }
  },
})

interface Whose {
  readonly key?: string
  readonly project?: string
}

async function overridesFor(
  model: string,
  { key: keyId, project: projectId }: Whose,
  { keys, projects }: AdminParts,
): Promise<readonly RouteOverride[]> {
  if (keyId !== undefined && projectId !== undefined)
    throw invalidField('project', 'Give a key or a project: a key has its own project.')
  const key = keyId === undefined ? undefined : await keys.get(keyId)
  if (key !== undefined && key.models.length > 0 && !matchesAny(key.models, model)) {
    const text = `The key ${key.id} may not use the model ${shown(model)}: it may use ${key.models.join(', ')}.`
    throw new GatewayError('not_found', text)
  }
  const its = key?.projectId ?? projectId
  return overridesOf(key, its === undefined ? undefined : await projects.get(its))
}

function shown(model: string): string {
  return JSON.stringify(model.slice(0, 64))
}
