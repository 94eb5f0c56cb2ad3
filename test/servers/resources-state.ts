/** What the upstream with accounts has, and the small things that all of it uses. */
import type { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export type Json = Record<string, unknown>

export interface Account {
  readonly things: Map<string, Json>
  readonly bytes: Map<string, Buffer>
}

export interface Upload {
  readonly key: string
  readonly target: string
  readonly file: Json
  readonly mimeType: string
  readonly hash: ReturnType<typeof createHash>
  size: number
  start: Buffer
  answer: Json | undefined
}

export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly key: string
  readonly account: Account
  readonly url: URL
  /** Below the version. */
  readonly path: string
  readonly isUpload: boolean
}

/** Bytes that are kept of a file. */
export const KEPT_BYTES = 64 * 1024
export const LATER = '2099-01-01T00:00:00Z'

/** By key. */
export const accounts = new Map<string, Account>()
export const uploads = new Map<string, Upload>()
/** What tests have asked for. */
export const wishes = {
  failing: new Set<string>(),
  dieAfterBytes: Number.POSITIVE_INFINITY,
  port: 0,
}
let made = 0

export const newId = (prefix: string) => `${prefix}${String(++made).padStart(8, '0')}`

export class Refusal extends Error {
  readonly code: number
  readonly status: string
  constructor(code: number, status: string, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

export function send(response: ServerResponse, status: number, body: unknown, headers: Json = {}): void {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  response.writeHead(status, {
    ...(bytes.length > 0 && { 'content-type': 'application/json; charset=UTF-8' }),
    'content-length': bytes.length,
    ...(headers as Record<string, string>),
  })
  response.end(bytes)
}

export async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

const denied = (id: string) =>
  new Refusal(
    403,
    'PERMISSION_DENIED',
    `You do not have permission to access the File ${id} or it may not exist.`,
  )

export function thing({ account }: Asked, name: string): Json {
  const found = account.things.get(name)
  if (found !== undefined) return found
  if (name.startsWith('files/')) throw denied(name.slice(6))
  if (name.startsWith('cachedContents/'))
    throw new Refusal(403, 'PERMISSION_DENIED', 'CachedContent not found (or permission denied)')
  throw new Refusal(404, 'NOT_FOUND', `Requested entity was not found: ${name}`)
}

export const origin = () => `http://127.0.0.1:${wishes.port}`

/** Every file and cache that a body names must be one of this account. */
export function checkMentions(asked: Asked, body: string): string[] {
  const seen: string[] = []
  for (const [, uri = ''] of body.matchAll(/"(?:fileUri|file_uri)":\s*"([^"]*)"/g)) {
    if (!uri.startsWith(`${origin()}/v1beta/files/`)) {
      if (/\/v1(?:beta)?\/files\/|^files\//.test(uri))
        throw new Refusal(400, 'INVALID_ARGUMENT', `Unsupported file uri: ${uri}`)
      continue
    }
    const name = uri.slice(`${origin()}/v1beta/`.length)
    thing(asked, name)
    seen.push(name)
  }
  for (const [, name = ''] of body.matchAll(
    /"(?:cachedContent|cached_content|fileName|file_name)":\s*"([^"]*)"/g,
  )) {
    thing(asked, name)
    seen.push(name)
  }
  for (const [, name = ''] of body.matchAll(/"(fileSearchStores\/[^"]*)"/g)) {
    thing(asked, name)
    seen.push(name)
  }
  return seen
}
