/** Requests for what lies, or shall lie, at an upstream that has a store of its own. */
import { modelNotFound } from '../../errors.ts'
import type { ResourceTable } from '../../nouns/resource-table.ts'
import type { Caller, HttpRequest, Opening, ResourcePath, Target, Upstream } from '../../nouns.ts'
import { type Reply, routeNotFound } from '../collection.ts'
import { isReadableId, shownId } from '../names.ts'
import { uploadIdOf } from '../uploads/uploads.ts'
import { createHosts } from './hosts.ts'
import { modelHome, pathOf, type Relaying, relayItem, relayNew } from './items.ts'
import { isListed, relayList } from './lists.ts'
import { pathNameOf, readName } from './names.ts'
import { withOwnName } from './own-name.ts'
import { createPlace, type Place } from './place.ts'
import { createReferences } from './references.ts'
import { createRelayedRows, isRelayed, relayedDocumentOf } from './rows.ts'
import { continueUpload, isRelayedUpload, startUpload, type UploadRoom } from './uploads.ts'

export interface RelayOptions {
  /** In the order of the configuration, as it stands now. */
  readonly upstreams: () => readonly Upstream[]
  /** Where a model leads; empty when nowhere. */
  readonly find: (model: string, caller: Caller) => readonly Target[]
  readonly table: ResourceTable
  readonly fileBytesMax: number
  isKeyLive(keyId: string): Promise<boolean>
  parseJson(bytes: Buffer): Record<string, unknown>
  now(): number
}

export interface Relay {
  readonly place: Place
  /** The reply, or the request as it is to be answered from what lies here. */
  answer(
    request: HttpRequest,
    opening: Opening,
    path: ResourcePath,
    caller: Caller | undefined,
  ): Promise<Reply | { readonly local: HttpRequest }>
}

/** What makes something of a model that lies where the model is. */
const MODEL_ACTIONS: ReadonlySet<string> = new Set([
  'asyncBatchEmbedContent',
  'batchGenerateContent',
  'predictLongRunning',
])
const UPLOAD_TO_STORE = 'uploadToFileSearchStore'
const ACTION = /^[A-Za-z]{0,64}$/
const MODEL = /^[A-Za-z0-9_](?:[A-Za-z0-9._@+-]*[A-Za-z0-9])?$/

export function createRelay(options: RelayOptions): Relay {
  const hosts = createHosts(options.upstreams)
  const rows = createRelayedRows(options.table, options.now)
  const references = createReferences(hosts, rows)
  const room: UploadRoom = { ...options, hosts, rows, references }

  async function answer(
    request: HttpRequest,
    opening: Opening,
    path: ResourcePath,
    caller: Caller | undefined,
  ): Promise<Reply | { readonly local: HttpRequest }> {
    const here = { local: request }
    if (!hosts.any()) return here
    const uploadId = path.isUpload ? uploadIdOf(request) : undefined
    if (isRelayedUpload(uploadId)) return continueUpload(room, request, uploadId, caller)
    if (uploadId !== undefined || caller === undefined) return here
    const relaying: Relaying = { request, opening, path, caller }
    if (path.isUpload && path.segments.join('/') === 'files')
      return (await uploadFile(room, relaying)) ?? here
    const item = await itemReply(room, relaying)
    if (item !== undefined) return item
    if (path.isUpload || path.action !== '' || path.segments.length !== 1) return madeOfModel(room, relaying)
    const [collection = ''] = path.segments
    if (request.method === 'GET' && isListed(collection)) {
      const listed = await relayList(room, relaying, collection)
      return listed === 'local' ? { local: withoutToken(request) } : (listed ?? here)
    }
    return request.method === 'POST' ? made(room, relaying, collection) : here
  }

  return { place: createPlace(hosts, references), answer }
}

async function uploadFile(room: UploadRoom, relaying: Relaying): Promise<Reply | undefined> {
  const { request, caller, path } = relaying
  const home =
    path.action === '' && request.method === 'POST' ? room.hosts.forNew(caller, request) : undefined
  return home && startUpload(room, relaying, home, 'files')
}

/** For a path that names something with an owner; undefined when it lies here, or nowhere. */
async function itemReply(room: UploadRoom, relaying: Relaying): Promise<Reply | undefined> {
  const { path, caller } = relaying
  const named = pathNameOf(path.segments)
  const read = named && readName(named.root)
  const row = read && (await room.references.rowOf(caller, read))
  if (row === undefined || named === undefined || !isRelayed(row)) return undefined
  if (!named.below.every(isReadableId) || !ACTION.test(path.action)) throw routeNotFound()
  if (!path.isUpload) return relayItem(room, relaying, row, named.below)
  // What is under way says so below `upload`, and is asked for like anything else.
  if (relaying.request.method === 'GET') return relayItem(room, relaying, row, named.below)
  if (path.action !== UPLOAD_TO_STORE || named.below.length > 0) throw routeNotFound()
  const { tag, remote } = relayedDocumentOf(row)
  const home = room.hosts.home(row.upstream as string, tag, row.name)
  return startUpload(room, relaying, home, pathOf(remote, [], path.action))
}

/** `models/m:batchGenerateContent` and what else is made of a model; anything else is answered here. */
async function madeOfModel(
  room: UploadRoom,
  relaying: Relaying,
): Promise<Reply | { readonly local: HttpRequest }> {
  const { request, opening, path, caller } = relaying
  const [first = '', ...names] = path.segments
  const isMade = request.method === 'POST' && first === 'models' && MODEL_ACTIONS.has(path.action)
  if (path.isUpload || !isMade) return { local: request }
  if (!names.every((name) => MODEL.test(name))) {
    throw modelNotFound(shownId(names.join('/')), opening.apiVersion, path.action)
  }
  const model = names.join('/')
  if (room.hosts.forModel(caller, request, room.find(model, caller)) === undefined) return { local: request }
  const body = await request.body()
  room.parseJson(body)
  const found = await modelHome(room, relaying, model, path.action, body)
  if (found === undefined) return { local: replayed(request, body) }
  await room.rows.refuseTooMany(caller.keyId, path.action === 'predictLongRunning' ? 'models/' : 'batches')
  return relayNew(room, relaying, found.home, pathOf(`models/${found.model}`, [], path.action), found.body)
}

/** A new cache lies where its model is; anything else where new things go. */
async function made(
  room: UploadRoom,
  relaying: Relaying,
  collection: string,
): Promise<Reply | { readonly local: HttpRequest }> {
  const { request, caller } = relaying
  if (collection !== 'cachedContents' && collection !== 'files' && collection !== 'fileSearchStores') {
    return { local: request }
  }
  const body = await request.body()
  const local = { local: replayed(request, body) }
  const json = room.parseJson(body)
  await room.rows.refuseTooMany(caller.keyId, collection)
  if (collection === 'cachedContents') {
    const model = typeof json.model === 'string' ? json.model.replace(/^models\//, '') : ''
    const found = await modelHome(room, relaying, model, 'createCachedContent', body)
    return found === undefined ? local : relayNew(room, relaying, found.home, collection, found.body)
  }
  const home = room.hosts.forNew(caller, request)
  return home === undefined ? local : relayNew(room, relaying, home, collection, withOwnName(body, caller))
}

/** The request once more, after its body was read. */
function replayed(request: HttpRequest, body: Buffer): HttpRequest {
  return {
    ...request,
    body: async (visit) => {
      visit?.(body)
      return body
    },
  }
}

function withoutToken(request: HttpRequest): HttpRequest {
  const query = new URLSearchParams(request.query)
  query.delete('pageToken')
  query.delete('page_token')
  return { ...request, query }
}
