/** From what a client says of a file, and its bytes, to the file's row. */
import { invalidField } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import { readResource } from '../messages.ts'
import { chosenName, newId } from '../names.ts'
import { isExpired } from '../pages.ts'
import { alreadyExists, forget, type ResourceParts } from '../parts.ts'
import type { UploadTarget } from '../uploads/target.ts'
import { FILE_TTL_MS, FILES, type FileDocument, fileView } from './file.ts'
import { checkedMime, SNIFF_BYTES, sniffMime } from './mime.ts'

const DISPLAY_NAME_CHARACTERS_MAX = 512

/** What a client may choose of a file. */
export interface FilePlan {
  readonly name?: string
  readonly displayName?: string
  readonly mimeType?: string
}

/** Reads `{file: {…}}`. Throws `already_exists` when the key has a file of that name. */
export async function planFile(
  parts: ResourceParts,
  keyId: string,
  json: Record<string, unknown>,
  headerMime: string | undefined,
): Promise<FilePlan> {
  const { file = {} } = readResource('CreateFileRequest', json)
  const name = chosenName(FILES, file.name, 'file.name')
  const { displayName } = file
  if (displayName !== undefined && displayName.length > DISPLAY_NAME_CHARACTERS_MAX) {
    const text = `The display name must not be longer than ${DISPLAY_NAME_CHARACTERS_MAX} characters.`
    throw invalidField('file.display_name', text)
  }
  const mimeType =
    checkedMime(file.mimeType, 'file.mime_type') ??
    checkedMime(headerMime, 'x-goog-upload-header-content-type')
  if (name !== undefined) await refuseTaken(parts, keyId, name)
  return {
    ...(name !== undefined && { name }),
    ...(displayName !== undefined && displayName !== '' && { displayName }),
    ...(mimeType !== undefined && { mimeType }),
  }
}

async function refuseTaken(parts: ResourceParts, keyId: string, name: string): Promise<void> {
  const row = await parts.table.get(keyId, name)
  if (row === undefined) return
  if (!isExpired(row, parts.now())) throw alreadyExists()
  await forget(parts, row)
}

export interface NewFile {
  readonly keyId: string
  readonly plan: FilePlan
  readonly source: FileDocument['source']
  /** Without it the file has no bytes. */
  readonly bytes?: { readonly blob: string; readonly sizeBytes: number; readonly sha256: Buffer }
}

export async function newFileRow(
  { blobs, now }: ResourceParts,
  { keyId, plan, source, bytes }: NewFile,
): Promise<ResourceRow> {
  const createdAt = now()
  const start = bytes === undefined ? Buffer.alloc(0) : await blobs.read(bytes.blob, 0, SNIFF_BYTES)
  const document: FileDocument = {
    mimeType: plan.mimeType ?? sniffMime(start),
    ...(plan.displayName !== undefined && { displayName: plan.displayName }),
    source,
    ...(bytes !== undefined && { sha256: bytes.sha256.toString('hex') }),
  }
  return {
    keyId,
    name: plan.name ?? `${FILES}/${newId()}`,
    collection: FILES,
    parent: undefined,
    upstream: undefined,
    createdAt,
    updatedAt: createdAt,
    expiresAt: createdAt + FILE_TTL_MS,
    blob: bytes?.blob,
    sizeBytes: bytes?.sizeBytes ?? 0,
    document: JSON.stringify(document),
  }
}

/** What `POST /upload/{version}/files` makes. */
export function fileUploads(parts: ResourceParts): UploadTarget {
  return {
    path: FILES,
    plan: async ({ keyId, json, mimeType }) => ({ ...(await planFile(parts, keyId, json, mimeType)) }),
    finish: async ({ keyId, plan, request, ...bytes }) => {
      const row = await newFileRow(parts, { keyId, plan, source: 'UPLOADED', bytes })
      return { row, answer: { file: fileView(row, request, parts.now()) } }
    },
  }
}
