/** What every collection works with. */
import { GatewayError } from '../errors.ts'
import type { ResourceRow, ResourceTable } from '../nouns/resource-table.ts'
import type { HttpRequest } from '../nouns.ts'
import type { Blobs } from './blobs/blobs.ts'
import type { Quota } from './quota.ts'

export interface ResourceParts {
  readonly table: ResourceTable
  readonly blobs: Blobs
  readonly quota: Quota
  /** Milliseconds since the epoch. */
  now(): number
  /** A JSON body within the limits of every request; `{}` when there is none. Throws `invalid_argument`. */
  readJson(request: HttpRequest): Promise<Record<string, unknown>>
  parseJson(bytes: Buffer): Record<string, unknown>
}

/** The row and then its bytes: a crash in between leaves bytes that no row names, which the next start removes. */
export async function forget({ table, blobs }: ResourceParts, row: ResourceRow): Promise<boolean> {
  const wasThere = await table.delete(row.keyId, row.name)
  if (row.blob !== undefined) await blobs.remove(row.blob)
  return wasThere
}

/** Google's words for a name that the same key has taken already. */
export function alreadyExists(): GatewayError {
  return new GatewayError('already_exists', 'Requested entity already exists')
}
