import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { KeyRecord, Ledger } from '../../nouns.ts'
import { isTaken } from './failures.ts'

interface KeyRow {
  readonly id: string
  readonly name: string
  readonly digest: string
  readonly models: string
  readonly disabled: number
  readonly created_at: number
  readonly updated_at: number
}

/** What a ledger answers about keys and settings, without the promises. */
export type KeyTable = {
  [Name in Exclude<keyof Ledger, 'append'>]: (
    ...args: Parameters<Ledger[Name]>
  ) => Awaited<ReturnType<Ledger[Name]>>
}

const COLUMNS = 'id, name, digest, models, disabled, created_at, updated_at'

export function createKeyTable(database: DatabaseSync): KeyTable {
  const byDigest = database.prepare(`SELECT ${COLUMNS} FROM keys WHERE digest = ?`)
  const byId = database.prepare(`SELECT ${COLUMNS} FROM keys WHERE id = ?`)
  const all = database.prepare(`SELECT ${COLUMNS} FROM keys ORDER BY created_at, id`)
  const insert = database.prepare(`INSERT INTO keys (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const update = database.prepare(
    'UPDATE keys SET name = ?, digest = ?, models = ?, disabled = ?, updated_at = ? WHERE id = ?',
  )
  const remove = database.prepare('DELETE FROM keys WHERE id = ?')
  const setting = database.prepare('SELECT value FROM settings WHERE name = ?')
  const insertSetting = database.prepare(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )

  const getSetting = (name: string): string | undefined =>
    (setting.get(name) as { value: string } | undefined)?.value

  return {
    findKeyByDigest: (digest) => toRecord(byDigest.get(digest) as KeyRow | undefined),
    getKey: (id) => toRecord(byId.get(id) as KeyRow | undefined),
    listKeys: () => (all.all() as unknown as KeyRow[]).map((row) => toRecord(row) as KeyRecord),
    createKey: (key) =>
      orTaken(() => {
        const models = JSON.stringify(key.models)
        insert.run(key.id, key.name, key.digest, models, key.disabled ? 1 : 0, key.createdAt, key.updatedAt)
      }),
    updateKey: (key) =>
      orTaken(() => {
        const models = JSON.stringify(key.models)
        const done = update.run(key.name, key.digest, models, key.disabled ? 1 : 0, key.updatedAt, key.id)
        return Number(done.changes) === 1
      }),
    deleteKey: (id) => Number(remove.run(id).changes) === 1,
    getSetting,
    initSetting: (name, value) => {
      insertSetting.run(name, value)
      return getSetting(name) as string
    },
  }
}

function toRecord(row: KeyRow | undefined): KeyRecord | undefined {
  if (row === undefined) return undefined
  return Object.freeze({
    id: row.id,
    name: row.name,
    digest: row.digest,
    models: Object.freeze(JSON.parse(row.models) as string[]),
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  })
}

function orTaken<Result>(write: () => Result): Result {
  try {
    return write()
  } catch (cause) {
    if (!isTaken(cause)) throw cause
    throw new GatewayError('already_exists', 'A key with this id or secret exists already.', { cause })
  }
}
