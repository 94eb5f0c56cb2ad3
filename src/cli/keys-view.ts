/** Keys as the commands show them. */
import type { AdminOptions } from './admin-access.ts'
import { limitsText } from './admin-options.ts'
import type { BudgetView, KeyView, KeyWithSecret } from './admin-views.ts'
import { details, print, type Terminal, table } from './output.ts'
import { routesText } from './route-options.ts'

export interface ShownKey extends KeyView {
  readonly budgets: readonly BudgetView[]
}

export function keyPath(id: string, action = ''): string {
  return `/keys/${encodeURIComponent(id)}${action}`
}

export function printSecret(issued: KeyWithSecret, options: AdminOptions, terminal: Terminal): void {
  const { key, secret, budget } = issued
  const { id, name, projectId, models, routes, addresses, limits, expiresAt } = key
  const restrictions = { projectId, routes, addresses, limits, expiresAt, ...(budget && { budget }) }
  const shown = { ...key, budgets: budget ? [budget] : [] }
  print(
    terminal,
    options.json === true,
    { id, key: secret, name, models, ...restrictions },
    () => `${secret}\n\nThis is the whole key, shown this once.\n${keyDetails(shown)}`,
  )
}

export function keyTable(keys: readonly ShownKey[]): string {
  const head = ['ID', 'NAME', 'PROJECT', 'MODELS', 'BUDGET', 'STATE', 'CREATED']
  const rows = keys.map((key) => [
    ...[key.id, key.name, key.projectId ?? '-', listText(key.models, 'all')],
    ...[budgetsText(key.budgets), stateText(key), key.createdAt],
  ])
  return table(head, rows)
}

export function keyDetails(key: ShownKey): string {
  return details([
    ['id', key.id],
    ['name', key.name],
    ['project', key.projectId ?? 'none'],
    ['models', listText(key.models, 'all')],
    ['routes', routesText(key.routes)],
    ['addresses', listText(key.addresses, 'all')],
    ['limits', limitsText(key.limits)],
    ['budget', budgetsText(key.budgets)],
    ['expires', key.expiresAt ?? 'never'],
    ['state', stateText(key)],
    ['created', key.createdAt],
    ['updated', key.updatedAt],
  ])
}

/** `$0.12 of $5 a month`. */
export function budgetsText(budgets: readonly BudgetView[]): string {
  const texts = budgets.map(({ spentUsd, limitUsd, period, hardStop }) => {
    const window = period === 'ever' ? 'for ever' : `a ${period}`
    return `$${spentUsd} of $${limitUsd} ${window}${hardStop ? '' : ' (soft)'}`
  })
  return texts.length === 0 ? '-' : texts.join(', ')
}

function listText(list: readonly string[], all: string): string {
  return list.length === 0 ? all : list.join(', ')
}

function stateText({ disabled, expiresAt }: KeyView): string {
  if (disabled) return 'disabled'
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'active'
}
