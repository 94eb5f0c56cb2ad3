import type { ModelRoutes } from '../nouns/directory.ts'
import { type Static, Type } from '../wire/type.ts'

/** Names and characters are judged by the keys and projects themselves. */
export const RoutesShape = Type.Record(
  Type.String(),
  Type.Union([
    Type.String({ description: 'A model, as if the client had asked for it.' }),
    Type.Array(Type.String(), { description: 'Places in their order, each upstream/model.' }),
  ]),
  { description: 'Model names and globs that lead elsewhere; given anew, they replace all that were there.' },
)

export function routesShape(routes: ModelRoutes): Static<typeof RoutesShape> {
  return routes as Static<typeof RoutesShape>
}
