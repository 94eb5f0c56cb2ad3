import type { HttpRequest, KeyRecord } from '../nouns.ts'

/** What the endpoints need of the client keys; errors are `GatewayError`. */
export interface AdminKeys {
  create(input: { readonly name: string; readonly models: readonly string[] }): Promise<IssuedKey>
  list(): Promise<readonly KeyRecord[]>
  get(id: string): Promise<KeyRecord>
  setDisabled(id: string, disabled: boolean): Promise<KeyRecord>
  rotate(id: string): Promise<IssuedKey>
  remove(id: string): Promise<void>
}

export interface IssuedKey {
  readonly record: KeyRecord
  readonly key: string
}

/** What every endpoint works with. */
export interface AdminParts {
  readonly keys: AdminKeys
  /** Wasat's own version. */
  readonly version: string
}

/** One request for an endpoint; `id` is empty where the path has none. */
export interface AdminCall {
  readonly request: HttpRequest
  readonly id: string
}

export interface Reply {
  readonly status: number
  /** Printed as JSON; without it the answer has no body. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** One method on one path. In the path `{id}` stands for the id of a key; what follows it in a segment is literal. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  handle(call: AdminCall, parts: AdminParts): Promise<Reply>
}

/** The id in the path, empty when the pattern has none; undefined when the path is another. */
export function matchPath(pattern: string, path: readonly string[]): string | undefined {
  const wanted = pattern.split('/').slice(1)
  if (wanted.length !== path.length) return undefined
  let id = ''
  for (const [index, segment] of wanted.entries()) {
    const given = path[index] as string
    if (!segment.startsWith('{id}')) {
      if (segment !== given) return undefined
      continue
    }
    const action = segment.slice('{id}'.length)
    if (!given.endsWith(action)) return undefined
    id = given.slice(0, given.length - action.length)
    // No id has a colon: `{id}` must not swallow the action of another endpoint, nor an unknown one.
    if (id === '' || id.includes(':')) return undefined
  }
  return id
}
