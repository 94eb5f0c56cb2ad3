/** `x-wasat-tags: team=search,env=prod`: what a client calls its request by, for its reports. */
import { GatewayError } from '../errors.ts'
import type { Tags } from '../nouns/ledger.ts'

const HEADER = 'x-wasat-tags'
const TAGS_MAX = 10
const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/
const VALUE = /^[\x20-\x7e]{1,128}$/

const RULE =
  `at most ${TAGS_MAX} pairs name=value with commas between them; a name is 1 to 64 of a-z, 0-9, "_", "." and "-", ` +
  'begins with a letter or digit, and stands there once; a value is 1 to 128 printable ASCII characters'

/** Throws `invalid_argument`. Blanks around names and values are left out, capitals in names are lowered. */
export function tagsOf(header: string | readonly string[] | undefined): Tags | undefined {
  if (header === undefined) return undefined
  // A header that was sent twice is one list.
  const pairs = String(header).split(',', TAGS_MAX + 1)
  if (pairs.length > TAGS_MAX) throw refusal()
  const tags = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, equals)).trim().toLowerCase()
    const value = pair.slice(equals + 1).trim()
    if (!NAME.test(name) || !VALUE.test(value) || tags.has(name)) throw refusal()
    tags.set(name, value)
  }
  return Object.freeze(Object.fromEntries(tags))
}

/** Of pairs that were given for another end: those that are fit to be tags; undefined when none is. */
export function tagsFrom(pairs: Readonly<Record<string, unknown>>): Tags | undefined {
  const fit = Object.entries(pairs)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name, value]) => NAME.test(name) && typeof value === 'string' && VALUE.test(value))
    .slice(0, TAGS_MAX)
  return fit.length === 0 ? undefined : Object.freeze(Object.fromEntries(fit) as Tags)
}

/** The value is not repeated: it may be long, and it is the client's own. */
function refusal(): GatewayError {
  return new GatewayError('invalid_argument', `The header ${HEADER} must be ${RULE}.`)
}
