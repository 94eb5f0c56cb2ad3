import { type Command, InvalidArgumentError } from 'commander'
import { csvCell } from '../admin/usage/csv.ts'
import { addAdminCommand, withAdmin } from './admin-access.ts'
import type { AdminClient } from './admin-client.ts'
import { integerOption } from './admin-options.ts'
import type { Exact, KeyView, UsageAnswer, UsageSums, UsageView } from './admin-views.ts'
import { CliError } from './failure.ts'
import { plain, print, type Terminal, table } from './output.ts'
import { addUsageOptions, type UsageOptions, usageQuery } from './usage-options.ts'

const GROUPS_MAX = 10_000
const BAR_CHARS = 20
const DIMENSIONS = ['key', 'project', 'model', 'upstream', 'tag', 'hour', 'day', 'month']

type Options = UsageOptions & { readonly by: string; readonly limit?: number; readonly csv?: boolean }

export function addUsageReport(usage: Command, terminal: Terminal): void {
  const command = addAdminCommand(usage, 'report', 'sums of requests, tokens and cost')
    .option(
      '--by <dimensions>',
      `up to four of ${DIMENSIONS.join(', ')}, with commas between`,
      byOption,
      'key',
    )
    .option('--limit <count>', 'so many groups at most, the dearest', (text) =>
      integerOption(text, 1, GROUPS_MAX),
    )
    .option('--csv', 'print CSV')
  addUsageOptions(command).action((options: Options) => report(options, terminal))
}

function byOption(text: string): string {
  const names = text.split(',')
  if (names.every((name) => DIMENSIONS.includes(name)) && new Set(names).size === names.length) return text
  throw new InvalidArgumentError(`Give some of ${DIMENSIONS.join(', ')}, each once, with commas between.`)
}

async function report(options: Options, terminal: Terminal): Promise<void> {
  const { by, limit, csv, json } = options
  if (csv && json) throw new CliError('usage', '--csv does not go with --json', 'give one of the two')
  const query = usageQuery(options, { by, limit: limit?.toString() })
  const isForPeople = !csv && !json
  const { answer, names } = await withAdmin(options, terminal, async (admin) => ({
    answer: await admin.call<UsageAnswer>('GET', `/usage${query}`),
    names: isForPeople && by.includes('key') ? await keyNames(admin) : new Map<string, string>(),
  }))
  if (csv) return terminal.stdout(renderCsv(answer))
  print(terminal, json === true, answer.usage, () => render(answer, names))
}

async function keyNames(admin: AdminClient): Promise<ReadonlyMap<string, string>> {
  const { keys } = await admin.call<{ keys: KeyView[] }>('GET', '/keys')
  return new Map(keys.map(({ id, name }) => [id, name]))
}

function renderCsv({ by, usage, total }: UsageAnswer): string {
  const columns = [...by, ...Object.keys(total)]
  const lines = usage.map((row) => columns.map((column) => cellOf(row[column])))
  return [columns, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('')
}

function cellOf(value: Exact | string | undefined): string {
  return typeof value === 'bigint' ? String(value) : csvCell(value ?? null)
}

function render(answer: UsageAnswer, names: ReadonlyMap<string, string>): string {
  const { by, usage, total, from, to, more } = answer
  const head = `Usage from ${from} to ${to} (UTC)\n\n`
  if (usage.length === 0) return `${head}Nothing was used.\n`
  const most = usage.reduce(
    (max, { costNanoUsd }) => (BigInt(costNanoUsd) > max ? BigInt(costNanoUsd) : max),
    0n,
  )
  const rows = usage.map((row) => [
    ...by.map((dimension) => groupText(row, dimension, names)),
    ...sumCells(row),
    barOf(BigInt(row.costNanoUsd), most),
  ])
  const sum = [...by.map((_, index) => (index === 0 ? 'SUM' : '')), ...sumCells(total), '']
  const columns = [
    ...by.map((dimension) => dimension.toUpperCase()),
    'REQUESTS',
    'FAILED',
    'TOKENS',
    'COST $',
    '',
  ]
  return `${head}${table(columns, [...rows, sum])}${notes(total, more, by)}`
}

function groupText(row: UsageView, dimension: string, names: ReadonlyMap<string, string>): string {
  const value = String(row[dimension] ?? '')
  const name = dimension === 'key' ? names.get(value) : undefined
  if (name !== undefined) return `${value} ${name}`
  return value === '' ? '-' : value
}

function sumCells({ requests, failed, totalTokens, costUsd }: UsageSums): string[] {
  return [String(requests), String(failed), String(totalTokens), costUsd]
}

/** Eighths of a character, so that a small share is still seen. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function barOf(cost: bigint, most: bigint): string {
  if (most <= 0n || cost <= 0n) return ''
  const eighths = Math.max(1, Number((cost * BigInt(BAR_CHARS * 8)) / most))
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]
}

function notes({ estimated, unpriced }: UsageSums, more: boolean, by: readonly string[]): string {
  const lines = [
    BigInt(estimated) > 0n ? `${estimated} of the requests are estimates: their use was never told.` : '',
    BigInt(unpriced) > 0n
      ? `${unpriced} of the requests had no price. Set prices: in the configuration, then: wasat prices reprice`
      : '',
    by.includes('tag') ? 'A request counts for each of its tags, and in the sum once.' : '',
    more ? 'There are more groups; the sum counts them too. --limit shows more.' : '',
  ].filter((line) => line !== '')
  return lines.length === 0 ? '' : `\n${lines.map(plain).join('\n')}\n`
}
