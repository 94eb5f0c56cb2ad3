import type { Command } from 'commander'
import { type AdminOptions, addAdminCommand, withAdmin } from './admin-access.ts'
import {
  addLimitOptions,
  collect,
  expiryOption,
  type LimitOptions,
  limitsOf,
  percentOption,
  periodOption,
  usdOption,
} from './admin-options.ts'
import type { KeyWithSecret } from './admin-views.ts'
import { CliError } from './failure.ts'
import { printSecret } from './keys-view.ts'
import type { Terminal } from './output.ts'
import { projectIdOf } from './projects-find.ts'
import { addRouteOption, type RouteOptions, routesOf } from './route-options.ts'

type Options = AdminOptions &
  LimitOptions &
  RouteOptions & {
    readonly name: string
    readonly model?: readonly string[]
    readonly project?: string
    readonly address?: readonly string[]
    readonly expires?: string
    readonly budget?: string
    readonly period?: string
    readonly soft?: boolean
    readonly alert?: number
  }

export function addKeysCreate(keys: Command, terminal: Terminal): void {
  const command = addAdminCommand(keys, 'create', 'make a key; it is shown once')
    .requiredOption('--name <name>', 'what the key is for')
    .option('--model <glob>', 'model name or glob that it may use; repeatable; none: every model', collect)
    .option('--project <project>', 'the project that it belongs to, by id or name')
    .option('--budget <usd>', 'at most so many US dollars in each period', usdOption)
    .addOption(periodOption())
    .option('--soft', 'the budget only alerts and refuses nothing')
    .option('--alert <percent>', 'alert once the budget is spent so far', percentOption)
    .option('--address <range>', 'IP address or CIDR range that may use it; repeatable; none: all', collect)
    .option('--expires <when>', 'refuse it from then on: 30d, or a date such as 2027-01-01', expiryOption)
  addRouteOption(command, false)
  addLimitOptions(command, false).action((options: Options) => create(options, terminal))
}

async function create(options: Options, terminal: Terminal): Promise<void> {
  const { name, model: models = [], address: addresses, expires: expiresAt, project } = options
  const budget = budgetOf(options)
  const limits = limitsOf(options)
  const issued = await withAdmin(
    options,
    terminal,
    async (admin) => {
      const projectId = project === undefined ? undefined : await projectIdOf(project, admin)
      const body = {
        name,
        models,
        routes: routesOf(options),
        projectId,
        addresses,
        limits,
        expiresAt,
        budget,
      }
      return admin.call<KeyWithSecret>('POST', '/keys', { body })
    },
    { mayCreateFolder: true },
  )
  printSecret(issued, options, terminal)
}

function budgetOf({ budget, period, soft, alert }: Options): object | undefined {
  if (budget !== undefined) {
    return { limitUsd: budget, period: period ?? 'month', hardStop: soft !== true, alertPercent: alert }
  }
  if (period === undefined && soft === undefined && alert === undefined) return undefined
  throw new CliError('usage', '--period, --soft and --alert belong to a budget', 'add --budget <usd>')
}
