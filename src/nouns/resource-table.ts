/** What clients created and named, as the store keeps it. */

/**
 * What clients created and named. A name belongs to its key: two keys may each have one `files/a`, and neither can
 * learn of the other's. Every promise resolves when the change is durable.
 */
export interface ResourceTable {
  /**
   * Writes a new row; throws `already_exists` when the key has one of this name. With `alongside`, that row is
   * replaced in the same transaction; false, and nothing written, when it is not there any more.
   */
  insert(row: ResourceRow, alongside?: ResourceRow): Promise<boolean>
  get(keyId: string, name: string): Promise<ResourceRow | undefined>
  /** Whoever's it is: only for names that nobody can guess. */
  find(name: string): Promise<ResourceRow | undefined>
  /** The row whose bytes lie in this blob. */
  findByBlob(blob: string): Promise<ResourceRow | undefined>
  /** Replaces everything but key, name, parent and createdAt; false when there is no such row. */
  update(row: ResourceRow): Promise<boolean>
  delete(keyId: string, name: string): Promise<boolean>
  /** By createdAt and then by name; the newest first, unless asked otherwise. */
  list(query: ResourceQuery): Promise<readonly ResourceRow[]>
  /** Rows whose `expiresAt` is `now` or earlier, the oldest first. */
  expired(now: number, limit: number): Promise<readonly ResourceRow[]>
  /** Of one collection, or of all that the key has. */
  totals(keyId: string, collection?: string): Promise<{ readonly count: number; readonly sizeBytes: number }>
}

export interface ResourceRow {
  readonly keyId: string
  /** `files/abc` */
  readonly name: string
  /** `files` */
  readonly collection: string
  /** The name of the resource that it lies in: a document's store. */
  readonly parent: string | undefined
  /** The upstream that holds the thing itself, when it is not us. */
  readonly upstream: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly updatedAt: number
  readonly expiresAt: number | undefined
  /** The blob that holds its bytes; no two rows share one. */
  readonly blob: string | undefined
  /** What it counts for in the key's share of the disk. */
  readonly sizeBytes: number
  /** JSON of the collection's own shape. */
  readonly document: string
}

export interface ResourceQuery {
  readonly keyId: string
  readonly collection: string
  readonly parent?: string
  /** The last row of the page before. */
  readonly after?: { readonly createdAt: number; readonly name: string } | undefined
  /** Left out: the newest first. The oldest first has one page only. */
  readonly order?: 'oldest'
  readonly limit: number
}
