/** `:predictLongRunning`, and the operations that it makes; the cloud platform asks for those in a way of its own. */
import { GatewayError, invalidField, modelNotFound } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { HttpRequest } from '../../nouns.ts'
import type { SupportsModel } from '../batches/create.ts'
import type { Collection, Endpoint, Exchange } from '../collection.ts'
import type { FileFinder } from '../files/find.ts'
import { nestedDownload } from '../files/nested-download.ts'
import { readResource } from '../messages.ts'
import { isReadableId, newId, shownId } from '../names.ts'
import { isExpired, readPage } from '../pages.ts'
import type { ResourceParts } from '../parts.ts'
import { storeBytes } from '../store-bytes.ts'
import {
  FILM_INPUTS,
  type FilmDocument,
  type FilmWork,
  filmDocumentOf,
  filmInputOf,
  isDone,
  type PlanFilm,
  UNFINISHED_FILMS_MAX,
} from './film-work.ts'
import { typeOf } from './operation.ts'

const OPERATIONS = 'operations'
const ACTION = 'predictLongRunning'
/** As long as the film itself. */
const OPERATION_TTL_MS = 48 * 60 * 60 * 1000
const OPERATIONS_PER_KEY_MAX = 10_000
const PAGE_SIZES = { standard: 50, max: 1_000 }
/** What stands before a model: a project's path, or that of a key that brings its project along. */
const CLOUDS = ['projects/{}/locations/{}/publishers/{}/', 'publishers/{}/'] as const
const OPERATION_NAME =
  /^(?:(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/[^/]+\/)?(models\/(?:[^/]+\/)*operations\/([^/]+))$/
const OPERATION_NAME_CHARACTERS_MAX = 1_024

export interface VideoParts {
  readonly parts: ResourceParts
  readonly finder: FileFinder
  readonly work: FilmWork
  readonly planFilm: PlanFilm
  readonly supportsModel: SupportsModel
}

export function videosCollection(room: VideoParts): Collection {
  const { parts } = room
  const { table, now } = parts

  const get: Endpoint = {
    method: 'GET',
    path: `models/{}/${OPERATIONS}/{}`,
    handle: async ({ request, caller, ids: [model = '', id = ''] }) => {
      const row = await find(parts, caller.keyId, `models/${model}/${OPERATIONS}/${id}`, id)
      return { json: viewOf(row, request) }
    },
  }

  const list: Endpoint = {
    method: 'GET',
    path: `models/{}/${OPERATIONS}`,
    handle: async ({ request, caller, ids: [model = ''] }) => {
      const where = { table, caller, collection: OPERATIONS, parent: `models/${model}`, query: request.query }
      const { rows, nextPageToken } = await readPage({ ...where, sizes: PAGE_SIZES, now: now() })
      const operations = rows.map((row) => viewOf(row, request))
      return { json: { ...(rows.length > 0 && { operations }), ...(nextPageToken && { nextPageToken }) } }
    },
  }

  const fetchOperation = (prefix: string): Endpoint => ({
    method: 'POST',
    path: `${prefix}models/{}:fetchPredictOperation`,
    handle: async ({ request, caller }) => {
      const { operationName = '' } = readResource(
        'FetchPredictOperationRequest',
        await parts.readJson(request),
      )
      const match =
        operationName.length > OPERATION_NAME_CHARACTERS_MAX ? null : OPERATION_NAME.exec(operationName)
      if (match === null) throw invalidField('operation_name', 'Invalid operation name.')
      const row = await find(parts, caller.keyId, match[1] as string, match[2] as string)
      return { json: await cloudViewOf(parts, row, operationName) }
    },
  })

  return {
    endpoints: [
      create(room, ''),
      ...CLOUDS.flatMap((prefix) => [create(room, prefix), fetchOperation(prefix)]),
      get,
      list,
      nestedDownload(parts, room.finder),
    ],
  }
}

/** The cloud platform's names begin with the path that made them. */
function create({ parts, work, planFilm, supportsModel }: VideoParts, prefix: string): Endpoint {
  return {
    method: 'POST',
    path: `${prefix}models/{}:${ACTION}`,
    handle: async ({ request, caller, opening, ids, path }: Exchange) => {
      const model = ids.at(-1) ?? ''
      const body = await parts.readJson(request)
      if (!supportsModel(caller, model, ACTION))
        throw modelNotFound(shownId(model), opening.apiVersion, ACTION)
      await planFilm(model, body)
      await refuseTooMany(parts, caller.keyId)
      const row = await store(parts, caller.keyId, model, body)
      work.add(row)
      const above = path.segments.slice(0, -2).map((segment) => `${segment}/`)
      return { json: { name: above.join('') + row.name } }
    },
  }
}

async function store(
  parts: ResourceParts,
  keyId: string,
  model: string,
  body: Record<string, unknown>,
): Promise<ResourceRow> {
  const parent = `models/${model}`
  const name = `${parent}/${OPERATIONS}/${newId()}`
  const createdAt = parts.now()
  const common = {
    keyId,
    upstream: undefined,
    createdAt,
    updatedAt: createdAt,
    expiresAt: createdAt + OPERATION_TTL_MS,
    sizeBytes: 0,
    blob: undefined,
  }
  const input = { ...common, name: filmInputOf(name), collection: FILM_INPUTS, parent: name, document: '{}' }
  await storeBytes(parts, input, Buffer.from(JSON.stringify(body)))
  const document = JSON.stringify({ model } satisfies FilmDocument)
  const row: ResourceRow = { ...common, name, collection: OPERATIONS, parent, document }
  await parts.table.insert(row)
  return row
}

async function refuseTooMany({ table }: ResourceParts, keyId: string): Promise<void> {
  const unfinished = await table.totals(keyId, FILM_INPUTS)
  const all = await table.totals(keyId, OPERATIONS)
  if (unfinished.count < UNFINISHED_FILMS_MAX && all.count < OPERATIONS_PER_KEY_MAX) return
  const text = `You have reached your limit of ${UNFINISHED_FILMS_MAX} operations that are not done, or ${OPERATIONS_PER_KEY_MAX} in all.`
  throw new GatewayError('resource_exhausted', text)
}

/** The same for an operation that is another's, and one that there never was. */
async function find(
  { table, now }: ResourceParts,
  keyId: string,
  name: string,
  id: string,
): Promise<ResourceRow> {
  const row = isReadableId(id) ? await table.get(keyId, name) : undefined
  if (row === undefined || row.collection !== OPERATIONS || isExpired(row, now())) {
    throw new GatewayError('not_found', `Operation ${shownId(name)} was not found.`)
  }
  return row
}

function viewOf(row: ResourceRow, request: HttpRequest): object {
  const document = filmDocumentOf(row)
  const { name } = row
  const { error, files = [] } = document
  if (!isDone(document)) return { name }
  if (error !== undefined) return { name, done: true, error }
  const generatedSamples = files.map((file) => ({
    video: { uri: `${request.origin()}/v1beta/${file}:download?alt=media` },
  }))
  const response = { ...typeOf('PredictLongRunningResponse'), generateVideoResponse: { generatedSamples } }
  return { name, done: true, response }
}

/** With the films themselves inside: there is no bucket that they could lie in. */
async function cloudViewOf({ table, blobs }: ResourceParts, row: ResourceRow, name: string): Promise<object> {
  const document = filmDocumentOf(row)
  const { error, files = [] } = document
  if (!isDone(document)) return { name }
  if (error !== undefined) return { name, done: true, error }
  const videos: object[] = []
  for (const file of files) {
    const stored = await table.get(row.keyId, file)
    if (stored?.blob === undefined) continue
    const bytes = await blobs.read(stored.blob, 0, stored.sizeBytes)
    videos.push({ bytesBase64Encoded: bytes.toString('base64'), mimeType: 'video/mp4' })
  }
  const type = 'type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse'
  return { name, done: true, response: { '@type': type, videos } }
}
