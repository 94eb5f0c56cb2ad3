/** The admin API on the data itself, for when no gateway runs on it. */
import type { StorePlace } from '../config/load.ts'
import type { GatewayError } from '../errors.ts'
import type { Books } from '../main/open-store.ts'
import type { Routes } from '../main/routes.ts'
import type { PriceOverrides } from '../prices/book.ts'
import { type AdminClient, type Received, resultOf, type Sink } from './admin-client.ts'
import { exchange, type LocalRequest } from './admin-exchange.ts'
import { CliError } from './failure.ts'
import { programVersion } from './version.ts'

/** What the configuration says, as far as a command needs it. */
export interface FolderSettings {
  readonly prices: PriceOverrides
  readonly models?: Routes['models'] | undefined
}

/** Throws `CliError` with `unreachable` when a gateway holds the folder and does not answer on its socket. */
export async function openAdminFolder(
  place: StorePlace,
  loadSettings: () => Promise<FolderSettings>,
): Promise<AdminClient> {
  // Imported when needed: the other ways to the admin API do without a database.
  const { isDataFolderInUse } = await import('../stores/sqlite/store.ts')
  const holder = isDataFolderInUse(place.data)
  if (holder) throw inUse(place.data, holder.pid)
  const { openBooks } = await import('../main/open-store.ts')
  const books = await openBooks(place)
  try {
    return await clientOf(books, place.data, loadSettings)
  } catch (error) {
    await books.close()
    throw error
  }
}

async function clientOf(
  books: Books,
  name: string,
  loadSettings: () => Promise<FolderSettings>,
): Promise<AdminClient> {
  const { createAdmin } = await import('../admin/admin.ts')
  const { createKeys } = await import('../auth/keys.ts')
  const { adminPartsOf } = await import('../main/admin-parts.ts')
  const { createPriceBook } = await import('../prices/book.ts')
  const { prices: overrides, models } = await loadSettings()
  const prices = createPriceBook({ overrides })
  let failure: GatewayError | undefined
  const admin = createAdmin({
    ...adminPartsOf({
      ...{ store: books, keys: await createKeys(books.directory), version: programVersion() },
      prices: () => prices,
      ...(models && { models: () => models }),
    }),
    gate: { check: () => false },
    onFailure: (error) => {
      failure = error
    },
  })

  async function ask(request: LocalRequest, sink?: Sink): Promise<Received> {
    failure = undefined
    return exchange(admin, request, sink)
  }

  return {
    call: async (method, path, { body } = {}) => {
      const received = await ask({ method, path, body })
      return resultOf(name, path, received, failure?.hint)
    },
    stream: async (path, sink) => {
      const received = await ask({ method: 'GET', path }, sink)
      if (received.status !== 200) resultOf(name, path, received, failure?.hint)
    },
    close: () => books.close(),
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
