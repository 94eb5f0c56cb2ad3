/** The routes of a key or project as the databases keep them. */
import type { ModelRoutes } from '../nouns/directory.ts'

const NONE: ModelRoutes = Object.freeze({})

/** Rows from before there were routes, and those that a replica of an older release makes, have none. */
export function routesFrom(cell: string | null): ModelRoutes {
  return cell === null ? NONE : Object.freeze(JSON.parse(cell) as ModelRoutes)
}
