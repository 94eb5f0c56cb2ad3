/**
 * What clients create and name. A collection is a folder with its endpoints, and one line in `collectionsOf`; what is
 * uploaded into it is a target, and one line in `targetsOf`.
 */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { modelNotFound } from '../errors.ts'
import { findCaller } from '../nouns/caller.ts'
import type { KeptResponses } from '../nouns/kept-responses.ts'
import type { Resources } from '../nouns/resources.ts'
import type { Caller, HttpRequest, HttpResponse, Opening, ResourcePath, Store } from '../nouns.ts'
import { batchesCollection } from './batches/batches.ts'
import type { SupportsModel } from './batches/create.ts'
import type { Perform } from './batches/run-line.ts'
import { createBatchRunner } from './batches/runner.ts'
import { openBlobs } from './blobs/blobs.ts'
import { cachedContentsCollection } from './caches/cached-contents.ts'
import type { CacheOptions } from './caches/create.ts'
import { createChanges } from './changes.ts'
import { type Collection, findEndpoint, type Reply, routeNotFound } from './collection.ts'
import { emptyCollection } from './empty.ts'
import { documentUploads, type TextOf } from './file-search/add.ts'
import { createDocumentReader } from './file-search/read.ts'
import { fileSearchStoresCollection } from './file-search/stores.ts'
import { fileUploads } from './files/create.ts'
import { filesCollection } from './files/files.ts'
import { createFileFinder, type Describe, type FileFinder } from './files/find.ts'
import { createGeneratedFile, type GeneratedFile } from './files/generated.ts'
import { createLibrary } from './library.ts'
import { createFilmWork, type PlanFilm } from './operations/film-work.ts'
import { videosCollection } from './operations/videos.ts'
import type { ResourceParts } from './parts.ts'
import { createQuota } from './quota.ts'
import { createRelay, type RelayOptions } from './relay/relay.ts'
import { createResponseRoom, type ResponseRoom } from './responses/kept.ts'
import { responsesCollection } from './responses/responses.ts'
import { send } from './send.ts'
import { createSweeper } from './sweeper.ts'
import type { UploadTarget } from './uploads/target.ts'
import { createUploads, uploadIdOf } from './uploads/uploads.ts'

export interface ResourceOptions extends Pick<ResourceParts, 'readJson' | 'parseJson'>, CacheOptions {
  readonly store: Pick<Store, 'directory' | 'resources'>
  /** The data folder; ours is `resources` in it. */
  readonly dataFolder: string
  readonly limits: { readonly fileBytesMax: number; readonly bytesPerKeyMax: number }
  /** What can be told of a video by its bytes; without it nothing is. */
  readonly describe?: Describe
  readonly supportsModel: SupportsModel
  /** Asks for what a batch holds, request by request. */
  readonly perform: Perform
  readonly planFilm: PlanFilm
  /** For the documents of file search stores. */
  readonly textOf: TextOf
  /** Which upstreams there are, and what leads to them; without it everything lies here. */
  readonly relay?: Pick<RelayOptions, 'upstreams' | 'find'>
  /** Hears of what failed while no request waited for it. */
  onFailure(error: unknown): void
  /** Milliseconds since the epoch; the system's clock when left out. */
  readonly now?: () => number
}

/** The room as `main.ts` holds it. */
export interface ResourceRoom extends Resources {
  /** Answers that later requests go on from. */
  readonly responses: KeptResponses
  /** Stores a file that was made for a key; resolves to its name. */
  createGeneratedFile(caller: Caller, file: GeneratedFile): Promise<string>
  /** Removes what has expired, now. */
  sweep(): Promise<void>
  /** Goes on with the batches and operations that were not over when the process before this one ended. */
  resume(): Promise<void>
  /** Begins nothing any more that no request asks for. */
  drain(): void
  close(): Promise<void>
}

export function createResources(options: ResourceOptions): ResourceRoom {
  const parts = partsOf(options)
  const finder = createFileFinder(parts, options.describe)
  const background = backgroundOf(parts, options)
  const responses = createResponseRoom(parts, options)
  const room: Room = { ...options, ...background, parts, finder, responses }
  const endpoints = collectionsOf(room).flatMap((collection) => collection.endpoints)
  const { fileBytesMax } = options.limits
  const { directory } = options.store
  const isKeyLive = async (keyId: string) => (await findCaller(directory, keyId)) !== undefined
  const uploads = createUploads({ parts, targets: targetsOf(room), fileBytesMax, isKeyLive })
  const relay = createRelay({ ...(options.relay ?? NO_UPSTREAMS), ...parts, fileBytesMax, isKeyLive })
  const sweeper = createSweeper({ parts, isBusy: uploads.isBusy, onFailure: options.onFailure })

  async function replyTo(
    asked: HttpRequest,
    opening: Opening,
    path: ResourcePath,
    caller: Caller | undefined,
  ): Promise<Reply> {
    const relayed = await relay.answer(asked, opening, path, caller)
    if (!('local' in relayed)) return relayed
    const request = relayed.local
    if (path.isUpload) return uploads.answer(request, path, caller)
    const match = findEndpoint(endpoints, path)
    if (match === undefined || caller === undefined) throw notServed(opening, path)
    return match.endpoint.handle({ request, opening, path, caller, ids: match.ids })
  }

  return {
    library: createLibrary(parts, finder, createDocumentReader(parts, options.textOf)),
    responses,
    place: relay.place,
    isCapability: ({ resource }, request) => resource?.isUpload === true && uploadIdOf(request) !== undefined,
    answer: async (request: HttpRequest, response: HttpResponse, opening, caller) => {
      if (opening.resource === undefined) throw routeNotFound()
      return send(await replyTo(request, opening, opening.resource, caller), response)
    },
    createGeneratedFile: async (caller, file) => (await createGeneratedFile(parts, caller, file)).name,
    sweep: sweeper.sweep,
    resume: async () => {
      await background.runner.resume()
      await background.work.resume()
    },
    drain: background.runner.drain,
    close: async () => {
      await Promise.all([background.runner.close(), background.work.close(), sweeper.close()])
    },
  }
}

const NO_UPSTREAMS: Required<ResourceOptions>['relay'] = { upstreams: () => [], find: () => [] }

/** What every collection can be made of. */
interface Room extends ResourceOptions, Background {
  readonly parts: ResourceParts
  readonly finder: FileFinder
  readonly responses: ResponseRoom
}

type Background = ReturnType<typeof backgroundOf>

/** What goes on while no request waits for it. */
function backgroundOf(parts: ResourceParts, options: ResourceOptions) {
  const change = createChanges(parts.table)
  const { store, perform, planFilm, onFailure } = options
  const shared = { parts, change, directory: store.directory, onFailure }
  const pause = (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal, ref: false })
  return {
    change,
    runner: createBatchRunner({ ...shared, perform, pause }),
    work: createFilmWork({ ...shared, planFilm }),
  }
}

/** Every collection that there is. */
function collectionsOf(room: Room): readonly Collection[] {
  return [
    filesCollection(room.parts, room.finder),
    cachedContentsCollection(room.parts, room),
    batchesCollection(room),
    videosCollection(room),
    fileSearchStoresCollection(room),
    responsesCollection(room.responses),
    emptyCollection('tunedModels'),
  ]
}

/** Everything that bytes can be uploaded to. */
function targetsOf(room: Room): readonly UploadTarget[] {
  return [fileUploads(room.parts), documentUploads(room)]
}

function partsOf({ store, dataFolder, limits, readJson, parseJson, now }: ResourceOptions): ResourceParts {
  const table = store.resources
  return {
    table,
    blobs: openBlobs(join(dataFolder, 'resources', 'files')),
    quota: createQuota(table, limits.bytesPerKeyMax),
    now: now ?? Date.now,
    readJson,
    parseJson,
  }
}

/** A model that cannot do it reads like one that is not there; anything else is no route. */
function notServed(opening: Opening, { segments, action }: ResourcePath): Error {
  const [first, model = ''] = segments
  const isModel = first === 'models' && segments.length === 2
  return isModel ? modelNotFound(model.slice(0, 64), opening.apiVersion, action) : routeNotFound()
}
