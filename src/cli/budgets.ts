import type { Command } from 'commander'
import { ADMIN_HELP, type AdminOptions, addAdminCommand, withAdmin } from './admin-access.ts'
import type { AdminClient } from './admin-client.ts'
import { percentOption, periodOption, usdOption } from './admin-options.ts'
import type { BudgetView } from './admin-views.ts'
import { CliError } from './failure.ts'
import { details, plain, print, type Terminal, table } from './output.ts'
import { projectIdOf } from './projects-find.ts'

type SetOptions = AdminOptions & {
  readonly key?: string
  readonly project?: string
  readonly gateway?: boolean
  readonly limit: string
  readonly period: BudgetView['period']
  readonly soft?: boolean
  readonly alert?: number
}

export function addBudgetsCommand(program: Command, terminal: Terminal): void {
  const budgets = program
    .command('budgets')
    .description('limit what keys, projects or the whole gateway may spend')
    .addHelpText('after', ADMIN_HELP)
  const add = (name: string, description: string): Command => addAdminCommand(budgets, name, description)

  add('set', 'make a budget, or change the one of the same period; alert and hard stop are as said here')
    .option('--key <id>', 'over one key')
    .option('--project <project>', 'over one project, by id or name')
    .option('--gateway', 'over everything')
    .requiredOption('--limit <usd>', 'at most so many US dollars in each period', usdOption)
    .addOption(periodOption().default('month'))
    .option('--soft', 'it only alerts and refuses nothing')
    .option('--alert <percent>', 'alert once it is spent so far', percentOption)
    .action((options: SetOptions) => set(options, terminal))
  add('list', 'list the budgets and where they stand').action((options: AdminOptions) =>
    list(options, terminal),
  )
  add('show <id>', 'show one budget').action((id: string, options: AdminOptions) =>
    show(id, options, terminal),
  )
  add('delete <id>', 'remove a budget').action((id: string, options: AdminOptions) =>
    remove(id, options, terminal),
  )
}

function pathOf(id: string): string {
  return `/budgets/${encodeURIComponent(id)}`
}

async function set(options: SetOptions, terminal: Terminal): Promise<void> {
  const { limit: limitUsd, period, soft, alert } = options
  refuseScopes(options)
  const budget = await withAdmin(options, terminal, async (admin) => {
    const { scope, scopeId } = await scopeOf(options, admin)
    const { budgets } = await admin.call<{ budgets: BudgetView[] }>('GET', '/budgets')
    const before = budgets.find(
      (other) => other.scope === scope && other.scopeId === (scopeId ?? '') && other.period === period,
    )
    const terms = { limitUsd, hardStop: soft !== true }
    const [method, path, body] =
      before === undefined
        ? ['POST', '/budgets', { scope, scopeId, period, ...terms, alertPercent: alert }]
        : ['PATCH', pathOf(before.id), { ...terms, alertPercent: alert ?? null }]
    return (
      await admin.call<{ budget: BudgetView }>(method as string, path as string, { body: body as object })
    ).budget
  })
  print(terminal, options.json === true, budget, () => budgetDetails(budget))
}

function refuseScopes({ key, project, gateway }: SetOptions): void {
  const given = [key, project, gateway].filter((option) => option !== undefined)
  if (given.length === 1) return
  throw new CliError(
    'usage',
    'say what the budget is over',
    'one of --key <id>, --project <project>, --gateway',
  )
}

async function scopeOf(
  { key, project }: SetOptions,
  admin: AdminClient,
): Promise<{ readonly scope: BudgetView['scope']; readonly scopeId?: string }> {
  if (key !== undefined) return { scope: 'key', scopeId: key }
  if (project !== undefined) return { scope: 'project', scopeId: await projectIdOf(project, admin) }
  return { scope: 'gateway' }
}

async function list(options: AdminOptions, terminal: Terminal): Promise<void> {
  const { budgets } = await withAdmin(options, terminal, (admin) =>
    admin.call<{ budgets: BudgetView[] }>('GET', '/budgets'),
  )
  print(terminal, options.json === true, budgets, () => {
    if (budgets.length === 0)
      return 'There are no budgets. Make one: wasat budgets set --gateway --limit <usd>\n'
    const rows = budgets.map((budget) => [
      ...[budget.id, scopeText(budget), budget.period, budget.limitUsd, budget.spentUsd],
      ...[budget.reservedUsd, budget.remainingUsd, modeText(budget), budget.windowEnd ?? 'never'],
    ])
    return table(
      ['ID', 'OVER', 'PERIOD', 'LIMIT $', 'SPENT $', 'RESERVED $', 'LEFT $', 'MODE', 'RESETS'],
      rows,
    )
  })
}

async function show(id: string, options: AdminOptions, terminal: Terminal): Promise<void> {
  const { budget } = await withAdmin(options, terminal, (admin) =>
    admin.call<{ budget: BudgetView }>('GET', pathOf(id)),
  )
  print(terminal, options.json === true, budget, () => budgetDetails(budget))
}

async function remove(id: string, options: AdminOptions, terminal: Terminal): Promise<void> {
  await withAdmin(options, terminal, (admin) => admin.call('DELETE', pathOf(id)))
  print(terminal, options.json === true, { id, deleted: true }, () => `budget ${plain(id)} is deleted\n`)
}

function budgetDetails(budget: BudgetView): string {
  return details([
    ['id', budget.id],
    ['over', scopeText(budget)],
    ['period', budget.period],
    ['limit', `$${budget.limitUsd}`],
    ['spent', `$${budget.spentUsd}`],
    ['reserved', `$${budget.reservedUsd}`],
    ['left', `$${budget.remainingUsd}`],
    ['mode', modeText(budget)],
    ['alert', budget.alertPercent === null ? 'none' : `at ${budget.alertPercent} %`],
    ['since', budget.windowStart],
    ['resets', budget.windowEnd ?? 'never'],
  ])
}

function scopeText({ scope, scopeId }: BudgetView): string {
  return scope === 'gateway' ? 'gateway' : `${scope} ${scopeId}`
}

function modeText({ hardStop }: BudgetView): string {
  return hardStop ? 'stops' : 'alerts only'
}
