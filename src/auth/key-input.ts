import { invalidField } from '../errors.ts'
import type { Limits } from '../nouns/directory.ts'
import { CREDENTIAL_BYTES_MAX, isPresentable, SECRET_BYTES_MIN } from './hash.ts'

const NAME_LENGTH_MAX = 100
const MODELS_MAX = 100
const GLOB_LENGTH_MAX = 256

const LIMIT_MAX = 1_000_000_000
/** The end of the year 9999: later instants have no RFC 3339 text. */
const INSTANT_MAX = 253_402_300_799_999

const ID = /^[a-z0-9][a-z0-9-]{0,31}$/
/** Control characters, line and paragraph separators: what could break a line of a log or a table. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u
const GLOB = /^[\x21-\x7e]+$/

export function checkId(id: string): string {
  if (!ID.test(id)) throw invalidField('id', 'The id must be 1 to 32 of a-z, 0-9 and "-".')
  return id
}

export function checkName(name: unknown): string {
  if (typeof name !== 'string') throw invalidField('name', 'The name must be text.')
  // Counted as a reader counts, so that an emoji is one.
  const length = [...name].length
  if (name.trim() === '' || length > NAME_LENGTH_MAX) {
    throw invalidField('name', `The name must have 1 to ${NAME_LENGTH_MAX} characters.`)
  }
  if (CONTROL.test(name) || !name.isWellFormed()) {
    throw invalidField('name', 'The name must not contain control characters.')
  }
  return name
}

export function checkModels(models: unknown): readonly string[] {
  if (!Array.isArray(models)) throw invalidField('models', 'The models must be a list of globs.')
  if (models.length > MODELS_MAX) throw invalidField('models', `At most ${MODELS_MAX} models can be listed.`)
  return Object.freeze(models.map(checkGlob))
}

function checkGlob(glob: unknown, index: number): string {
  if (typeof glob === 'string' && glob.length <= GLOB_LENGTH_MAX && GLOB.test(glob)) return glob
  const rule = `A glob must be 1 to ${GLOB_LENGTH_MAX} printable ASCII characters without spaces.`
  throw invalidField(`models[${index}]`, rule)
}

/** A whole key chosen by the operator. The text itself never gets into the error. */
export function checkSecret(secret: string): string {
  if (!isPresentable(secret) || secret.trim() !== secret) {
    const rule = `${SECRET_BYTES_MIN} to ${CREDENTIAL_BYTES_MAX} printable ASCII characters, without spaces at the ends`
    throw invalidField('secret', `The secret must be ${rule}.`)
  }
  if (secret.startsWith('wsa_'))
    throw invalidField('secret', 'The secret must not look like an admin key (wsa_).')
  return secret
}

const LIMIT_NAMES: readonly (keyof Limits)[] = [
  'requestsPerMinute',
  'tokensPerMinute',
  'requestsPerDay',
  'tokensPerDay',
  'concurrentRequests',
]

/** Limits of a key or a project; what is not named is not limited. */
export function checkLimits(limits: unknown): Limits {
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) {
    throw invalidField('limits', `The limits must be an object with ${LIMIT_NAMES.join(', ')}.`)
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!LIMIT_NAMES.includes(name as keyof Limits)) {
      throw invalidField(
        `limits.${name.slice(0, 64)}`,
        `There is no such limit; there are ${LIMIT_NAMES.join(', ')}.`,
      )
    }
    if (!Number.isSafeInteger(value) || value < 1 || value > LIMIT_MAX) {
      throw invalidField(`limits.${name}`, `A limit must be an integer from 1 to ${LIMIT_MAX}.`)
    }
  }
  return Object.freeze({ ...limits })
}

/** Milliseconds since the epoch, to come. */
export function checkExpiry(expiresAt: unknown, now: number): number {
  if (
    !Number.isSafeInteger(expiresAt) ||
    (expiresAt as number) <= now ||
    (expiresAt as number) > INSTANT_MAX
  ) {
    throw invalidField('expiresAt', 'The expiry must be a time in the future.')
  }
  return expiresAt as number
}
