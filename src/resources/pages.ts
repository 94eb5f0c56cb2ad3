/** Lists, page by page. A page token is the place of the last row, so it stays right when rows come and go. */
import { GatewayError } from '../errors.ts'
import type { ResourceRow, ResourceTable } from '../nouns/resource-table.ts'
import type { Caller } from '../nouns.ts'

export interface PageSizes {
  readonly standard: number
  readonly max: number
}

export interface PageQuery {
  readonly table: ResourceTable
  readonly caller: Caller
  readonly collection: string
  readonly parent?: string
  /** What the names begin with, when it is not the collection. */
  readonly names?: string
  /** The request's own query. */
  readonly query: URLSearchParams
  readonly sizes: PageSizes
  /** Milliseconds since the epoch: what has expired by then is not listed. */
  readonly now: number
}

export interface Page {
  readonly rows: readonly ResourceRow[]
  readonly nextPageToken: string | undefined
}

const TOKEN_CHARACTERS_MAX = 1_024

export async function readPage(asked: PageQuery): Promise<Page> {
  const { table, caller, query, sizes, now, names, ...where } = asked
  const size = pageSize(query.get('pageSize') ?? query.get('page_size'), sizes)
  const after = readToken(query.get('pageToken') ?? query.get('page_token') ?? '', names ?? where.collection)
  const found = await table.list({ keyId: caller.keyId, ...where, after, limit: size + 1 })
  const page = found.slice(0, size)
  const last = page.at(-1)
  return {
    rows: page.filter((row) => !isExpired(row, now)),
    nextPageToken: found.length > size && last !== undefined ? tokenOf(last) : undefined,
  }
}

export function isExpired(row: ResourceRow, now: number): boolean {
  return row.expiresAt !== undefined && row.expiresAt <= now
}

function pageSize(text: string | null, { standard, max }: PageSizes): number {
  if (text === null || text === '') return standard
  const size = Number(text)
  if (!Number.isInteger(size) || size < 0) {
    const shown = JSON.stringify(text.slice(0, 64))
    throw new GatewayError('invalid_argument', `Invalid value at 'page_size' (TYPE_INT32), ${shown}`)
  }
  return size === 0 ? standard : Math.min(size, max)
}

function tokenOf({ createdAt, name }: ResourceRow): string {
  return Buffer.from(`${createdAt} ${name}`).toString('base64url')
}

function readToken(token: string, collection: string): { createdAt: number; name: string } | undefined {
  if (token === '') return undefined
  const text = token.length > TOKEN_CHARACTERS_MAX ? '' : Buffer.from(token, 'base64url').toString('utf8')
  const [, createdAt, name] = /^(\d{1,15}) (\S+)$/.exec(text) ?? []
  // The name may lie deeper, as a document does in its store.
  if (createdAt === undefined || name === undefined || !name.includes(`${collection}/`)) {
    throw new GatewayError('invalid_argument', 'The page token is invalid.')
  }
  return { createdAt: Number(createdAt), name }
}
