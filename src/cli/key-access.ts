/** The three ways to the keys: a gateway's address, the socket of the gateway on this data folder, the folder itself. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Flags } from '../config/load.ts'
import { type AdminClient, createAdminClient } from './admin-client.ts'
import { loadOptions } from './config-options.ts'
import { CliError } from './failure.ts'
import { openKeyFolder } from './key-folder.ts'
import type { KeyAccess, KeyView, KeyWithSecret } from './key-view.ts'
import type { Terminal } from './output.ts'

/** Finds the keys. Throws `CliError` when a gateway is there and cannot be asked. */
export async function findKeys(
  flags: Flags,
  terminal: Terminal,
  mayCreateFolder: boolean,
): Promise<KeyAccess> {
  const { WASAT_URL: url, WASAT_ADMIN_KEY: adminKey } = terminal.environment
  if (url) return overAdminApi(createAdminClient({ url: parseUrl(url), adminKey: requireKey(adminKey) }))
  const { loadDataFolder } = await import('../config/load.ts')
  const dataFolder = loadDataFolder(loadOptions(flags, terminal))
  const socket = join(dataFolder, 'admin.sock')
  if (existsSync(socket)) {
    const client = createAdminClient({ socket })
    if (await client.isThere()) return overAdminApi(client)
  }
  if (!mayCreateFolder && !existsSync(dataFolder))
    throw new CliError('notFound', `there is no data folder ${dataFolder}`, 'start with: wasat serve')
  return openKeyFolder(dataFolder)
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return url
  throw new CliError(
    'usage',
    'WASAT_URL is not an http:// or https:// address',
    'for example: WASAT_URL=http://127.0.0.1:4080',
  )
}

function requireKey(adminKey: string | undefined): string {
  if (adminKey) return adminKey
  throw new CliError(
    'authentication',
    'WASAT_URL is set and WASAT_ADMIN_KEY is not',
    'set it to the admin key that the first start of that gateway printed',
  )
}

function overAdminApi(client: AdminClient): KeyAccess {
  const pathOf = (id: string, action = ''): string => `/keys/${encodeURIComponent(id)}${action}`
  return {
    list: async () => (await client.call<{ keys: KeyView[] }>('GET', '/keys')).keys,
    get: async (id) => (await client.call<KeyWithSecret>('GET', pathOf(id))).key,
    create: (name, models) => client.call<KeyWithSecret>('POST', '/keys', { name, models }),
    setDisabled: async (id, disabled) =>
      (await client.call<KeyWithSecret>('POST', pathOf(id, disabled ? ':disable' : ':enable'))).key,
    rotate: (id) => client.call<KeyWithSecret>('POST', pathOf(id, ':rotate')),
    remove: async (id) => {
      await client.call('DELETE', pathOf(id))
    },
    close: async () => {},
  }
}
