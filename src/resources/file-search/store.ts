/** A file search store as its row keeps it, and as a client sees it. */
import { GatewayError } from '../../errors.ts'
import type { ResourceRow, ResourceTable } from '../../nouns/resource-table.ts'
import { timeOf } from '../files/file.ts'
import { isReadableId, shownId } from '../names.ts'
import { DOCUMENTS, documentOf } from './document.ts'

export const STORES = 'fileSearchStores'
export const EMBEDDING_MODEL_DEFAULT = 'models/gemini-embedding-001'
/** All of a store's documents are read for one question. */
export const DOCUMENTS_PER_STORE_MAX = 1_000

/** The document of a store's row. */
export interface StoreDocument {
  readonly displayName: string
  readonly embeddingModel: string
}

export async function storeView(table: ResourceTable, row: ResourceRow): Promise<object> {
  const { displayName, embeddingModel } = JSON.parse(row.document) as StoreDocument
  const counts = { ACTIVE: 0, FAILED: 0 }
  let sizeBytes = 0
  for (const one of await documentsIn(table, row)) {
    counts[documentOf(one).state]++
    sizeBytes += one.sizeBytes
  }
  // protojson leaves zeros out.
  return {
    name: row.name,
    displayName,
    createTime: timeOf(row.createdAt),
    updateTime: timeOf(row.updatedAt),
    ...(counts.ACTIVE > 0 && { activeDocumentsCount: String(counts.ACTIVE) }),
    ...(counts.FAILED > 0 && { failedDocumentsCount: String(counts.FAILED) }),
    ...(sizeBytes > 0 && { sizeBytes: String(sizeBytes) }),
    embeddingModel,
  }
}

/** Every document of the store, the oldest first. */
export async function documentsIn(
  table: ResourceTable,
  { keyId, name }: ResourceRow,
): Promise<readonly ResourceRow[]> {
  const query = { keyId, collection: DOCUMENTS, parent: name, limit: DOCUMENTS_PER_STORE_MAX }
  return (await table.list(query)).toReversed()
}

/** Throws `permission_denied`: the same for a store that is another's, and one that there is not. */
export async function findStore(table: ResourceTable, keyId: string, id: string): Promise<ResourceRow> {
  const row = isReadableId(id) ? await table.get(keyId, `${STORES}/${id}`) : undefined
  if (row !== undefined && row.collection === STORES) return row
  throw storeNotFound(id)
}

export function storeNotFound(id: string): GatewayError {
  return new GatewayError(
    'permission_denied',
    `You do not have permission to access the File Search Store ${shownId(id)} or it may not exist.`,
  )
}
