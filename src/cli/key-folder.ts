/** Opens the keys in the data folder itself, for when no gateway runs on it. */
import { GatewayError } from '../errors.ts'
import type { KeyRecord } from '../nouns.ts'
import { CliError } from './failure.ts'
import type { KeyAccess, KeyView } from './key-view.ts'

/** Throws `CliError` with `unreachable` when a gateway holds the folder and does not answer on its socket. */
export async function openKeyFolder(dataFolder: string): Promise<KeyAccess> {
  // Imported when needed: the other ways to the keys do without a database.
  const { isDataFolderInUse, openSqliteStore } = await import('../stores/sqlite/store.ts')
  const { createKeys } = await import('../auth/keys.ts')
  const holder = isDataFolderInUse(dataFolder)
  if (holder) throw inUse(dataFolder, holder.pid)
  const store = await openSqliteStore(dataFolder)
  try {
    const keys = await createKeys(store.ledger)
    const view = async (id: string): Promise<KeyView> => viewOf(await keys.get(id), id)
    return {
      list: async () => (await keys.list()).map((record) => viewOf(record, record.id)),
      get: view,
      create: async (name, models) => withSecret(await keys.create({ name, models })),
      setDisabled: async (id, disabled) => {
        await keys.setDisabled(id, disabled)
        return view(id)
      },
      rotate: async (id) => withSecret(await keys.rotate(id)),
      remove: async (id) => {
        await keys.remove(id)
      },
      close: () => store.close(),
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

function inUse(dataFolder: string, pid: number | undefined): CliError {
  const who = pid === undefined ? 'a gateway' : `a gateway (process ${pid})`
  return new CliError(
    'unreachable',
    `${who} runs on ${dataFolder} and does not answer on its socket`,
    'set WASAT_URL and WASAT_ADMIN_KEY to reach it, or stop it first',
  )
}

function withSecret({ record, key }: { record: KeyRecord; key: string }): { key: KeyView; secret: string } {
  return { key: viewOf(record, record.id), secret: key }
}

/** The digest stays inside. */
function viewOf(record: KeyRecord | undefined, id: string): KeyView {
  if (!record) throw new GatewayError('not_found', `There is no key ${id}.`)
  const { name, models, disabled, createdAt, updatedAt } = record
  return {
    ...{ id: record.id, name, models, disabled },
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  }
}
