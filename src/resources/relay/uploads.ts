/** Uploads to an upstream: its address for the bytes becomes one of ours, and the bytes pass through. */
import { createHash, randomBytes } from 'node:crypto'
import { GatewayError } from '../../errors.ts'
import type { RelayAnswer } from '../../nouns/relay.ts'
import type { ResourceRow, ResourceTable } from '../../nouns/resource-table.ts'
import type { Caller, HttpRequest } from '../../nouns.ts'
import { methodNotAllowed, type Reply } from '../collection.ts'
import { isExpired } from '../pages.ts'
import { fileTooLarge, uploadUrlOf } from '../uploads/begin.ts'
import { bodyLengthOf, bytesHeader, protocolOf } from '../uploads/headers.ts'
import { SESSION_TTL_MS, SESSIONS_PER_KEY_MAX, uploadNotFound } from '../uploads/sessions.ts'
import { bytesReply, isJson, own, readWhole, understand } from './answers.ts'
import { createBodyPipe } from './body-pipe.ts'
import { forwardedHeaders, forwardedQuery } from './headers.ts'
import type { Home } from './hosts.ts'
import { homeOf, type Relaying, type RelayRoom, shownAs } from './items.ts'
import { renameFirstPart } from './multipart-name.ts'
import { withOwnName } from './own-name.ts'

export interface UploadRoom extends RelayRoom {
  readonly table: ResourceTable
  readonly fileBytesMax: number
  /** Whether a key still opens doors: an upload's address alone must not outlive the key that began it. */
  isKeyLive(keyId: string): Promise<boolean>
}

const COLLECTION = 'relayedUploads'
const ID_BYTES = 32
const ID = /^r\.[A-Za-z0-9_-]{43}$/
/** How long a finished one can be asked for its answer again. */
const FINISHED_TTL_MS = 60 * 60 * 1000

/** The document of a session's row. */
interface SessionDocument {
  readonly tag: string
  /** Path and query at the upstream; it opens the upload there. */
  readonly continueAt: string
}

export function isRelayedUpload(id: string | undefined): id is string {
  return id !== undefined && ID.test(id)
}

/** `remotePath`: what the bytes are for, such as `files`. */
export async function startUpload(
  room: UploadRoom,
  relaying: Relaying,
  home: Home,
  remotePath: string,
): Promise<Reply> {
  const { request, caller } = relaying
  const protocol = protocolOf(request)
  const isStart = protocol === 'resumable' || protocol === 'classic'
  await room.rows.refuseTooMany(caller.keyId, 'files')
  if (isStart) return startSession(room, relaying, home, remotePath)
  const to = { apiVersion: relaying.opening.apiVersion, isUpload: true, path: remotePath }
  const send: Send = (body, bytes) =>
    home.host.relay({
      credential: home.account.credential,
      method: request.method,
      to: { ...to, query: forwardedQuery(request) },
      headers: { ...forwardedHeaders(request), ...lengthHeader(bytes) },
      body,
    })
  const named: Send = async (body, bytes) => {
    if (body === undefined) return send(body, bytes)
    const rename = (json: Buffer) => {
      room.parseJson(json)
      return withOwnName(json, caller)
    }
    const { pieces, addedBytes } = await renameFirstPart(body, request.headers['content-type'], rename)
    return send(pieces, bytes === undefined ? undefined : bytes + addedBytes)
  }
  const answer = await pass(request, room.fileBytesMax, protocol === 'multipart' ? named : send)
  return settle(room, { request, caller, home }, answer)
}

function lengthHeader(bytes: number | undefined): Record<string, string> {
  return bytes === undefined ? {} : { 'content-length': String(bytes) }
}

async function startSession(
  room: UploadRoom,
  { request, caller, opening }: Relaying,
  home: Home,
  path: string,
): Promise<Reply> {
  for (const header of ['x-goog-upload-header-content-length', 'x-upload-content-length']) {
    if ((bytesHeader(request, header) ?? 0) > room.fileBytesMax) throw fileTooLarge(room.fileBytesMax)
  }
  const { count } = await room.table.totals(caller.keyId, COLLECTION)
  if (count >= SESSIONS_PER_KEY_MAX) {
    throw new GatewayError('resource_exhausted', 'Too many uploads have been begun and not finished.')
  }
  const json = await request.body()
  if (json.length > 0) room.parseJson(json)
  const used = await room.references.find(caller, json)
  homeOf(home, used)
  const answer = await home.host.relay({
    credential: home.account.credential,
    method: 'POST',
    to: { apiVersion: opening.apiVersion, isUpload: true, path, query: forwardedQuery(request) },
    headers: { ...forwardedHeaders(request), 'content-type': 'application/json' },
    body: withOwnName(used?.body ?? json, caller),
  })
  const { continueAt } = answer
  if (answer.status >= 400) return settle(room, { request, caller, home }, answer)
  await readWhole(answer, home.upstream)
  if (continueAt === undefined) {
    throw new GatewayError('upstream_unavailable', `The upstream ${home.upstream} began no upload.`)
  }
  const id = await remember(room, caller, home, continueAt)
  return {
    headers: { ...answer.headers, ...addressesOf(request, id), ...shownAs(home), 'content-length': 0 },
  }
}

function addressesOf(request: HttpRequest, id: string): Record<string, string> {
  if (protocolOf(request) === 'classic') return { location: uploadUrlOf(request, id, 'uploadType=resumable') }
  const url = uploadUrlOf(request, id, 'upload_protocol=resumable')
  return { 'x-goog-upload-url': url, 'x-goog-upload-control-url': url, 'x-guploader-uploadid': id }
}

/** The address opens the upload like a key, so the store has no more of it than its hash. */
function rowNameOf(id: string): string {
  return `${COLLECTION}/${createHash('sha256').update(id).digest('hex')}`
}

async function remember(
  { table, now }: UploadRoom,
  { keyId }: Caller,
  home: Home,
  continueAt: string,
): Promise<string> {
  const id = `r.${randomBytes(ID_BYTES).toString('base64url')}`
  const document: SessionDocument = { tag: home.account.tag, continueAt }
  const createdAt = now()
  await table.insert({
    ...{ keyId, name: rowNameOf(id), collection: COLLECTION, parent: undefined, upstream: home.upstream },
    ...{ createdAt, updatedAt: createdAt, expiresAt: createdAt + SESSION_TTL_MS },
    ...{ blob: undefined, sizeBytes: 0, document: JSON.stringify(document) },
  })
  return id
}

/** Whatever follows the start. `caller` is undefined when the upload's address is all that was shown. */
export async function continueUpload(
  room: UploadRoom,
  request: HttpRequest,
  id: string,
  caller: Caller | undefined,
): Promise<Reply> {
  if (request.method !== 'POST' && request.method !== 'PUT') {
    throw methodNotAllowed(request.method, ['POST', 'PUT'])
  }
  const row = await room.table.find(rowNameOf(id))
  if (row === undefined || isExpired(row, room.now())) throw uploadNotFound()
  const isAllowed = caller === undefined ? await room.isKeyLive(row.keyId) : row.keyId === caller.keyId
  if (!isAllowed) throw uploadNotFound()
  const { tag, continueAt } = JSON.parse(row.document) as SessionDocument
  const home = room.hosts.home(row.upstream as string, tag, 'The upload')
  const answer = await pass(request, room.fileBytesMax, (body, bytes) =>
    home.host.relay({
      credential: home.account.credential,
      method: request.method,
      to: { continueAt },
      headers: { ...forwardedHeaders(request), ...lengthHeader(bytes) },
      body,
    }),
  )
  const owner = caller ?? { keyId: row.keyId }
  const reply = await settle(room, { request, caller: owner, home }, answer)
  await afterwards(room, row, answer)
  return reply
}

/** More time for one that goes on, a little for one that is complete, none for one that is no more. */
async function afterwards({ table, now }: UploadRoom, row: ResourceRow, answer: RelayAnswer): Promise<void> {
  const status = answer.headers['x-goog-upload-status']
  if (status === 'cancelled' || answer.status === 404 || answer.status === 410) {
    await table.delete(row.keyId, row.name)
    return
  }
  const ttlMs = status === 'final' ? FINISHED_TTL_MS : SESSION_TTL_MS
  await table.update({ ...row, updatedAt: now(), expiresAt: now() + ttlMs })
}

/** What became of the bytes: a resource, and then it is the caller's; or whatever else the upstream says. */
async function settle(
  { rows }: UploadRoom,
  asked: { readonly request: HttpRequest; readonly caller: Pick<Caller, 'keyId'>; readonly home: Home },
  answer: RelayAnswer,
): Promise<Reply> {
  const bytes = await readWhole(answer, asked.home.upstream)
  if (answer.status >= 300 || !isJson(answer)) return bytesReply(answer, bytes, shownAs(asked.home))
  const understood = understand(bytes, asked)
  await own(rows, asked, understood)
  return bytesReply(answer, understood.bytes, shownAs(asked.home))
}

type Send = (body: AsyncIterable<Buffer> | undefined, bytes: number | undefined) => Promise<RelayAnswer>

/** Sends the request's body on as it comes. What the client did wrong is told before what it led to. */
async function pass(request: HttpRequest, bytesMax: number, send: Send): Promise<RelayAnswer> {
  const declared = bodyLengthOf(request)
  if (declared === 0) return send(undefined, 0)
  if ((declared ?? 0) > bytesMax) throw fileTooLarge(bytesMax)
  const pipe = createBodyPipe()
  let fault: unknown
  const reading = request.consume(pipe.write, bytesMax).then(
    () => pipe.end(),
    (error) => {
      fault = error
      pipe.end(error)
    },
  )
  try {
    return await send(pipe.pieces, declared)
  } catch (error) {
    throw fault ?? error
  } finally {
    pipe.drop()
    await reading
  }
}
