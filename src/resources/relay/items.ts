/** What is asked of one thing that lies at an upstream, and what makes a new one there. */
import { GatewayError, modelNotFound } from '../../errors.ts'
import type { RelayAnswer } from '../../nouns/relay.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Caller, HttpRequest, Opening, ResourcePath, Target } from '../../nouns.ts'
import { matchesAny } from '../../wire/glob.ts'
import type { Reply } from '../collection.ts'
import { shownId } from '../names.ts'
import {
  type Asked,
  bytesReply,
  errorBytes,
  isJson,
  own,
  readWhole,
  streamReply,
  type Understood,
  understand,
} from './answers.ts'
import { forwardedHeaders, forwardedQuery } from './headers.ts'
import { type Home, type Hosts, WISH_HEADER } from './hosts.ts'
import { replaceStrings } from './json-strings.ts'
import type { References, Used } from './references.ts'
import { type RelayedRows, relayedDocumentOf } from './rows.ts'

export interface RelayRoom {
  readonly hosts: Hosts
  readonly rows: RelayedRows
  readonly references: References
  /** Where a model leads. */
  readonly find: (model: string, caller: Caller) => readonly Target[]
  /** Checks a body against the limits of every request. Throws `invalid_argument`. */
  parseJson(bytes: Buffer): Record<string, unknown>
  now(): number
}

export interface Relaying {
  readonly request: HttpRequest
  readonly opening: Opening
  readonly path: ResourcePath
  readonly caller: Caller
}

const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PATCH', 'PUT'])

/** A request for what has a row. `below`: segments of the path below the row's own. */
export async function relayItem(
  room: RelayRoom,
  relaying: Relaying,
  row: ResourceRow,
  below: readonly string[],
): Promise<Reply> {
  const { request, path, caller } = relaying
  const { tag, remote } = relayedDocumentOf(row)
  const home = room.hosts.home(row.upstream as string, tag, row.name)
  const body = WITH_BODY.has(request.method)
    ? await bodyFor(room, caller, await request.body(), home)
    : undefined
  const answer = await ask(relaying, home, pathOf(remote, below, path.action), body)
  const asked: Asked = { caller, request, home }
  const isItself = below.length === 0
  if (answer.status >= 400) {
    const bytes = await readWhole(answer, home.upstream)
    if (isItself && isGone(answer.status, bytes)) await room.rows.forget(row)
    return bytesReply(answer, errorBytes(bytes, remote, tag), shownAs(home))
  }
  const isDeleted = isItself && request.method === 'DELETE'
  if (isDeleted) await room.rows.forget(row)
  if (!isJson(answer) || path.action === 'download') return streamReply(answer, shownAs(home))
  const understood = understand(await readWhole(answer, home.upstream), asked)
  await own(room.rows, asked, understood)
  if (isItself && !isDeleted && understood.expiresAt !== undefined)
    await room.rows.extend(row, understood.expiresAt)
  return bytesReply(answer, understood.bytes, shownAs(home))
}

/** A new thing of this upstream: the answer names it, and it is the caller's. */
export async function relayNew(
  room: RelayRoom,
  relaying: Relaying,
  home: Home,
  remotePath: string,
  body: Buffer,
): Promise<Reply> {
  const { caller, request } = relaying
  const answer = await ask(relaying, home, remotePath, body)
  const bytes = await readWhole(answer, home.upstream)
  const asked: Asked = { caller, request, home }
  if (answer.status >= 400) return bytesReply(answer, bytes, shownAs(home))
  const understood: Understood = understand(bytes, asked)
  await own(room.rows, asked, understood)
  return bytesReply(answer, understood.bytes, shownAs(home))
}

export interface ModelHome {
  readonly home: Home
  /** With the names that the upstream knows. */
  readonly body: Buffer
  /** The model's name there. */
  readonly model: string
}

/** Where something of a model is made; undefined: here. */
export async function modelHome(
  room: RelayRoom,
  { request, opening, caller }: Relaying,
  model: string,
  verb: string,
  body: Buffer,
): Promise<ModelHome | undefined> {
  const found = room.hosts.forModel(caller, request, room.find(model, caller))
  if (found === undefined) return undefined
  if (caller.models.length > 0 && !matchesAny(caller.models, model)) {
    throw modelNotFound(shownId(model), opening.apiVersion, verb)
  }
  const used = await room.references.find(caller, body)
  const home = homeOf(found.home, used)
  const named = nameModel(used?.body ?? body, model, found.target.model)
  return { home, body: named, model: found.target.model }
}

/** What is used decides between the accounts of one upstream. */
export function homeOf(chosen: Home, used: Used | undefined): Home {
  if (used === undefined) return chosen
  if (used.local !== undefined) throw elsewhere(used.local, 'in this gateway', chosen)
  if (used.home === undefined) return chosen
  if (used.home.upstream === chosen.upstream) return used.home
  throw elsewhere(used.shown, `at the upstream ${used.home.upstream}`, chosen)
}

async function bodyFor(room: RelayRoom, caller: Caller, bytes: Buffer, home: Home): Promise<Buffer> {
  if (bytes.length === 0) return bytes
  room.parseJson(bytes)
  const used = await room.references.find(caller, bytes)
  if (homeOf(home, used).account.tag === home.account.tag) return used?.body ?? bytes
  throw elsewhere(used?.shown ?? '', 'in another account', home)
}

export function ask(
  { request, opening, path }: Relaying,
  home: Home,
  remotePath: string,
  body: Buffer | undefined,
): Promise<RelayAnswer> {
  const headers = forwardedHeaders(request)
  return home.host.relay({
    credential: home.account.credential,
    method: request.method,
    to: {
      apiVersion: opening.apiVersion,
      isUpload: path.isUpload,
      path: remotePath,
      query: forwardedQuery(request),
    },
    // An old client of Google's says text/plain.
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    body,
  })
}

export function pathOf(name: string, below: readonly string[], action: string): string {
  const path = [...name.split('/'), ...below].map(encodeURIComponent).join('/')
  return action === '' ? path : `${path}:${encodeURIComponent(action)}`
}

export function shownAs({ upstream }: Home): Record<string, string> {
  return { [WISH_HEADER]: upstream }
}

/** A 403 may also be about our own account, and then the thing is still there. */
function isGone(status: number, bytes: Buffer): boolean {
  return status === 404 || (status === 403 && /not (?:found|exist)/i.test(bytes.toString('utf8')))
}

const MODEL_PATHS: ReadonlySet<string> = new Set(['model', 'batch.model'])
const NOTHING: ReadonlySet<string> = new Set(['contents', 'requests'])

/** An alias stands in for the model in our configuration alone. */
function nameModel(body: Buffer, model: string, remoteModel: string): Buffer {
  if (model === remoteModel) return body
  return replaceStrings(body, NOTHING, (value, path) =>
    MODEL_PATHS.has(path.join('.')) && (value === model || value === `models/${model}`)
      ? `models/${remoteModel}`
      : undefined,
  )
}

function elsewhere(name: string, where: string, { upstream }: Home): GatewayError {
  return new GatewayError(
    'invalid_argument',
    `${name} lies ${where}, where the upstream ${upstream} cannot see it. ` +
      `Store it again, with the header ${WISH_HEADER}: ${upstream}.`,
  )
}
