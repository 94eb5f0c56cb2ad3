/** The three ways to the admin API: a gateway's address, the socket of the gateway on this data folder, the data itself. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Flags } from '../config/load.ts'
import { type AdminClient, createAdminClient } from './admin-client.ts'
import { addFolderOptions, loadOptions } from './config-options.ts'
import { CliError } from './failure.ts'
import type { Terminal } from './output.ts'

export type AdminOptions = Flags & { readonly json?: boolean }

export const ADMIN_HELP = `
A running gateway is reached through WASAT_URL and WASAT_ADMIN_KEY, or through the socket in its data folder.
When no gateway runs on the data folder, the folder itself is opened.`

/** A command of a group, with the options that each of them has. */
export function addAdminCommand(group: Command, name: string, description: string): Command {
  return addFolderOptions(group.command(name)).description(description).option('--json', 'print JSON')
}

export interface AccessOptions {
  /** Whether a data folder is made when there is none. */
  readonly mayCreateFolder?: boolean
  /** Whether the operator's own prices matter; then the whole configuration has to be good. */
  readonly needsPrices?: boolean
  /** Whether it matters where models go; the same holds. */
  readonly needsModels?: boolean
  /** Whether only a gateway that runs can know the answer. */
  readonly needsGateway?: boolean
}

/** Runs `work` with the admin API. Throws `CliError` when a gateway is there and cannot be asked. */
export async function withAdmin<Result>(
  options: AdminOptions,
  terminal: Terminal,
  work: (admin: AdminClient) => Promise<Result>,
  access: AccessOptions = {},
): Promise<Result> {
  const admin = await findAdmin(options, terminal, access)
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

async function findAdmin(
  flags: Flags,
  terminal: Terminal,
  { mayCreateFolder = false, needsPrices = false, needsModels = false, needsGateway = false }: AccessOptions,
): Promise<AdminClient> {
  const { WASAT_URL: url, WASAT_ADMIN_KEY: adminKey } = terminal.environment
  if (url) return createAdminClient({ url: parseUrl(url), adminKey: requireKey(adminKey) })
  const { loadConfig, loadStorePlace } = await import('../config/load.ts')
  const place = loadStorePlace(loadOptions(flags, terminal))
  const socket = join(place.data, 'admin.sock')
  if (existsSync(socket)) {
    const client = createAdminClient({ socket })
    if (await client.isThere()) return client
  }
  if (needsGateway)
    throw new CliError('unreachable', `no gateway runs on ${place.data}`, 'start it with: wasat serve')
  if (!mayCreateFolder && !existsSync(place.data))
    throw new CliError('notFound', `there is no data folder ${place.data}`, 'start with: wasat serve')
  const { openAdminFolder } = await import('./admin-folder.ts')
  return openAdminFolder(place, async () => {
    if (!needsPrices && !needsModels) return { prices: {} }
    const { config } = loadConfig(loadOptions(flags, terminal))
    if (!needsModels) return { prices: config.prices }
    const { configuredModels } = await import('../main/routes.ts')
    return { prices: config.prices, models: configuredModels(config) }
  })
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
