/** One file of a key, looked at as far as it needs to be. */
import { GatewayError } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { StoredFile } from '../../nouns/resources.ts'
import { isReadableId, shownId } from '../names.ts'
import { isExpired } from '../pages.ts'
import type { ResourceParts } from '../parts.ts'
import { documentOf, FILES, isVideo, stateOf } from './file.ts'

/** What can be told of a file by its bytes; throws when they are not what their type says. */
export type Describe = (file: StoredFile) => Promise<{ readonly videoDuration?: string } | undefined>

export interface FileFinder {
  /** Throws `permission_denied`: the same for a file that is another's and one that there is not. */
  find(keyId: string, id: string): Promise<ResourceRow>
  /** The row with what became known since it was written: a video is looked at once its processing is over. */
  settled(row: ResourceRow): Promise<ResourceRow>
}

const ERROR_CHARACTERS_MAX = 200

export function createFileFinder(parts: ResourceParts, describe: Describe | undefined): FileFinder {
  const { table, blobs, now } = parts

  async function settled(row: ResourceRow): Promise<ResourceRow> {
    const document = documentOf(row)
    if (describe === undefined || row.blob === undefined || document.described !== undefined) return row
    if (!isVideo(document) || stateOf(row, document, now()) === 'PROCESSING') return row
    const described = await describe(storedFile(row, blobs)).then(
      (found) => found ?? {},
      (error) => ({ error: faultOf(error) }),
    )
    const next = { ...row, updatedAt: now(), document: JSON.stringify({ ...document, described }) }
    await table.update(next)
    return next
  }

  return {
    settled,
    find: async (keyId, id) => {
      const row = isReadableId(id) ? await table.get(keyId, `${FILES}/${id}`) : undefined
      if (row === undefined || row.collection !== FILES || isExpired(row, now())) throw fileNotFound(id)
      return settled(row)
    },
  }
}

/** Our own failure is not the file's; what the reader says of the file is told as it is. */
function faultOf(error: unknown): string {
  const failure = GatewayError.from(error)
  if (failure.http >= 500) throw failure
  return failure.message.slice(0, ERROR_CHARACTERS_MAX)
}

export function storedFile(row: ResourceRow, blobs: ResourceParts['blobs']): StoredFile {
  const { name, sizeBytes, blob } = row
  return {
    name,
    mimeType: documentOf(row).mimeType,
    sizeBytes,
    read: async (start = 0, end = sizeBytes) => {
      const from = Math.max(0, start)
      const to = Math.min(end, sizeBytes)
      return blob === undefined || to <= from ? Buffer.alloc(0) : blobs.read(blob, from, to)
    },
  }
}

export function fileNotFound(id: string): GatewayError {
  return new GatewayError(
    'permission_denied',
    `You do not have permission to access the File ${shownId(id)} or it may not exist.`,
  )
}
