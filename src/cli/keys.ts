import type { Command } from 'commander'
import { ADMIN_HELP, type AdminOptions, addAdminCommand, withAdmin } from './admin-access.ts'
import type { AdminClient } from './admin-client.ts'
import type { BudgetView, KeyView, KeyWithSecret } from './admin-views.ts'
import { addKeysCreate } from './keys-create.ts'
import { addKeysUpdate } from './keys-update.ts'
import { keyDetails, keyPath, keyTable, printSecret } from './keys-view.ts'
import { plain, print, type Terminal } from './output.ts'

export function addKeysCommand(program: Command, terminal: Terminal): void {
  const keys = program
    .command('keys')
    .description('make, list and revoke client keys')
    .addHelpText('after', ADMIN_HELP)
  addKeysCreate(keys, terminal)
  addAdminCommand(keys, 'list', 'list the keys').action((options: AdminOptions) => list(options, terminal))
  addAdminCommand(keys, 'show <id>', 'show one key').action((id: string, options: AdminOptions) =>
    showOne(options, terminal, (admin) => admin.call('GET', keyPath(id))),
  )
  addKeysUpdate(keys, terminal)
  addAdminCommand(keys, 'disable <id>', 'refuse a key from now on').action(
    (id: string, options: AdminOptions) =>
      showOne(options, terminal, (admin) => admin.call('POST', keyPath(id, ':disable'))),
  )
  addAdminCommand(keys, 'enable <id>', 'accept a disabled key again').action(
    (id: string, options: AdminOptions) =>
      showOne(options, terminal, (admin) => admin.call('POST', keyPath(id, ':enable'))),
  )
  addAdminCommand(keys, 'rotate <id>', 'give a key a new secret; the old one stops working').action(
    (id: string, options: AdminOptions) => rotate(id, options, terminal),
  )
  addAdminCommand(keys, 'delete <id>', 'remove a key for good; what it used stays on the ledger').action(
    (id: string, options: AdminOptions) => remove(id, options, terminal),
  )
}

async function list(options: AdminOptions, terminal: Terminal): Promise<void> {
  const { keys, budgets } = await withAdmin(options, terminal, async (admin) => ({
    keys: (await admin.call<{ keys: KeyView[] }>('GET', '/keys')).keys,
    budgets: await budgetsOf(admin),
  }))
  const shown = keys.map((key) => ({ ...key, budgets: budgetsOver(key, budgets) }))
  print(terminal, options.json === true, shown, () =>
    keys.length === 0 ? 'There are no keys. Make one: wasat keys create --name <name>\n' : keyTable(shown),
  )
}

async function showOne(
  options: AdminOptions,
  terminal: Terminal,
  work: (admin: AdminClient) => Promise<{ readonly key: KeyView }>,
): Promise<void> {
  const key = await withAdmin(options, terminal, async (admin) => {
    const { key } = await work(admin)
    return { ...key, budgets: budgetsOver(key, await budgetsOf(admin)) }
  })
  print(terminal, options.json === true, key, () => keyDetails(key))
}

async function budgetsOf(admin: AdminClient): Promise<readonly BudgetView[]> {
  return (await admin.call<{ budgets: BudgetView[] }>('GET', '/budgets')).budgets
}

function budgetsOver({ id }: KeyView, budgets: readonly BudgetView[]): readonly BudgetView[] {
  return budgets.filter(({ scope, scopeId }) => scope === 'key' && scopeId === id)
}

async function rotate(id: string, options: AdminOptions, terminal: Terminal): Promise<void> {
  const issued = await withAdmin(options, terminal, (admin) =>
    admin.call<KeyWithSecret>('POST', keyPath(id, ':rotate')),
  )
  printSecret(issued, options, terminal)
}

async function remove(id: string, options: AdminOptions, terminal: Terminal): Promise<void> {
  await withAdmin(options, terminal, (admin) => admin.call('DELETE', keyPath(id)))
  print(terminal, options.json === true, { id, deleted: true }, () => `key ${plain(id)} is deleted\n`)
}
