/** A key's grant as the line knows it. */
import type { Caller } from '../nouns.ts'
import type { Directory, KeyGrant } from './directory.ts'

export function callerOf({ key, project, isBudgeted }: KeyGrant): Caller {
  return Object.freeze({
    keyId: key.id,
    name: key.name,
    models: key.models,
    limits: key.limits,
    project: project && Object.freeze({ id: project.id, name: project.name, limits: project.limits }),
    isBudgeted,
  })
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
