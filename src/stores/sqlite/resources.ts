import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { ResourceQuery, ResourceRow, ResourceTable } from '../../nouns/resource-table.ts'
import { isTaken } from './failures.ts'

/** What the store answers about resources, without the promises. */
export type SyncResourceTable = {
  [Name in keyof ResourceTable]: (
    ...args: Parameters<ResourceTable[Name]>
  ) => Awaited<ReturnType<ResourceTable[Name]>>
}

interface Columns {
  readonly key_id: string
  readonly name: string
  readonly collection: string
  readonly parent: string | null
  readonly upstream: string | null
  readonly created_at: number
  readonly updated_at: number
  readonly expires_at: number | null
  readonly blob: string | null
  readonly size_bytes: number
  readonly document: string
}

const COLUMNS =
  'key_id, name, collection, parent, upstream, created_at, updated_at, expires_at, blob, size_bytes, document'

export function createResourceTable(database: DatabaseSync): SyncResourceTable {
  const insert = database.prepare(
    `INSERT INTO resources (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = database.prepare(
    `UPDATE resources
     SET collection = ?, upstream = ?, updated_at = ?, expires_at = ?, blob = ?, size_bytes = ?, document = ?
     WHERE name = ? AND key_id = ?`,
  )
  const remove = database.prepare('DELETE FROM resources WHERE name = ? AND key_id = ?')
  const byKey = database.prepare(`SELECT ${COLUMNS} FROM resources WHERE name = ? AND key_id = ?`)
  const byName = database.prepare(`SELECT ${COLUMNS} FROM resources WHERE name = ? LIMIT 1`)
  const byBlob = database.prepare(`SELECT ${COLUMNS} FROM resources WHERE blob = ?`)
  const byExpiry = database.prepare(
    `SELECT ${COLUMNS} FROM resources WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
  )
  const total = database.prepare(
    'SELECT count(*) AS count, coalesce(sum(size_bytes), 0) AS size FROM resources WHERE key_id = ?',
  )
  const totalOfCollection = database.prepare(
    `SELECT count(*) AS count, coalesce(sum(size_bytes), 0) AS size FROM resources
     WHERE key_id = ? AND collection = ?`,
  )

  const change = (row: ResourceRow): boolean =>
    Number(
      update.run(
        row.collection,
        row.upstream ?? null,
        row.updatedAt,
        row.expiresAt ?? null,
        row.blob ?? null,
        row.sizeBytes,
        row.document,
        row.name,
        row.keyId,
      ).changes,
    ) === 1

  return {
    insert: (row, alongside) =>
      inTransaction(database, () => {
        // First the change, which may give up the blob that the new row takes over.
        if (alongside !== undefined && !change(alongside)) return false
        insert.run(...valuesOf(row))
        return true
      }),
    get: (keyId, name) => toRow(byKey.get(name, keyId)),
    find: (name) => toRow(byName.get(name)),
    findByBlob: (blob) => toRow(byBlob.get(blob)),
    update: change,
    delete: (keyId, name) => Number(remove.run(name, keyId).changes) === 1,
    list: (query) => {
      const { where, values } = conditionsOf(query)
      const order = query.order === 'oldest' ? 'created_at, name' : 'created_at DESC, name DESC'
      const text = `SELECT ${COLUMNS} FROM resources WHERE ${where} ORDER BY ${order} LIMIT ?`
      return database
        .prepare(text)
        .all(...values, query.limit)
        .map((row) => toRow(row) as ResourceRow)
    },
    expired: (now, limit) => byExpiry.all(now, limit).map((row) => toRow(row) as ResourceRow),
    totals: (keyId, collection) => {
      const found = collection === undefined ? total.get(keyId) : totalOfCollection.get(keyId, collection)
      const { count, size } = found as unknown as { count: number; size: number }
      return { count, sizeBytes: size }
    },
  }
}

function conditionsOf({ keyId, collection, parent, after }: ResourceQuery): {
  where: string
  values: SQLInputValue[]
} {
  const where = ['key_id = ?', 'collection = ?']
  const values: SQLInputValue[] = [keyId, collection]
  if (parent !== undefined) {
    where.push('parent = ?')
    values.push(parent)
  }
  if (after !== undefined) {
    where.push('(created_at, name) < (?, ?)')
    values.push(after.createdAt, after.name)
  }
  return { where: where.join(' AND '), values }
}

function valuesOf(row: ResourceRow): SQLInputValue[] {
  return [
    row.keyId,
    row.name,
    row.collection,
    row.parent ?? null,
    row.upstream ?? null,
    row.createdAt,
    row.updatedAt,
    row.expiresAt ?? null,
    row.blob ?? null,
    row.sizeBytes,
    row.document,
  ]
}

function toRow(found: unknown): ResourceRow | undefined {
  if (found === undefined) return undefined
  const row = found as Columns
  return Object.freeze({
    keyId: row.key_id,
    name: row.name,
    collection: row.collection,
    parent: row.parent ?? undefined,
    upstream: row.upstream ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at ?? undefined,
    blob: row.blob ?? undefined,
    sizeBytes: row.size_bytes,
    document: row.document,
  })
}

function inTransaction(database: DatabaseSync, work: () => boolean): boolean {
  database.exec('BEGIN IMMEDIATE')
  try {
    const isDone = work()
    database.exec(isDone ? 'COMMIT' : 'ROLLBACK')
    return isDone
  } catch (cause) {
    if (database.isTransaction) database.exec('ROLLBACK')
    if (!isTaken(cause)) throw cause
    throw new GatewayError('already_exists', 'Requested entity already exists', { cause })
  }
}
