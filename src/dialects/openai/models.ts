/** The list of models, and one of them. */
import { modelNotFound } from '../../errors.ts'
import type { HttpResponse, Opening } from '../../nouns.ts'
import type { Model } from '../../wire/gemini.ts'
import { JSON_TYPE } from '../json.ts'
import type { Json } from './values.ts'

export function encodeModels(
  opening: Opening,
  models: readonly Model[],
  isGoogles: boolean,
  response: HttpResponse,
): void {
  const body =
    opening.verb === 'getModel'
      ? modelOf(find(opening, models), isGoogles)
      : { object: 'list', data: models.map((model) => modelOf(model, isGoogles)) }
  const bytes = Buffer.from(`${JSON.stringify(body, undefined, 2)}\n`)
  response.head(200, { 'content-type': JSON_TYPE, 'content-length': bytes.length })
  response.end(bytes)
}

function find({ model, apiVersion, verb }: Opening, models: readonly Model[]): Model {
  const found = models.find(({ name }) => name === `models/${model}` || name === model)
  if (found === undefined) throw modelNotFound(model, apiVersion, verb)
  return found
}

/** Google's paths have the whole name. When a model was made nobody says. */
function modelOf({ name, displayName }: Model, isGoogles: boolean): Json {
  return {
    id: isGoogles ? name : name.replace(/^models\//, ''),
    object: 'model',
    created: 0,
    owned_by: isGoogles ? 'google' : 'wasat',
    ...(displayName !== undefined && { display_name: displayName }),
  }
}
