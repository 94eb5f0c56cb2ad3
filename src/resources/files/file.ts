/** A file as its row keeps it, and as a client sees it. */

import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { HttpRequest } from '../../nouns.ts'

export const FILES = 'files'
/** Google keeps a file this long. */
export const FILE_TTL_MS = 48 * 60 * 60 * 1000
/** A video is being looked at for this long; everything else can be used at once. */
export const VIDEO_PROCESSING_MS = 1_000

/** The document of a file's row. */
export interface FileDocument {
  readonly mimeType: string
  readonly displayName?: string
  readonly source: 'UPLOADED' | 'GENERATED'
  /** Hexadecimal; a file without bytes has none. */
  readonly sha256?: string
  /** What was found when the file was looked at: once, after its processing. */
  readonly described?: { readonly videoDuration?: string; readonly error?: string }
}

export type FileState = 'PROCESSING' | 'ACTIVE' | 'FAILED'

export function documentOf(row: ResourceRow): FileDocument {
  return JSON.parse(row.document) as FileDocument
}

export function isVideo({ mimeType }: FileDocument): boolean {
  return mimeType.toLowerCase().startsWith('video/')
}

export function stateOf(row: ResourceRow, document: FileDocument, now: number): FileState {
  if (document.described?.error !== undefined) return 'FAILED'
  return isVideo(document) && now < row.createdAt + VIDEO_PROCESSING_MS ? 'PROCESSING' : 'ACTIVE'
}

/** INVALID_ARGUMENT in `google.rpc.Code`. */
const INVALID_ARGUMENT = 3

/** Google's File. `now` is in milliseconds since the epoch. */
export function fileView(row: ResourceRow, request: HttpRequest, now: number): object {
  const document = documentOf(row)
  const { displayName, mimeType, sha256, source, described } = document
  const uri = `${request.origin()}/v1beta/${row.name}`
  return {
    name: row.name,
    ...(displayName !== undefined && { displayName }),
    mimeType,
    ...(row.sizeBytes > 0 && { sizeBytes: String(row.sizeBytes) }),
    createTime: timeOf(row.createdAt),
    updateTime: timeOf(row.updatedAt),
    ...(row.expiresAt !== undefined && { expirationTime: timeOf(row.expiresAt) }),
    // Google's own base64 holds the digest's hexadecimal text, not its bytes.
    ...(sha256 !== undefined && { sha256Hash: Buffer.from(sha256).toString('base64') }),
    uri,
    ...(source === 'GENERATED' && { downloadUri: `${uri}:download?alt=media` }),
    state: stateOf(row, document, now),
    source,
    ...(described?.error !== undefined && { error: { code: INVALID_ARGUMENT, message: described.error } }),
    ...(described?.videoDuration !== undefined && {
      videoMetadata: { videoDuration: described.videoDuration },
    }),
  }
}

export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
