/**
 * Names of what lies at an upstream: `files/abc` there is `files/<tag>abc` here, and the tag is the account's. Nothing
 * needs to be looked up to translate either way, and no two accounts' names are ever the same. No dash stands between:
 * Google's clients read a name out of an address up to the first character that is neither letter nor digit.
 */
import { createHash } from 'node:crypto'

export const ROOT_COLLECTIONS: ReadonlySet<string> = new Set([
  'files',
  'cachedContents',
  'batches',
  'fileSearchStores',
])

const ID = '[A-Za-z0-9][A-Za-z0-9_-]{0,127}'
const ROOT = '(files|cachedContents|batches|fileSearchStores)'
const NAME = new RegExp(`^${ROOT}/(${ID})((?:[/:][^?#]*)?)$`)
const OPERATION = new RegExp(`^(models/[^/]{1,256}/operations)/(${ID})$`)
const ADDRESS = new RegExp(`^(https?://[^/?#]+)/(?:[^?#]*/)?(v[0-9][a-z0-9]*)/${ROOT}/(${ID})((?:[/:?].*)?)$`)

export interface ReadName {
  /** `files`, or `models/m/operations`. */
  readonly collection: string
  readonly id: string
  /** What follows the id: `/documents/d`, `:download?alt=media`, or nothing. */
  readonly rest: string
  /** Of an address: `https://host`. */
  readonly origin: string | undefined
  /** Of an address: `v1beta`. */
  readonly version: string
}

/** A name, or an address that ends in one; undefined for everything else. */
export function readName(text: string): ReadName | undefined {
  const [, origin, version = '', root, rootId, tail = ''] = ADDRESS.exec(text) ?? []
  if (root !== undefined && rootId !== undefined) {
    return { collection: root, id: rootId, rest: tail, origin, version }
  }
  const [, collection, id, rest = ''] = NAME.exec(text) ?? OPERATION.exec(text) ?? []
  if (collection === undefined || id === undefined) return undefined
  return { collection, id, rest, origin: undefined, version: '' }
}

/** The upstream's name or address, as our clients see it; undefined when it is neither. */
export function ownName(text: string, tag: string, origin: string): string | undefined {
  const read = readName(text)
  if (read === undefined) return undefined
  const name = `${read.collection}/${tag}${read.id}${read.rest}`
  return read.origin === undefined ? name : `${origin}/${read.version}/${name}`
}

export interface PathName {
  /** Of the resource that has an owner: `files/abc`, `models/m/operations/abc`. */
  readonly root: string
  /** Segments below it, such as `documents` and an id. */
  readonly below: readonly string[]
}

/** What a request's path is about; undefined for a collection, and for paths that no account owns. */
export function pathNameOf(segments: readonly string[]): PathName | undefined {
  const [first = '', id = ''] = segments
  if (ROOT_COLLECTIONS.has(first) && id !== '') {
    return { root: `${first}/${id}`, below: segments.slice(2) }
  }
  const isOperation = first === 'models' && segments.at(-2) === 'operations' && segments.at(-1) !== ''
  return isOperation ? { root: segments.join('/'), below: [] } : undefined
}

const KEY_TAG_CHARACTERS = 6

/**
 * What stands before the names that a key chooses, at the upstream: all keys share its account, and neither may take a
 * name from another nor learn of it.
 */
export function keyTagOf(keyId: string): string {
  return createHash('sha256').update(`names of ${keyId}`).digest('hex').slice(0, KEY_TAG_CHARACTERS)
}
