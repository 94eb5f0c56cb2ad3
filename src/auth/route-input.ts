/** Routes of a key or project as operators write them. Whether they lead anywhere is seen when they are used. */
import { invalidField } from '../errors.ts'
import type { ModelRoutes } from '../nouns/directory.ts'
import { MODEL_GLOB_PATTERN, MODEL_NAME_PATTERN, MODEL_NAME_SHAPE } from '../wire/model-name.ts'

const ROUTES_MAX = 100
const PLACES_MAX = 10

const GLOB = new RegExp(MODEL_GLOB_PATTERN)
const NAME = new RegExp(MODEL_NAME_PATTERN)
/** Clients send it, and it is taken off before a name is looked up. */
const PREFIX = 'models/'

export function checkRoutes(routes: unknown): ModelRoutes {
  if (typeof routes !== 'object' || routes === null || Array.isArray(routes)) {
    throw invalidField('routes', 'The routes must be an object: names or globs, and where each leads.')
  }
  const all = Object.entries(routes)
  if (all.length > ROUTES_MAX) throw invalidField('routes', `There can be at most ${ROUTES_MAX} routes.`)
  return Object.freeze(
    Object.fromEntries(all.map(([pattern, to]) => [checkPattern(pattern), checkTo(pattern, to)])),
  )
}

function checkPattern(pattern: string): string {
  if (GLOB.test(pattern) && !pattern.startsWith(PREFIX)) return pattern
  const rule = `A route is for ${MODEL_NAME_SHAPE}, or a glob with *, at most 255 characters, without ${PREFIX}.`
  throw invalidField(fieldOf(pattern), rule)
}

function checkTo(pattern: string, to: unknown): string | readonly string[] {
  const field = fieldOf(pattern)
  if (typeof to === 'string') return checkName(to, field)
  if (!Array.isArray(to) || to.length === 0 || to.length > PLACES_MAX) {
    throw invalidField(field, `A route leads to a model, or to 1 to ${PLACES_MAX} of upstream/model.`)
  }
  const places = to.map((place, index) => checkPlace(place, `${field}[${index}]`))
  if (new Set(places).size < places.length) throw invalidField(field, 'A route names a place twice.')
  return Object.freeze(places)
}

function checkName(name: unknown, field: string): string {
  if (typeof name === 'string' && NAME.test(name) && !name.startsWith(PREFIX)) return name
  const rule = `A route leads to ${MODEL_NAME_SHAPE}, at most 255 characters, without ${PREFIX}.`
  throw invalidField(field, rule)
}

function checkPlace(place: unknown, field: string): string {
  const name = checkName(place, field)
  const slash = name.indexOf('/')
  if (slash > 0 && slash < name.length - 1) return name
  throw invalidField(field, 'In a list, each place is upstream/model.')
}

function fieldOf(pattern: string): string {
  return `routes.${pattern.slice(0, 64)}`
}
