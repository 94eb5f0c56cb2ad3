import { GatewayError, invalidField } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Collection, Endpoint, Exchange } from '../collection.ts'
import { readResource } from '../messages.ts'
import { isReadableId } from '../names.ts'
import { isExpired, readPage } from '../pages.ts'
import { forget, type ResourceParts } from '../parts.ts'
import { storeBytes } from '../store-bytes.ts'
import { CACHED_CONTENTS, cacheNotFound, cacheView, expiryOf } from './cache.ts'
import { type CacheOptions, planCache } from './create.ts'

const PAGE_SIZES = { standard: 100, max: 1_000 }
const CACHES_PER_KEY_MAX = 10_000
/** What may be asked to change; the names of the mask in both spellings. */
const CHANGEABLE: ReadonlySet<string> = new Set(['ttl', 'expireTime', 'expire_time', '*'])

export function cachedContentsCollection(parts: ResourceParts, options: CacheOptions): Collection {
  const own = endpointsAt(parts, options, '')
  // The cloud platform has the same collection below a project.
  return { endpoints: [...own, ...endpointsAt(parts, options, 'projects/{}/locations/{}/')] }
}

function endpointsAt(parts: ResourceParts, options: CacheOptions, prefix: string): readonly Endpoint[] {
  const { table, now } = parts
  const collection = prefix + CACHED_CONTENTS
  const one = `${collection}/{}`

  const list: Endpoint = {
    method: 'GET',
    path: collection,
    handle: async (exchange) => {
      const { request, caller } = exchange
      const where = { table, caller, collection: CACHED_CONTENTS, query: request.query }
      const { rows, nextPageToken } = await readPage({ ...where, sizes: PAGE_SIZES, now: now() })
      const cachedContents = rows.map((row) => cacheView(row, parentOf(exchange)))
      return {
        json: { ...(rows.length > 0 && { cachedContents }), ...(nextPageToken && { nextPageToken }) },
      }
    },
  }

  const create: Endpoint = {
    method: 'POST',
    path: collection,
    handle: async (exchange) => {
      const { request, caller, opening } = exchange
      const json = await parts.readJson(request)
      const { row, bytes } = await planCache(parts, options, { caller, apiVersion: opening.apiVersion, json })
      await refuseTooMany(parts, caller.keyId)
      return { json: cacheView(await storeBytes(parts, row, bytes), parentOf(exchange)) }
    },
  }

  const get: Endpoint = {
    method: 'GET',
    path: one,
    handle: async (exchange) => ({ json: cacheView(await find(parts, exchange), parentOf(exchange)) }),
  }

  const patch: Endpoint = {
    method: 'PATCH',
    path: one,
    handle: async (exchange) => {
      const row = await find(parts, exchange)
      const expiresAt = newExpiry(await parts.readJson(exchange.request), exchange.request.query, now())
      const next = { ...row, updatedAt: now(), expiresAt }
      if (!(await table.update(next))) throw cacheNotFound()
      return { json: cacheView(next, parentOf(exchange)) }
    },
  }

  const remove: Endpoint = {
    method: 'DELETE',
    path: one,
    handle: async (exchange) => {
      if (!(await forget(parts, await find(parts, exchange)))) throw cacheNotFound()
      return { json: {} }
    },
  }

  return [list, create, get, patch, remove]
}

/** `projects/p/locations/l/` for a path below a project, nothing for any other. */
function parentOf({ path: { segments } }: Exchange): string {
  return segments[0] === 'projects' ? `${segments.slice(0, 4).join('/')}/` : ''
}

async function find(parts: ResourceParts, { caller, ids }: Exchange): Promise<ResourceRow> {
  return findCache(parts, caller.keyId, ids.at(-1) ?? '')
}

/** Throws `permission_denied`. */
export async function findCache(
  { table, now }: ResourceParts,
  keyId: string,
  id: string,
): Promise<ResourceRow> {
  const row = isReadableId(id) ? await table.get(keyId, `${CACHED_CONTENTS}/${id}`) : undefined
  if (row === undefined || row.collection !== CACHED_CONTENTS || isExpired(row, now())) throw cacheNotFound()
  return row
}

async function refuseTooMany({ table }: ResourceParts, keyId: string): Promise<void> {
  const { count } = await table.totals(keyId, CACHED_CONTENTS)
  if (count < CACHES_PER_KEY_MAX) return
  throw new GatewayError('resource_exhausted', `You have reached your limit of ${CACHES_PER_KEY_MAX} caches.`)
}

/** Only the end can change. What a client repeats of the rest is refused, because it would be ignored. */
function newExpiry(json: Record<string, unknown>, query: URLSearchParams, now: number): number {
  const mask = query.get('updateMask') ?? query.get('update_mask') ?? ''
  for (const field of mask.split(',', 20)) {
    const name = field.trim()
    if (name !== '' && !CHANGEABLE.has(name)) throw onlyTheEnd(name.slice(0, 64))
  }
  const { ttl, expireTime, name: _name, ...others } = readResource('CachedContent', json)
  const [other] = Object.keys(others)
  if (other !== undefined) throw onlyTheEnd(other)
  const expiresAt = expiryOf({ ...(ttl && { ttl }), ...(expireTime && { expireTime }) }, now)
  if (expiresAt === undefined) throw invalidField('', 'ttl or expire_time must be given.')
  return expiresAt
}

function onlyTheEnd(field: string): GatewayError {
  return invalidField(field, `Only ttl or expire_time of a CachedContent can be updated, not ${field}.`)
}
