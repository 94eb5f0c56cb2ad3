/** What upstreams read of all this. */
import { GatewayError } from '../errors.ts'
import type { Library, StoredCache, StoredDocument } from '../nouns/resources.ts'
import type { Caller } from '../nouns.ts'
import { CACHED_CONTENTS, cacheDocumentOf } from './caches/cache.ts'
import { findCache } from './caches/cached-contents.ts'
import { modelOf } from './caches/create.ts'
import { documentOf, stateOf } from './files/file.ts'
import { type FileFinder, fileNotFound, storedFile } from './files/find.ts'
import { shownId } from './names.ts'
import type { ResourceParts } from './parts.ts'

/** A file's address is our own, Google's, or the bare name; a generated one's may say how to download it. */
const FILE_URI = /^(?:[^?#]*\/)?files\/([^/?#:]{1,128})(?::download)?(?:\?[^#]*)?$/
const URI_CHARACTERS_MAX = 2_048
const CACHE_NAME = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?cachedContents\/([^/]{1,128})$/
/** Contents of caches that were used last, parsed: as many characters of JSON as this. */
const PARSED_BYTES_MAX = 32 * 1024 * 1024

export type ReadDocuments = (caller: Caller, storeName: string) => Promise<readonly StoredDocument[]>

export function createLibrary(
  parts: ResourceParts,
  finder: FileFinder,
  documents: ReadDocuments | undefined,
): Library {
  const readCache = createCacheReader(parts)
  return {
    file: async (caller, uri) => {
      const id = uri.length > URI_CHARACTERS_MAX ? undefined : FILE_URI.exec(uri)?.[1]
      if (id === undefined) throw fileNotFound(shownId(uri))
      const row = await finder.find(caller.keyId, id)
      if (stateOf(row, documentOf(row), parts.now()) !== 'ACTIVE') throw notActive(id)
      return storedFile(row, parts.blobs)
    },
    cachedContent: (caller, name) => readCache(caller.keyId, name),
    documents: async (caller, storeName) => {
      if (documents !== undefined) return documents(caller, storeName)
      throw new GatewayError(
        'permission_denied',
        `You do not have permission to access the File Search Store ${shownId(storeName)} or it may not exist.`,
      )
    },
  }
}

/** Keeps the contents used last, within a bound: each call that uses one would parse it again. */
function createCacheReader({ blobs, ...parts }: ResourceParts) {
  const parsed = new Map<string, { readonly document: StoredCache['document']; readonly bytes: number }>()
  let bytes = 0

  function keep(blob: string, document: StoredCache['document'], size: number): void {
    // Two calls may have read the same one at the same time.
    if (size > PARSED_BYTES_MAX || parsed.has(blob)) return
    parsed.set(blob, { document, bytes: size })
    bytes += size
    for (const [oldest, entry] of parsed) {
      if (bytes <= PARSED_BYTES_MAX) return
      parsed.delete(oldest)
      bytes -= entry.bytes
    }
  }

  return async (keyId: string, name: string): Promise<StoredCache> => {
    const id = CACHE_NAME.exec(name)?.[1]
    if (id === undefined) {
      throw new GatewayError('invalid_argument', `Invalid CachedContent name: ${shownId(name)}`)
    }
    const row = await findCache({ blobs, ...parts }, keyId, id)
    const blob = row.blob as string
    const model = `models/${modelOf(cacheDocumentOf(row).model)}`
    const found = parsed.get(blob)
    const document =
      found?.document ?? JSON.parse((await blobs.read(blob, 0, row.sizeBytes)).toString('utf8'))
    if (found === undefined) keep(blob, document, row.sizeBytes)
    return { name: `${CACHED_CONTENTS}/${id}`, model, document }
  }
}

function notActive(id: string): GatewayError {
  return new GatewayError(
    'failed_precondition',
    `The File ${id} is not in an ACTIVE state and usage is not allowed.`,
  )
}
