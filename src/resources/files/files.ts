import { GatewayError } from '../../errors.ts'
import type { Collection, Endpoint } from '../collection.ts'
import { readPage } from '../pages.ts'
import { forget, type ResourceParts } from '../parts.ts'
import { newFileRow, planFile } from './create.ts'
import { downloadFile } from './download.ts'
import { FILES, fileView } from './file.ts'
import { type FileFinder, fileNotFound } from './find.ts'

/** Google's own. */
const PAGE_SIZES = { standard: 10, max: 100 }
/** Files without bytes cost a row each, so they are counted. */
const FILES_PER_KEY_MAX = 100_000

export function filesCollection(parts: ResourceParts, finder: FileFinder): Collection {
  const { table, blobs, now } = parts

  const list: Endpoint = {
    method: 'GET',
    path: FILES,
    handle: async ({ request, caller }) => {
      const { query } = request
      const page = await readPage({ table, caller, collection: FILES, query, sizes: PAGE_SIZES, now: now() })
      const files: object[] = []
      for (const row of page.rows) files.push(fileView(await finder.settled(row), request, now()))
      const { nextPageToken } = page
      return { json: { ...(files.length > 0 && { files }), ...(nextPageToken && { nextPageToken }) } }
    },
  }

  /** A file of which nothing but its description is stored. */
  const create: Endpoint = {
    method: 'POST',
    path: FILES,
    handle: async ({ request, caller: { keyId } }) => {
      const plan = await planFile(parts, keyId, await parts.readJson(request), undefined)
      await refuseTooMany(parts, keyId)
      const row = await newFileRow(parts, { keyId, plan, source: 'UPLOADED' })
      await table.insert(row)
      return { json: { file: fileView(row, request, now()) } }
    },
  }

  const get: Endpoint = {
    method: 'GET',
    path: `${FILES}/{}`,
    handle: async ({ request, caller, ids: [id = ''] }) => ({
      json: fileView(await finder.find(caller.keyId, id), request, now()),
    }),
  }

  const remove: Endpoint = {
    method: 'DELETE',
    path: `${FILES}/{}`,
    handle: async ({ caller, ids: [id = ''] }) => {
      if (!(await forget(parts, await finder.find(caller.keyId, id)))) throw fileNotFound(id)
      return { json: {} }
    },
  }

  const download: Endpoint = {
    method: 'GET',
    path: `${FILES}/{}:download`,
    handle: async ({ request, caller, ids: [id = ''] }) =>
      downloadFile(await finder.find(caller.keyId, id), request, blobs),
  }

  const register: Endpoint = {
    method: 'POST',
    path: `${FILES}:register`,
    handle: async () => {
      throw new GatewayError(
        'invalid_argument',
        'Files of a cloud storage bucket cannot be registered here: upload them instead.',
      )
    },
  }

  return { endpoints: [list, create, get, remove, download, register] }
}

async function refuseTooMany({ table }: ResourceParts, keyId: string): Promise<void> {
  const { count } = await table.totals(keyId, FILES)
  if (count < FILES_PER_KEY_MAX) return
  throw new GatewayError('resource_exhausted', `You have reached your limit of ${FILES_PER_KEY_MAX} files.`)
}
