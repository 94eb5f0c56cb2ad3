/** How a document comes into a store: uploaded, or copied from a file. */
import { GatewayError, invalidField } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { StoredFile } from '../../nouns/resources.ts'
import type { Endpoint } from '../collection.ts'
import { documentOf as fileDocumentOf, stateOf } from '../files/file.ts'
import type { FileFinder } from '../files/find.ts'
import { checkedMime, SNIFF_BYTES, sniffMime } from '../files/mime.ts'
import { readResource } from '../messages.ts'
import { newId } from '../names.ts'
import { type RpcStatus, rpcStatusOf, typeOf } from '../operations/operation.ts'
import type { ResourceParts } from '../parts.ts'
import type { UploadTarget } from '../uploads/target.ts'
import { DOCUMENTS, type DocumentDocument, type DocumentPlan, planDocument } from './document.ts'
import { DOCUMENTS_PER_STORE_MAX, documentsIn, findStore, STORES } from './store.ts'

export const STORE_OPERATIONS = 'fileSearchOperations'
/** How long a client can ask how it went. */
const OPERATION_TTL_MS = 48 * 60 * 60 * 1000
const COPY_BYTES = 256 * 1024

/** The words of a file. Throws `GatewayError` when there are none that can be read. */
export type TextOf = (file: StoredFile) => Promise<string>

export interface AddParts {
  readonly parts: ResourceParts
  readonly finder: FileFinder
  readonly textOf: TextOf
}

interface NewDocument {
  readonly store: ResourceRow
  readonly plan: DocumentPlan
  readonly mimeType: string
  readonly blob: string
  readonly sizeBytes: number
}

/** Reads the document once, so that its state says whether it will ever be found. */
async function newDocument(
  { parts, textOf }: AddParts,
  { store, plan, mimeType, blob, sizeBytes }: NewDocument,
): Promise<{ row: ResourceRow; error: RpcStatus | undefined }> {
  const name = `${store.name}/${DOCUMENTS}/${newId()}`
  const file = storedFileOf(parts, { name, mimeType, blob, sizeBytes })
  const error = await textOf(file).then(() => undefined, failureOf)
  const createdAt = parts.now()
  const document: DocumentDocument = { ...plan, mimeType, state: error === undefined ? 'ACTIVE' : 'FAILED' }
  const row: ResourceRow = {
    keyId: store.keyId,
    name,
    collection: DOCUMENTS,
    parent: store.name,
    upstream: undefined,
    createdAt,
    updatedAt: createdAt,
    expiresAt: undefined,
    blob,
    sizeBytes,
    document: JSON.stringify(document),
  }
  return { row, error }
}

/** Our own failure is not the document's. */
function failureOf(thrown: unknown): RpcStatus {
  if (GatewayError.from(thrown).http >= 500) throw thrown
  return rpcStatusOf(thrown)
}

export function storedFileOf(
  { blobs }: ResourceParts,
  {
    name,
    mimeType,
    blob,
    sizeBytes,
  }: Pick<NewDocument, 'mimeType' | 'blob' | 'sizeBytes'> & { name: string },
): StoredFile {
  return {
    name,
    mimeType,
    sizeBytes,
    read: async (start = 0, end = sizeBytes) => {
      const to = Math.min(end, sizeBytes)
      return to <= start ? Buffer.alloc(0) : blobs.read(blob, start, to)
    },
  }
}

/** The store, when it has room for one more. */
async function storeWithRoom({ table }: ResourceParts, keyId: string, id: string): Promise<ResourceRow> {
  const store = await findStore(table, keyId, id)
  if ((await documentsIn(table, store)).length < DOCUMENTS_PER_STORE_MAX) return store
  const text = `A File Search Store must not have more than ${DOCUMENTS_PER_STORE_MAX} documents.`
  throw new GatewayError('resource_exhausted', text)
}

/** The operation by which a client learns what became of its document; done from the beginning. */
async function recordOperation(
  { table, now }: ResourceParts,
  document: ResourceRow,
  kind: 'Upload' | 'Import',
  error: RpcStatus | undefined,
): Promise<object> {
  const parent = document.parent as string
  const path = kind === 'Upload' ? 'upload/operations' : 'operations'
  const response = {
    ...typeOf(kind === 'Upload' ? 'UploadToFileSearchStoreResponse' : 'ImportFileResponse'),
    parent,
    documentName: document.name,
  }
  const name = `${parent}/${path}/${newId()}`
  const operation = { name, done: true, ...(error === undefined ? { response } : { error }) }
  await table.insert({
    keyId: document.keyId,
    name,
    collection: STORE_OPERATIONS,
    parent,
    upstream: undefined,
    createdAt: now(),
    updatedAt: now(),
    expiresAt: now() + OPERATION_TTL_MS,
    blob: undefined,
    sizeBytes: 0,
    document: JSON.stringify(operation),
  })
  return operation
}

/** What `POST /upload/{version}/fileSearchStores/{s}:uploadToFileSearchStore` makes. */
export function documentUploads(add: AddParts): UploadTarget {
  const { parts } = add
  return {
    path: `${STORES}/{}:uploadToFileSearchStore`,
    plan: async ({ keyId, ids: [id = ''], json, mimeType: headerMime }) => {
      const message = readResource('UploadToFileSearchStoreRequest', json)
      const mimeType =
        checkedMime(message.mimeType, 'mime_type') ??
        checkedMime(headerMime, 'x-goog-upload-header-content-type')
      const plan = planDocument(message, '')
      await storeWithRoom(parts, keyId, id)
      return { ...plan, ...(mimeType !== undefined && { mimeType }) }
    },
    finish: async ({ keyId, ids: [id = ''], plan, blob, sizeBytes }) => {
      const { mimeType: told, ...said } = plan as unknown as DocumentPlan & { mimeType?: string }
      const mimeType = told ?? sniffMime(await parts.blobs.read(blob, 0, SNIFF_BYTES))
      const store = await storeWithRoom(parts, keyId, id)
      const { row, error } = await newDocument(add, { store, plan: said, mimeType, blob, sizeBytes })
      return { row, answer: await recordOperation(parts, row, 'Upload', error) }
    },
  }
}

const FILE_NAME = /^files\/([^/]{1,128})$/

export function importEndpoint(add: AddParts): Endpoint {
  const { parts, finder } = add
  return {
    method: 'POST',
    path: `${STORES}/{}:importFile`,
    handle: async ({ request, caller: { keyId }, ids: [id = ''] }) => {
      const { fileName = '', ...told } = readResource('ImportFileRequest', await parts.readJson(request))
      const store = await storeWithRoom(parts, keyId, id)
      const fileId = FILE_NAME.exec(fileName)?.[1]
      if (fileId === undefined)
        throw invalidField('file_name', 'Invalid file name: it must be files/ and an id.')
      const file = await finder.find(keyId, fileId)
      const { mimeType, displayName } = fileDocumentOf(file)
      if (file.blob === undefined || stateOf(file, fileDocumentOf(file), parts.now()) !== 'ACTIVE') {
        const text = `The File ${fileId} is not in an ACTIVE state and usage is not allowed.`
        throw new GatewayError('failed_precondition', text)
      }
      const plan = planDocument(told, displayName ?? fileName)
      return {
        json: await importFile(add, { store, plan, mimeType, blob: file.blob, sizeBytes: file.sizeBytes }),
      }
    },
  }
}

/** A file goes after two days; what is in a store stays, so its bytes are copied. */
async function importFile(add: AddParts, { blob: from, ...rest }: NewDocument): Promise<object> {
  const { blobs, table, quota } = add.parts
  const allowance = await quota.hold(rest.store.keyId, rest.sizeBytes)
  const blob = blobs.newName()
  let made: Awaited<ReturnType<typeof newDocument>>
  try {
    const writer = await blobs.write(blob)
    try {
      for (let at = 0; at < rest.sizeBytes; at += COPY_BYTES) {
        await writer.write(await blobs.read(from, at, Math.min(at + COPY_BYTES, rest.sizeBytes)))
      }
    } finally {
      await writer.close()
    }
    await blobs.finish(blob)
    made = await newDocument(add, { ...rest, blob })
    await table.insert(made.row)
  } catch (error) {
    await blobs.remove(blob)
    throw error
  } finally {
    allowance.release()
  }
  return recordOperation(add.parts, made.row, 'Import', made.error)
}
