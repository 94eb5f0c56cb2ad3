import type { DatabaseSync } from 'node:sqlite'

/** Settings, without the promises. */
export interface SettingTable {
  get(name: string): string | undefined
  init(name: string, value: string): string
}

export function createSettingTable(database: DatabaseSync): SettingTable {
  const select = database.prepare('SELECT value FROM settings WHERE name = ?')
  const insert = database.prepare('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING')

  const get = (name: string): string | undefined => (select.get(name) as { value: string } | undefined)?.value

  return {
    get,
    init: (name, value) => {
      insert.run(name, value)
      return get(name) as string
    },
  }
}
