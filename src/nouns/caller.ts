/** A key's grant as the line knows it. */
import type { Caller } from '../nouns.ts'
import { isGlob, mostSpecificFirst } from '../wire/glob.ts'
import type { Directory, KeyGrant, KeyRecord, ProjectRecord, RouteOverride } from './directory.ts'

export function callerOf({ key, project, isBudgeted }: KeyGrant): Caller {
  const overrides = overridesOf(key, project)
  return Object.freeze({
    keyId: key.id,
    name: key.name,
    models: key.models,
    limits: key.limits,
    project: project && Object.freeze({ id: project.id, name: project.name, limits: project.limits }),
    isBudgeted,
    ...(overrides.length > 0 && { overrides }),
  })
}

/** The first that fits is the one that counts: the key's before the project's, names before globs. */
export function overridesOf(
  key: Pick<KeyRecord, 'id' | 'name' | 'routes'> | undefined,
  project: Pick<ProjectRecord, 'id' | 'name' | 'routes'> | undefined,
): readonly RouteOverride[] {
  return Object.freeze([...overridesBy('key', key), ...overridesBy('project', project)])
}

function overridesBy(
  of: RouteOverride['of'],
  owner: Pick<KeyRecord, 'id' | 'name' | 'routes'> | undefined,
): RouteOverride[] {
  if (owner === undefined) return []
  const { id, name, routes } = owner
  const patterns = Object.keys(routes)
  return [...patterns.filter((pattern) => !isGlob(pattern)), ...mostSpecificFirst(patterns)].map((pattern) =>
    Object.freeze({ of, id, name, pattern, to: routes[pattern] as string | readonly string[] }),
  )
}

/** Whoever has this key, for work that goes on after the request; undefined when the key may not be used any more. */
export async function findCaller(
  directory: Pick<Directory, 'getKey' | 'findKeyByDigest'>,
  keyId: string,
): Promise<Caller | undefined> {
  const key = await directory.getKey(keyId)
  const grant = key && (await directory.findKeyByDigest(key.digest))
  return grant && isLive(grant, Date.now()) ? callerOf(grant) : undefined
}

/** Where it is used from does not matter here. */
function isLive({ key, project }: KeyGrant, now: number): boolean {
  return !key.disabled && !project?.disabled && (key.expiresAt === undefined || key.expiresAt > now)
}
