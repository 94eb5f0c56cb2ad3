/**
 * Lists of a caller's own things. They are made from our rows, and each thing's state is fetched from its account: the
 * upstream's own list would have to be read through everybody's things to find the few of one key.
 */
import { GatewayError } from '../../errors.ts'
import type { ResourceRow, ResourceTable } from '../../nouns/resource-table.ts'
import type { Reply } from '../collection.ts'
import { readPage } from '../pages.ts'
import { isJson, readWhole, understand } from './answers.ts'
import { ask, pathOf, type Relaying, type RelayRoom } from './items.ts'
import { relayedCollection, relayedDocumentOf } from './rows.ts'

/** Answered one by one, so a page is shorter than the upstream's own may be. */
const PAGE_SIZES = { standard: 10, max: 100 }
const FETCHES_AT_ONCE = 4
/** Of one thing; results that lie inline are left out. */
const SHOWN_BYTES_MAX = 1024 * 1024

/** The member that a list stands in. */
const MEMBERS: Readonly<Record<string, string>> = {
  batches: 'operations',
  cachedContents: 'cachedContents',
  fileSearchStores: 'fileSearchStores',
  files: 'files',
}
/** Page tokens of what lies at upstreams begin with the first; the second is where what lies here begins. */
const RELAYED = 'r.'
const LOCAL = 'l.'

export function isListed(collection: string): boolean {
  return Object.hasOwn(MEMBERS, collection)
}

/**
 * First what lies at upstreams, then what lies here. Undefined when this page is of the latter; `local` when it is its
 * first page, with a token that its own list does not know.
 */
export async function relayList(
  room: RelayRoom & { readonly table: ResourceTable },
  relaying: Relaying,
  collection: string,
): Promise<Reply | 'local' | undefined> {
  const { request, caller } = relaying
  const token = request.query.get('pageToken') ?? request.query.get('page_token') ?? ''
  if (token === LOCAL) return 'local'
  const isFirst = token === '' && (await room.rows.count(caller.keyId, collection)) > 0
  if (!isFirst && !token.startsWith(RELAYED)) return undefined
  const query = new URLSearchParams(request.query)
  query.delete('page_token')
  query.set('pageToken', token.slice(RELAYED.length))
  const page = await readPage({
    ...{ table: room.table, caller, query, sizes: PAGE_SIZES, now: room.now() },
    collection: relayedCollection(collection),
    names: collection,
  })
  const items = await fetchAll(room, relaying, page.rows)
  const hasLocal = (await room.table.totals(caller.keyId, collection)).count > 0
  const next = page.nextPageToken === undefined ? (hasLocal ? LOCAL : '') : RELAYED + page.nextPageToken
  return jsonReply(MEMBERS[collection] as string, items, next)
}

/** In the rows' order; what is gone is left out. */
async function fetchAll(
  room: RelayRoom,
  relaying: Relaying,
  rows: readonly ResourceRow[],
): Promise<readonly Buffer[]> {
  const found: (Buffer | undefined)[] = []
  const queue = rows.entries()
  const work = async () => {
    for (const [index, row] of queue) found[index] = await fetchOne(room, relaying, row)
  }
  await Promise.all(Array.from({ length: FETCHES_AT_ONCE }, work))
  return found.filter((item) => item !== undefined)
}

async function fetchOne(
  room: RelayRoom,
  { request, opening, path, caller }: Relaying,
  row: ResourceRow,
): Promise<Buffer | undefined> {
  const { tag, remote } = relayedDocumentOf(row)
  const home = room.hosts.find(row.upstream as string, tag)
  // Nobody can say any more what has become of it.
  if (home === undefined) return undefined
  const single = { ...request, query: new URLSearchParams() }
  const answer = await ask(
    { request: single, opening, path, caller },
    home,
    pathOf(remote, [], ''),
    undefined,
  )
  const bytes = await readWhole(answer, home.upstream)
  if (answer.status === 404 || answer.status === 403) return undefined
  if (answer.status >= 400 || !isJson(answer)) throw cannotList(home.upstream)
  const { bytes: shown } = understand(bytes, { caller, request, home })
  return shown.length > SHOWN_BYTES_MAX ? withoutResults(shown) : shown
}

/** What a batch made can be of any size; who wants it asks for the batch. */
function withoutResults(bytes: Buffer): Buffer {
  const { name, metadata, done, error } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
  const { output: _, ...rest } = (metadata ?? {}) as Record<string, unknown>
  return Buffer.from(JSON.stringify({ name, metadata: rest, done, error }))
}

function jsonReply(member: string, items: readonly Buffer[], nextPageToken: string): Reply {
  const list = Buffer.concat(items.flatMap((item, at) => (at === 0 ? [item] : [Buffer.from(','), item])))
  const fields = [
    ...(items.length > 0 ? [Buffer.concat([Buffer.from(`"${member}":[`), list, Buffer.from(']')])] : []),
    ...(nextPageToken === '' ? [] : [Buffer.from(`"nextPageToken":${JSON.stringify(nextPageToken)}`)]),
  ]
  const inner = fields.flatMap((field, at) => (at === 0 ? [field] : [Buffer.from(','), field]))
  const bytes = Buffer.concat([Buffer.from('{'), ...inner, Buffer.from('}\n')])
  return {
    headers: { 'content-type': 'application/json; charset=UTF-8', 'content-length': bytes.length },
    stream: async (response) => response.end(bytes),
  }
}

function cannotList(upstream: string): GatewayError {
  return new GatewayError(
    'upstream_unavailable',
    `The upstream ${upstream} could not say what it stores. Please retry.`,
  )
}
