/** Who owns what lies at an upstream: a row for each thing that was made through us. */
import { GatewayError } from '../../errors.ts'
import type { ResourceRow, ResourceTable } from '../../nouns/resource-table.ts'
import { isExpired } from '../pages.ts'
import type { Home } from './hosts.ts'

const PREFIX = 'relayed/'
/** Things of one key and one collection; the upstream has bounds of its own for all keys together. */
const ROWS_PER_KEY_MAX = 100_000

/** The document of a row. */
export interface RelayedDocument {
  /** Of the account. */
  readonly tag: string
  /** `files/abc`, as the upstream names it. */
  readonly remote: string
  /** A file's address at the upstream, as it told it. */
  readonly uri?: string
}

export function relayedDocumentOf(row: ResourceRow): RelayedDocument {
  return JSON.parse(row.document) as RelayedDocument
}

/** The collection's own rows are of what lies here. */
export function relayedCollection(collection: string): string {
  return PREFIX + (collection.startsWith('models/') ? 'operations' : collection)
}

export function isRelayed(row: ResourceRow): boolean {
  return row.collection.startsWith(PREFIX)
}

export interface NewRow {
  readonly keyId: string
  readonly name: string
  readonly collection: string
  readonly home: Home
  readonly remote: string
  readonly uri: string | undefined
  readonly expiresAt: number | undefined
}

export interface RelayedRows {
  /** The caller's own row of this name, of something here or at an upstream. */
  get(keyId: string, name: string): Promise<ResourceRow | undefined>
  /** Whoever's. */
  find(name: string): Promise<ResourceRow | undefined>
  /** Makes the thing the key's, unless it is somebody's already. */
  own(row: NewRow): Promise<void>
  /** Throws `resource_exhausted` before one too many is made. */
  refuseTooMany(keyId: string, collection: string): Promise<void>
  count(keyId: string, collection: string): Promise<number>
  extend(row: ResourceRow, expiresAt: number): Promise<void>
  forget(row: ResourceRow): Promise<void>
}

export function createRelayedRows(table: ResourceTable, now: () => number): RelayedRows {
  const current = (row: ResourceRow | undefined) =>
    row === undefined || isExpired(row, now()) ? undefined : row
  const count = async (keyId: string, collection: string) =>
    (await table.totals(keyId, relayedCollection(collection))).count

  return {
    get: async (keyId, name) => current(await table.get(keyId, name)),
    find: async (name) => current(await table.find(name)),
    own: async (made) => {
      const known = await table.find(made.name)
      // A name may come again once its first bearer has expired, and not before.
      if (current(known) !== undefined) return
      if (known !== undefined) await table.delete(known.keyId, known.name)
      try {
        await table.insert(rowOf(made, now()))
      } catch (error) {
        // Two answers that name the same thing may come at the same time.
        if (GatewayError.from(error).code !== 'already_exists') throw error
      }
    },
    refuseTooMany: async (keyId, collection) => {
      if ((await count(keyId, collection)) < ROWS_PER_KEY_MAX) return
      throw new GatewayError(
        'resource_exhausted',
        `You have reached your limit of ${ROWS_PER_KEY_MAX} of these.`,
      )
    },
    count,
    extend: async (row, expiresAt) => {
      if (row.expiresAt !== expiresAt) await table.update({ ...row, updatedAt: now(), expiresAt })
    },
    forget: async (row) => void (await table.delete(row.keyId, row.name)),
  }
}

function rowOf({ keyId, name, collection, home, remote, uri, expiresAt }: NewRow, now: number): ResourceRow {
  const document: RelayedDocument = { tag: home.account.tag, remote, ...(uri !== undefined && { uri }) }
  return {
    keyId,
    name,
    collection: relayedCollection(collection),
    parent: undefined,
    upstream: home.upstream,
    createdAt: now,
    updatedAt: now,
    expiresAt,
    blob: undefined,
    sizeBytes: 0,
    document: JSON.stringify(document),
  }
}
