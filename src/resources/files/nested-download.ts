/**
 * The JavaScript SDK cuts the id out of a film's address only when that begins with `https://`. Of one on plain HTTP it
 * makes `files/http://host/v1beta/files/abc:download?alt=media:download`, and means the same file.
 */
import type { Endpoint } from '../collection.ts'
import type { ResourceParts } from '../parts.ts'
import { downloadFile } from './download.ts'
import { FILES } from './file.ts'
import { type FileFinder, fileNotFound } from './find.ts'

const MEDIA = new URLSearchParams({ alt: 'media' })

export function nestedDownload({ blobs }: ResourceParts, finder: FileFinder): Endpoint {
  return {
    method: 'GET',
    path: `${FILES}/{}/{}/{}/${FILES}/{}:download`,
    handle: async ({ request: { headers }, caller, ids: [scheme = '', , , id = ''] }) => {
      if (scheme !== 'http:') throw fileNotFound(scheme)
      return downloadFile(await finder.find(caller.keyId, id), { headers, query: MEDIA }, blobs)
    },
  }
}
