/** Which stored things a request uses, whose they are, and what they are called where they lie. */
import { GatewayError, invalidField } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Caller } from '../../nouns.ts'
import { cacheNotFound } from '../caches/cache.ts'
import { fileNotFound } from '../files/find.ts'
import { shownId } from '../names.ts'
import type { Home, Hosts } from './hosts.ts'
import { replaceStrings } from './json-strings.ts'
import { keyTagOf, type ReadName, readName } from './names.ts'
import { isRelayed, type RelayedRows, relayedDocumentOf } from './rows.ts'

/** Members that name a stored thing, in both spellings, and the collections that they may name. */
const MEMBERS: ReadonlyMap<string, string> = new Map(
  [
    ['fileUri', 'files'],
    ['fileName', 'files'],
    ['cachedContent', 'cachedContents'],
    ['fileSearchStoreNames', 'fileSearchStores'],
    // A video that is to be made longer; calls have none.
    ['uri', 'files'],
  ].flatMap(([member = '', collection = '']) => [
    [member, collection],
    [member.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), collection],
  ]),
)
/** How the members of calls begin, for a first look; the last is how JSON writes a letter that it need not write so. */
const TRACES = ['"file', '"cached', '\\u00'].map((trace) => Buffer.from(trace))
/** A longer body is long by its strings, which are passed over faster than they can be searched. */
const SEARCHED_BYTES_MAX = 32 * 1024
/** Somebody's own data may have members of any name. */
const OWN_DATA: ReadonlySet<string> = new Set([
  'args',
  'response',
  'parameters',
  'parametersJsonSchema',
  'parameters_json_schema',
  'responseSchema',
  'response_schema',
  'responseJsonSchema',
  'response_json_schema',
  'metadata',
])
const REFERENCES_MAX = 1_000
const ADDRESSES: ReadonlySet<string> = new Set(['fileUri', 'file_uri', 'uri'])

/** What a request uses of what was stored. */
export interface Used {
  /** The one account that all of it lies in, when it lies at an upstream. */
  readonly home: Home | undefined
  /** The name of one of these things, for an error. */
  readonly shown: string
  /** The first thing that lies here. */
  readonly local: string | undefined
  /** The body with the names that the upstream knows. */
  readonly body: Buffer
}

export interface References {
  /** Whether a body can be seen to use nothing without being looked through. */
  isPlain(body: Buffer): boolean
  /** Undefined for a body that uses nothing of ours, or of anybody's here. Throws `permission_denied`. */
  find(caller: Caller, body: Buffer): Promise<Used> | undefined
  /** The row of a name that the caller may use; throws for another's. */
  rowOf(caller: Caller, name: Pick<ReadName, 'collection' | 'id'>): Promise<ResourceRow | undefined>
}

export function createReferences(hosts: Hosts, rows: RelayedRows): References {
  /** The caller's row by a name as we gave it, as the caller chose it, or as the upstream knows it. */
  async function rowOf({ keyId }: Caller, { collection, id }: Pick<ReadName, 'collection' | 'id'>) {
    const own = await rows.get(keyId, `${collection}/${id}`)
    if (own !== undefined) return own
    const homes = hosts.all()
    for (const { account } of homes) {
      const chosen = await rows.get(keyId, `${collection}/${account.tag}${keyTagOf(keyId)}${id}`)
      if (chosen !== undefined) return chosen
    }
    for (const { account } of homes) {
      const raw = await rows.find(`${collection}/${account.tag}${id}`)
      if (raw !== undefined && raw.keyId !== keyId) throw denied(collection, id)
      if (raw !== undefined) return raw
    }
    if (homes.some(({ account }) => id.startsWith(account.tag))) throw denied(collection, id)
    return undefined
  }

  async function use(caller: Caller, body: Buffer, values: ReadonlySet<string>): Promise<Used> {
    const names = new Map<string, string>()
    let home: Home | undefined
    let shown = ''
    let local: string | undefined
    for (const value of values) {
      const read = readName(value) as ReadName
      const row = await rowOf(caller, read)
      if (row === undefined) continue
      if (!isRelayed(row)) {
        local ??= row.name
        continue
      }
      const { tag, remote, uri } = relayedDocumentOf(row)
      const found = hosts.home(row.upstream as string, tag, row.name)
      if (home !== undefined && (home.upstream !== found.upstream || home.account.tag !== tag)) {
        throw twoHomes(shown, row.name)
      }
      home = found
      shown ||= row.name
      names.set(value, read.origin === undefined ? remote : (uri ?? found.host.addressOf(remote)))
    }
    if (home !== undefined && local !== undefined) throw twoHomes(shown, local)
    const addressOf = home?.host.addressOf
    return { home, shown: shown || (local ?? ''), local, body: renamed(body, names, addressOf) }
  }

  return {
    rowOf,
    isPlain: (body) => body.length <= SEARCHED_BYTES_MAX && !TRACES.some((trace) => body.includes(trace)),
    find: (caller, body) => {
      const values = valuesIn(body)
      return values.size === 0 ? undefined : use(caller, body, values)
    },
  }
}

/** Every name in a place where a name of ours may stand. */
function valuesIn(body: Buffer): ReadonlySet<string> {
  const values = new Set<string>()
  replaceStrings(body, OWN_DATA, (value, path) => {
    const collection = MEMBERS.get(path.at(-1) ?? '')
    if (collection !== undefined && readName(value)?.collection === collection) values.add(value)
    if (values.size > REFERENCES_MAX) {
      throw new GatewayError('invalid_argument', `A request may use up to ${REFERENCES_MAX} stored things.`)
    }
    return undefined
  })
  return values
}

/** A model reads a file by its address alone, so a bare name becomes one. */
function renamed(
  body: Buffer,
  names: ReadonlyMap<string, string>,
  addressOf: ((name: string) => string) | undefined,
): Buffer {
  if (names.size === 0 || addressOf === undefined) return body
  return replaceStrings(body, OWN_DATA, (value, path) => {
    const member = path.at(-1) ?? ''
    const name = MEMBERS.has(member) ? names.get(value) : undefined
    if (name === undefined) return undefined
    const isAddress = ADDRESSES.has(member)
    return isAddress && name.startsWith('files/') ? addressOf(name) : name
  })
}

/** The words for what does not exist; what is another's looks the same. */
export function denied(collection: string, id: string): GatewayError {
  if (collection === 'files') return fileNotFound(id)
  if (collection === 'cachedContents') return cacheNotFound()
  if (collection === 'fileSearchStores') {
    const text = `You do not have permission to access the File Search Store ${shownId(id)} or it may not exist.`
    return new GatewayError('permission_denied', text)
  }
  return new GatewayError('not_found', 'Requested entity was not found.')
}

function twoHomes(one: string, other: string): GatewayError {
  return invalidField(
    '',
    `${one} and ${other} lie in different accounts, and one request can use only what lies in one. ` +
      'Store one of them again, so that both lie together.',
  )
}
