import type { Command } from 'commander'
import type { Flags } from '../config/load.ts'
import { addFolderOptions } from './config-options.ts'
import { findKeys } from './key-access.ts'
import type { KeyAccess, KeyView, KeyWithSecret } from './key-view.ts'
import { plain, print, type Terminal, table } from './output.ts'

type Options = Flags & { readonly json?: boolean }
type CreateOptions = Options & { readonly name: string; readonly model?: readonly string[] }

const HELP = `
A running gateway is reached through WASAT_URL and WASAT_ADMIN_KEY, or through the socket in its data folder.
When no gateway runs on the data folder, the folder itself is opened.`

export function addKeysCommand(program: Command, terminal: Terminal): void {
  const keys = program
    .command('keys')
    .description('make, list and revoke client keys')
    .addHelpText('after', HELP)
  const add = (name: string, description: string): Command =>
    addFolderOptions(keys.command(name)).description(description).option('--json', 'print JSON')

  add('create', 'make a key; it is shown once')
    .requiredOption('--name <name>', 'what the key is for')
    .option('--model <glob>', 'model name or glob that it may use; repeatable; none: every model', collect)
    .action((options: CreateOptions) => create(options, terminal))
  add('list', 'list the keys').action((options: Options) => list(options, terminal))
  add('show <id>', 'show one key').action((id: string, options: Options) =>
    showOne(options, terminal, (access) => access.get(id)),
  )
  add('disable <id>', 'refuse a key from now on').action((id: string, options: Options) =>
    showOne(options, terminal, (access) => access.setDisabled(id, true)),
  )
  add('enable <id>', 'accept a disabled key again').action((id: string, options: Options) =>
    showOne(options, terminal, (access) => access.setDisabled(id, false)),
  )
  add('rotate <id>', 'give a key a new secret; the old one stops working').action(
    (id: string, options: Options) => withSecret(options, terminal, false, (access) => access.rotate(id)),
  )
  add('delete <id>', 'remove a key for good').action((id: string, options: Options) =>
    remove(id, options, terminal),
  )
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

async function withKeys<Result>(
  options: Options,
  terminal: Terminal,
  mayCreateFolder: boolean,
  work: (access: KeyAccess) => Promise<Result>,
): Promise<Result> {
  const access = await findKeys(options, terminal, mayCreateFolder)
  try {
    return await work(access)
  } finally {
    await access.close()
  }
}

async function create(options: CreateOptions, terminal: Terminal): Promise<void> {
  await withSecret(options, terminal, true, (access) => access.create(options.name, options.model ?? []))
}

async function withSecret(
  options: Options,
  terminal: Terminal,
  mayCreateFolder: boolean,
  work: (access: KeyAccess) => Promise<KeyWithSecret>,
): Promise<void> {
  const { key, secret } = await withKeys(options, terminal, mayCreateFolder, work)
  const { id, name, models } = key
  print(
    terminal,
    options.json === true,
    { id, key: secret, name, models },
    () => `${secret}\n\nThis is the whole key, shown this once.\n${details(key)}`,
  )
}

async function list(options: Options, terminal: Terminal): Promise<void> {
  const keys = await withKeys(options, terminal, false, (access) => access.list())
  print(terminal, options.json === true, keys, () => {
    if (keys.length === 0) return 'There are no keys. Make one: wasat keys create --name <name>\n'
    const rows = keys.map((key) => [key.id, key.name, modelsOf(key), stateOf(key), key.createdAt])
    return table(['ID', 'NAME', 'MODELS', 'STATE', 'CREATED'], rows)
  })
}

async function showOne(
  options: Options,
  terminal: Terminal,
  work: (access: KeyAccess) => Promise<KeyView>,
): Promise<void> {
  const key = await withKeys(options, terminal, false, work)
  print(terminal, options.json === true, key, () => details(key))
}

async function remove(id: string, options: Options, terminal: Terminal): Promise<void> {
  await withKeys(options, terminal, false, (access) => access.remove(id))
  print(terminal, options.json === true, { id, deleted: true }, () => `key ${plain(id)} is deleted\n`)
}

function details(key: KeyView): string {
  const rows: [string, string][] = [
    ['id', key.id],
    ['name', key.name],
    ['models', modelsOf(key)],
    ['state', stateOf(key)],
    ['created', key.createdAt],
    ['updated', key.updatedAt],
  ]
  return rows.map(([label, value]) => `${label.padEnd(8)} ${plain(value)}\n`).join('')
}

function modelsOf({ models }: KeyView): string {
  return models.length === 0 ? 'all' : models.join(', ')
}

function stateOf({ disabled }: KeyView): string {
  return disabled ? 'disabled' : 'active'
}
