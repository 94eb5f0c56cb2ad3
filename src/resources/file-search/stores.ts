import { GatewayError, invalidField } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Caller } from '../../nouns.ts'
import { checkedDisplayName } from '../batches/create.ts'
import type { Collection, Endpoint } from '../collection.ts'
import { readResource } from '../messages.ts'
import { isReadableId, newId, shownId } from '../names.ts'
import { isExpired, readPage } from '../pages.ts'
import { forget, type ResourceParts } from '../parts.ts'
import { type AddParts, importEndpoint, STORE_OPERATIONS } from './add.ts'
import { DOCUMENTS, documentOf, documentView } from './document.ts'
import {
  documentsIn,
  EMBEDDING_MODEL_DEFAULT,
  findStore,
  STORES,
  type StoreDocument,
  storeNotFound,
  storeView,
} from './store.ts'

/** Google's own, of stores and of documents. */
const PAGE_SIZES = { standard: 10, max: 20 }
const STORES_PER_KEY_MAX = 1_000
const EMBEDDING_MODEL = /^models\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
/** Of a display name, what begins the store's id. */
const SLUG_CHARACTERS_MAX = 24

export function fileSearchStoresCollection(add: AddParts): Collection {
  return {
    endpoints: [...storeEndpoints(add.parts), importEndpoint(add), ...documentEndpoints(add.parts)],
  }
}

function storeEndpoints(parts: ResourceParts): readonly Endpoint[] {
  const { table, now } = parts
  return [
    {
      method: 'POST',
      path: STORES,
      handle: async ({ request, caller }) => {
        const message = readResource('FileSearchStore', await parts.readJson(request))
        const { count } = await table.totals(caller.keyId, STORES)
        if (count >= STORES_PER_KEY_MAX) throw tooManyStores()
        const row = newStore(caller, message.displayName, message.embeddingModel, now())
        await table.insert(row)
        return { json: await storeView(table, row) }
      },
    },
    {
      method: 'GET',
      path: STORES,
      handle: async ({ request, caller }) => {
        const where = { table, caller, collection: STORES, query: request.query }
        const { rows, nextPageToken } = await readPage({ ...where, sizes: PAGE_SIZES, now: now() })
        const fileSearchStores: object[] = []
        for (const row of rows) fileSearchStores.push(await storeView(table, row))
        return {
          json: { ...(rows.length > 0 && { fileSearchStores }), ...(nextPageToken && { nextPageToken }) },
        }
      },
    },
    {
      method: 'GET',
      path: `${STORES}/{}`,
      handle: async ({ caller, ids: [id = ''] }) => ({
        json: await storeView(table, await findStore(table, caller.keyId, id)),
      }),
    },
    {
      method: 'DELETE',
      path: `${STORES}/{}`,
      handle: async ({ request, caller, ids: [id = ''] }) => {
        const store = await findStore(table, caller.keyId, id)
        await empty(parts, store, isForced(request.query))
        if (!(await forget(parts, store))) throw storeNotFound(id)
        return { json: {} }
      },
    },
    operationEndpoint(parts, 'operations'),
    operationEndpoint(parts, 'upload/operations'),
  ]
}

function newStore(
  { keyId }: Caller,
  displayName: string | undefined,
  embeddingModel: string | undefined,
  createdAt: number,
): ResourceRow {
  const shown = checkedDisplayName(displayName, 'file_search_store.display_name') ?? ''
  if (embeddingModel !== undefined && embeddingModel !== '' && !EMBEDDING_MODEL.test(embeddingModel)) {
    throw invalidField('file_search_store.embedding_model', 'unexpected model name format')
  }
  const document: StoreDocument = {
    displayName: shown,
    embeddingModel: embeddingModel || EMBEDDING_MODEL_DEFAULT,
  }
  const slug = shown
    .toLowerCase()
    .slice(0, SLUG_CHARACTERS_MAX)
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .join('-')
  return {
    keyId,
    name: `${STORES}/${slug === '' ? '' : `${slug}-`}${newId()}`,
    collection: STORES,
    parent: undefined,
    upstream: undefined,
    createdAt,
    updatedAt: createdAt,
    expiresAt: undefined,
    blob: undefined,
    sizeBytes: 0,
    document: JSON.stringify(document),
  }
}

function tooManyStores(): GatewayError {
  const text = `You have reached your limit of ${STORES_PER_KEY_MAX} file search stores.`
  return new GatewayError('resource_exhausted', text)
}

function isForced(query: URLSearchParams): boolean {
  const force = query.get('force') ?? ''
  // The Python client writes its own `True`.
  const word = force.slice(0, 8).toLowerCase()
  if (word === 'true') return true
  if (word === '' || word === 'false') return false
  throw new GatewayError(
    'invalid_argument',
    `Invalid value at 'force' (TYPE_BOOL), ${JSON.stringify(force.slice(0, 64))}`,
  )
}

/** Throws `failed_precondition` when there is something in it and nobody insists. */
async function empty(parts: ResourceParts, store: ResourceRow, force: boolean): Promise<void> {
  const documents = await documentsIn(parts.table, store)
  if (documents.length > 0 && !force) {
    throw new GatewayError('failed_precondition', 'Cannot delete non-empty FileSearchStore.')
  }
  for (const row of documents) await forget(parts, row)
}

/** How an upload or an import went. */
function operationEndpoint({ table, now }: ResourceParts, path: string): Endpoint {
  return {
    method: 'GET',
    path: `${STORES}/{}/${path}/{}`,
    handle: async ({ caller, ids: [store = '', id = ''] }) => {
      const name = `${STORES}/${store}/${path}/${id}`
      const isReadable = isReadableId(store) && isReadableId(id)
      const row = isReadable ? await table.get(caller.keyId, name) : undefined
      if (row === undefined || row.collection !== STORE_OPERATIONS || isExpired(row, now())) {
        throw new GatewayError('not_found', `Operation ${shownId(name)} was not found.`)
      }
      return { json: JSON.parse(row.document) as object }
    },
  }
}

function documentEndpoints(parts: ResourceParts): readonly Endpoint[] {
  const { table, now } = parts
  const one = `${STORES}/{}/${DOCUMENTS}/{}`
  return [
    {
      method: 'GET',
      path: `${STORES}/{}/${DOCUMENTS}`,
      handle: async ({ request, caller, ids: [id = ''] }) => {
        const { name: parent } = await findStore(table, caller.keyId, id)
        const where = { table, caller, collection: DOCUMENTS, parent, query: request.query }
        const { rows, nextPageToken } = await readPage({ ...where, sizes: PAGE_SIZES, now: now() })
        const documents = rows.map(documentView)
        return { json: { ...(rows.length > 0 && { documents }), ...(nextPageToken && { nextPageToken }) } }
      },
    },
    {
      method: 'GET',
      path: one,
      handle: async ({ caller, ids }) => ({ json: documentView(await findDocument(parts, caller, ids)) }),
    },
    {
      method: 'DELETE',
      path: one,
      handle: async ({ request, caller, ids }) => {
        const row = await findDocument(parts, caller, ids)
        // A document that was read has chunks, which go with it only when that is said.
        if (!isForced(request.query) && documentOf(row).state === 'ACTIVE') {
          throw new GatewayError('failed_precondition', 'Cannot delete non-empty Document.')
        }
        await forget(parts, row)
        return { json: {} }
      },
    },
  ]
}

/** Throws `not_found`, or `permission_denied` when the store itself is not the caller's. */
async function findDocument(
  { table }: ResourceParts,
  { keyId }: Caller,
  [store = '', id = '']: readonly string[],
): Promise<ResourceRow> {
  const { name: parent } = await findStore(table, keyId, store)
  const name = `${parent}/${DOCUMENTS}/${id}`
  const row = isReadableId(id) ? await table.get(keyId, name) : undefined
  if (row !== undefined && row.collection === DOCUMENTS) return row
  throw new GatewayError('not_found', `Document ${shownId(name)} was not found.`)
}
