/** What an upstream says of stored things, with our names for them, and owned by whom they were made for. */
import { GatewayError } from '../../errors.ts'
import type { RelayAnswer } from '../../nouns/relay.ts'
import type { Caller, HttpRequest } from '../../nouns.ts'
import type { Reply } from '../collection.ts'
import { pour } from '../pour.ts'
import type { Home } from './hosts.ts'
import { replaceStrings } from './json-strings.ts'
import { ownName, ROOT_COLLECTIONS, readName } from './names.ts'
import type { RelayedRows } from './rows.ts'

/** A batch gives its results inline up to what its requests may be, and more than that in a file. */
const JSON_BYTES_MAX = 64 * 1024 * 1024

/** Members that name a stored thing. */
const MEMBERS: ReadonlySet<string> = new Set([
  'cachedContent',
  'documentName',
  'downloadUri',
  'fileName',
  'fileUri',
  'name',
  'parent',
  'responsesFile',
  'uri',
])
/** Those of them that name what the answer is about, or what was made; the others repeat what the client said. */
const MADE: ReadonlySet<string> = new Set(['downloadUri', 'name', 'responsesFile', 'uri'])
/** What clients and models wrote: none of our business. */
const OWN_DATA: ReadonlySet<string> = new Set([
  'contents',
  'customMetadata',
  'displayName',
  'inlinedEmbedContentResponses',
  'inlinedResponses',
  'requests',
  'systemInstruction',
])

/** Whose answer it is, and where from. */
export interface Asked {
  readonly caller: Pick<Caller, 'keyId'>
  readonly request: HttpRequest
  readonly home: Home
}

/** A stored thing that an answer names. */
interface Mention {
  readonly name: string
  readonly collection: string
  readonly remote: string
  readonly uri: string | undefined
}

export interface Understood {
  /** The JSON with our names. */
  readonly bytes: Buffer
  readonly mentions: readonly Mention[]
  /** When the thing that the answer is about ends, in milliseconds since the epoch. */
  readonly expiresAt: number | undefined
}

export function isJson({ headers }: RelayAnswer): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '')
}

/** The whole of a body, up to a bound. */
export async function readWhole({ body }: RelayAnswer, upstream: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > JSON_BYTES_MAX) {
      throw new GatewayError('upstream_unavailable', `The upstream ${upstream} sent too long an answer.`)
    }
    pieces.push(piece)
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, bytes)
}

/** The names that are ours in an answer that is not an error. */
export function understand(bytes: Buffer, { home, request }: Asked): Understood {
  const { tag } = home.account
  const origin = request.origin()
  const mentions = new Map<string, Mention>()
  let expiresAt: number | undefined
  const renamed = replaceStrings(bytes, OWN_DATA, (value, path) => {
    const member = path.at(-1) ?? ''
    if (member === 'expirationTime' || member === 'expireTime') expiresAt = timeOf(value) ?? expiresAt
    if (!MEMBERS.has(member)) return undefined
    const read = readName(value)
    if (read === undefined) return undefined
    const { collection, id } = read
    const name = `${collection}/${tag}${id}`
    const uri = member === 'uri' && read.rest === '' ? value : mentions.get(name)?.uri
    const isRoot = ROOT_COLLECTIONS.has(collection) || collection.startsWith('models/')
    if (isRoot && MADE.has(member))
      mentions.set(name, { name, collection, remote: `${collection}/${id}`, uri })
    return ownName(value, tag, origin)
  })
  return { bytes: renamed, mentions: [...mentions.values()], expiresAt }
}

/** Everything that the answer names belongs to the caller now, if it is nobody's yet. */
export async function own(
  rows: RelayedRows,
  { caller: { keyId }, home }: Asked,
  { mentions, expiresAt }: Understood,
): Promise<void> {
  for (const { name, collection, remote, uri } of mentions) {
    const isSubject = mentions.length === 1
    await rows.own({
      ...{ keyId, name, collection, home, remote, uri },
      expiresAt: isSubject ? expiresAt : undefined,
    })
  }
}

/** An error repeats the name that it was asked with, so it gets ours. */
export function errorBytes(bytes: Buffer, remote: string | undefined, tag: string): Buffer {
  const id = remote?.split('/').at(-1) ?? ''
  if (id.length < ID_CHARACTERS_MIN) return bytes
  return replaceStrings(bytes, new Set(), (value, path) =>
    path.at(-1) === 'message' ? value.replaceAll(id, `${tag}${id}`) : undefined,
  )
}

/** A shorter id could be part of a word. */
const ID_CHARACTERS_MIN = 8

function timeOf(text: string): number | undefined {
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

/** The reply with a body that is held. */
export function bytesReply(answer: RelayAnswer, bytes: Buffer, headers: Reply['headers']): Reply {
  const { 'content-type': type, ...others } = answer.headers
  // A client that believes the type of an empty body fails to read it.
  const typed = bytes.length > 0 && type !== undefined ? { 'content-type': type } : {}
  return {
    status: answer.status,
    headers: { ...others, ...typed, ...headers, 'content-length': bytes.length },
    stream: async (response) => response.end(bytes),
  }
}

/** The reply with a body that passes through. */
export function streamReply(answer: RelayAnswer, headers: Reply['headers']): Reply {
  return {
    status: answer.status,
    headers: { ...answer.headers, ...headers },
    stream: (response) => pour(answer.body, response),
  }
}
