/** A cached content as its row keeps it, and as a client sees it. */
import { GatewayError, invalidField } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { ResourceMessage } from '../messages.ts'

export const CACHED_CONTENTS = 'cachedContents'
/** When the client names no end. */
const TTL_DEFAULT_MS = 60 * 60 * 1000
/** The end of year 9999: the last moment that a Timestamp can be. */
const TIME_MAX = 253_402_300_799_999

/** The document of a cache's row; the content itself lies in its blob, as JSON. */
export interface CacheDocument {
  /** As the client named it: `models/m`, or the cloud platform's longer form. */
  readonly model: string
  readonly displayName?: string
  readonly totalTokenCount: number
}

export function cacheDocumentOf(row: ResourceRow): CacheDocument {
  return JSON.parse(row.document) as CacheDocument
}

/** Google's CachedContent, without what it was made from. `parent` is `projects/p/locations/l/` or nothing. */
export function cacheView(row: ResourceRow, parent: string): object {
  const { model, displayName, totalTokenCount } = cacheDocumentOf(row)
  return {
    name: parent + row.name,
    model,
    ...(displayName !== undefined && { displayName }),
    createTime: new Date(row.createdAt).toISOString(),
    updateTime: new Date(row.updatedAt).toISOString(),
    expireTime: new Date(row.expiresAt ?? 0).toISOString(),
    usageMetadata: { totalTokenCount },
  }
}

/** When it ends, in milliseconds since the epoch; undefined when the client names no end. */
export function expiryOf(
  { ttl, expireTime }: Pick<ResourceMessage<'CachedContent'>, 'ttl' | 'expireTime'>,
  now: number,
): number | undefined {
  if (ttl === undefined && expireTime === undefined) return undefined
  const field = ttl === undefined ? 'expire_time' : 'ttl'
  // Both were checked for their form when the message was read.
  const expiresAt =
    ttl === undefined ? Date.parse(expireTime as string) : now + Math.trunc(Number(ttl.slice(0, -1)) * 1000)
  if (expiresAt <= now) throw invalidField(field, `${field} must be in the future.`)
  if (expiresAt > TIME_MAX) throw invalidField(field, `${field} is beyond the last moment of year 9999.`)
  return expiresAt
}

export function defaultExpiry(now: number): number {
  return now + TTL_DEFAULT_MS
}

/** The same for a cache that is another's, that has expired, and that there never was. */
export function cacheNotFound(): GatewayError {
  return new GatewayError('permission_denied', 'CachedContent not found (or permission denied)')
}
