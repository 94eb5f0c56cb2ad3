import type { HttpRequest } from '../nouns.ts'
import { type Static, type TSchema, Type } from '../wire/type.ts'
import type { AdminParts } from './parts.ts'

/** One request for an endpoint, its parameters checked. */
export interface AdminCall<Body = unknown, Query = unknown> {
  readonly request: HttpRequest
  /** Empty where the path has none. */
  readonly id: string
  readonly body: Body
  readonly query: Query
}

export interface Reply {
  readonly status: number
  /** Printed as JSON, a `bigint` as a number; without it and without `stream` the answer has no body. */
  readonly body?: object
  /** Sent as fast as the client takes it; when it breaks off, so does the connection. */
  readonly stream?: AsyncIterable<string>
  readonly headers?: Readonly<Record<string, string>>
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

interface Definition<Body extends TSchema, Query extends TSchema> {
  readonly method: Method
  /** `{id}` stands for an id, `{name}` for the name of a model; what follows it in a segment is literal. */
  readonly path: string
  /** Without it there is no body, or an empty object. */
  readonly body?: Body
  /** Strings, as they stand in the query; without it there are no parameters. */
  readonly query?: Query
  /** What stands there now, for a request with `If-Match`; throws `not_found`. */
  etag?(id: string, parts: AdminParts): Promise<string>
  /** Changes that take long and bear company; all others are made one after the other. */
  readonly isLong?: true
  handle(call: AdminCall<Static<Body>, Static<Query>>, parts: AdminParts): Promise<Reply>
}

/** One method on one path. */
export type Endpoint = Definition<TSchema, TSchema>

/** The body of an endpoint that takes no parameters. */
export const EmptyBody = Type.Object({}, { additionalProperties: false })
export const EmptyQuery = Type.Object({}, { additionalProperties: false })

/** An endpoint whose handler knows the types of its own parameters; whoever calls it has checked them. */
export function endpoint<Body extends TSchema = typeof EmptyBody, Query extends TSchema = typeof EmptyQuery>(
  definition: Definition<Body, Query>,
): Endpoint {
  return Object.freeze(definition) as unknown as Endpoint
}

/** The id in the path, empty when the pattern has none; undefined when the path is another. */
export function matchPath(pattern: string, path: readonly string[]): string | undefined {
  const wanted = pattern.split('/').slice(1)
  if (wanted.length !== path.length) return undefined
  let id = ''
  for (const [index, segment] of wanted.entries()) {
    const given = path[index] as string
    const variable = ['{id}', '{name}'].find((one) => segment.startsWith(one))
    if (variable === undefined) {
      if (segment !== given) return undefined
      continue
    }
    const action = segment.slice(variable.length)
    if (!given.endsWith(action)) return undefined
    id = given.slice(0, given.length - action.length)
    // No id has a colon: `{id}` must not swallow the action of another endpoint, nor an unknown one. Models have.
    if (id === '' || (variable === '{id}' && id.includes(':'))) return undefined
  }
  return id
}
