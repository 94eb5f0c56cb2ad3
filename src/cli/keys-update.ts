import type { Command } from 'commander'
import { type AdminOptions, addAdminCommand, withAdmin } from './admin-access.ts'
import { addLimitOptions, collect, expiryOption, type LimitOptions, limitsOf } from './admin-options.ts'
import type { KeyView } from './admin-views.ts'
import { CliError } from './failure.ts'
import { keyDetails, keyPath } from './keys-view.ts'
import { print, type Terminal } from './output.ts'
import { projectIdOf } from './projects-find.ts'
import { addRouteOption, type RouteOptions, routesOf } from './route-options.ts'

type Options = AdminOptions &
  LimitOptions &
  RouteOptions & {
    readonly name?: string
    readonly model?: readonly string[] | false
    readonly project?: string | false
    readonly address?: readonly string[] | false
    readonly expires?: string | false
  }

export function addKeysUpdate(keys: Command, terminal: Terminal): void {
  const command = addAdminCommand(keys, 'update <id>', 'change a key; what is not named stays')
    .option('--name <name>', 'what the key is for')
    .option(
      '--model <glob>',
      'model name or glob that it may use, instead of those before; repeatable',
      collect,
    )
    .option('--no-model', 'it may use every model')
    .option('--project <project>', 'the project that it belongs to, by id or name')
    .option('--no-project', 'it belongs to no project')
    .option('--address <range>', 'IP address or CIDR range, instead of those before; repeatable', collect)
    .option('--no-address', 'every address may use it')
    .option('--expires <when>', 'refuse it from then on: 30d, or a date such as 2027-01-01', expiryOption)
    .option('--no-expires', 'it never expires')
  addRouteOption(command, true)
  addLimitOptions(command, true).action((id: string, options: Options) => update(id, options, terminal))
}

async function update(id: string, options: Options, terminal: Terminal): Promise<void> {
  const { name, model, project, address, expires } = options
  const limits = limitsOf(options)
  const routes = routesOf(options)
  if ([name, model, project, address, expires, limits, routes].every((option) => option === undefined)) {
    throw new CliError('usage', 'there is nothing to change', 'wasat keys update --help shows what can be')
  }
  const key = await withAdmin(options, terminal, async (admin) => {
    const body = {
      ...{ name, limits, routes },
      models: model === false ? [] : model,
      addresses: address === false ? [] : address,
      expiresAt: expires === false ? null : expires,
      projectId:
        typeof project === 'string'
          ? await projectIdOf(project, admin)
          : project === false
            ? null
            : undefined,
    }
    return (await admin.call<{ key: KeyView }>('PATCH', keyPath(id), { body })).key
  })
  print(terminal, options.json === true, key, () => keyDetails({ ...key, budgets: [] }))
}
