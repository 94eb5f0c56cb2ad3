import type { Command } from 'commander'
import { formatUsd } from '../wire/usd.ts'
import { ADMIN_HELP, type AdminOptions, addAdminCommand, withAdmin } from './admin-access.ts'
import type { Exact, PriceView } from './admin-views.ts'
import { CliError } from './failure.ts'
import { details, print, type Terminal, table } from './output.ts'

const LONG = { needsPrices: true }

export function addPricesCommand(program: Command, terminal: Terminal): void {
  const prices = program
    .command('prices')
    .description('see what models cost, and price what had no price')
    .addHelpText('after', ADMIN_HELP)
  const add = (name: string, description: string): Command => addAdminCommand(prices, name, description)
  add('list', 'list the prices, in US dollars for a million tokens').action((options: AdminOptions) =>
    list(options, terminal),
  )
  add('show <model>', 'show everything that a model is charged for').action(
    (model: string, options: AdminOptions) => show(model, options, terminal),
  )
  add('reprice', 'charge requests that had no price, at the price of their day').action(
    (options: AdminOptions) => reprice(options, terminal),
  )
}

async function list(options: AdminOptions, terminal: Terminal): Promise<void> {
  const { prices } = await withAdmin(options, terminal, (admin) => admin.call<Prices>('GET', '/prices'), LONG)
  print(terminal, options.json === true, prices, () => {
    const rows = prices.map(({ model, rates, origin, asOf, from }) => [
      ...[model, rateText(rates.input), rateText(rates.cachedInput), rateText(rates.output)],
      ...[origin, asOf ?? '-', from ?? '-'],
    ])
    return table(['MODEL', 'INPUT $', 'CACHED $', 'OUTPUT $', 'ORIGIN', 'AS OF', 'SINCE'], rows)
  })
}

interface Prices {
  readonly prices: readonly PriceView[]
}

async function show(model: string, options: AdminOptions, terminal: Terminal): Promise<void> {
  const path = `/prices?${new URLSearchParams({ model })}`
  const { prices } = await withAdmin(options, terminal, (admin) => admin.call<Prices>('GET', path), LONG)
  if (prices.length === 0) {
    const message = `there is no price for ${JSON.stringify(model)}`
    throw new CliError(
      'notFound',
      message,
      'wasat prices list shows them; set yours under prices: in the configuration',
    )
  }
  print(terminal, options.json === true, prices, () => prices.map(priceDetails).join('\n'))
}

function priceDetails({ model, aliases, origin, source, asOf, from, rates }: PriceView): string {
  return details([
    ['model', model],
    ['also', aliases.join(', ') || 'no other name'],
    ['from', origin === 'config' ? 'the configuration' : `${source ?? 'the table'} (${asOf ?? 'undated'})`],
    ['since', from ?? 'always'],
    ...rateRows(rates, ''),
  ])
}

/** Rates that are for one piece; all others are for a million tokens. */
const FOR_ONE = new Set(['groundedPrompt', 'searchQuery', 'request', 'item'])
/** Numbers that are no money. */
const COUNTS = new Set(['abovePromptTokens', 'inputTokensMax', 'outputTokensMax'])

function rateRows(rates: object, prefix: string): [string, string][] {
  return Object.entries(rates).flatMap(([name, value]): [string, string][] => {
    const label = `${prefix}${name}`
    if (name.endsWith('Percent') || prefix.endsWith('Percent.')) {
      return typeof value === 'object' ? rateRows(value, `${label}.`) : [[label, `${value} %`]]
    }
    if (typeof value === 'object') return rateRows(value, `${label}.`)
    if (COUNTS.has(name)) return [[label, `${value} tokens`]]
    return [[label, `$${formatUsd(value)} ${FOR_ONE.has(name) ? 'for one' : 'for a million tokens'}`]]
  })
}

function rateText(rate: unknown): string {
  return rate === undefined ? '-' : formatUsd(rate as number)
}

async function reprice(options: AdminOptions, terminal: Terminal): Promise<void> {
  const result = await withAdmin(
    options,
    terminal,
    (admin) =>
      admin.call<{ requests: Exact; costUsd: string; costNanoUsd: Exact }>('POST', '/prices:reprice', {
        isLong: true,
      }),
    LONG,
  )
  print(terminal, options.json === true, result, () =>
    BigInt(result.requests) === 0n
      ? 'There is no request without a price that has one by now.\n'
      : `${result.requests} requests are priced now, at $${result.costUsd} together\n`,
  )
}
