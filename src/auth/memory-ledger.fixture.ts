/** A ledger without a disk, for the tests of this room; counts how often a key was looked up. */
import { GatewayError } from '../errors.ts'
import type { KeyRecord, Ledger } from '../nouns.ts'

export interface MemoryLedger extends Ledger {
  readonly lookUps: () => number
  readonly settings: ReadonlyMap<string, string>
  readonly records: ReadonlyMap<string, KeyRecord>
}

export function createMemoryLedger(): MemoryLedger {
  const records = new Map<string, KeyRecord>()
  const settings = new Map<string, string>()
  let lookUps = 0

  const holderOf = (digest: string): KeyRecord | undefined =>
    [...records.values()].find((record) => record.digest === digest)

  return {
    records,
    settings,
    lookUps: () => lookUps,
    append: async () => undefined,
    findKeyByDigest: async (digest) => {
      lookUps++
      return holderOf(digest)
    },
    getKey: async (id) => records.get(id),
    listKeys: async () => [...records.values()],
    createKey: async (key) => {
      if (records.has(key.id) || holderOf(key.digest)) throw new GatewayError('already_exists', 'taken')
      records.set(key.id, key)
    },
    updateKey: async (key) => records.has(key.id) && records.set(key.id, key) !== undefined,
    deleteKey: async (id) => records.delete(id),
    getSetting: async (name) => settings.get(name),
    initSetting: async (name, value) => {
      if (!settings.has(name)) settings.set(name, value)
      return settings.get(name) as string
    },
  }
}

/** For `assert.throws` and `assert.rejects`. */
export function fails(code: string, text?: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof GatewayError && error.code === code && (text === undefined || text.test(error.message))
}
