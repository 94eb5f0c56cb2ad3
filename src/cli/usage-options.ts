/** What every command about usage is asked: when, and of whom. */
import type { Command } from 'commander'
import type { AdminOptions } from './admin-access.ts'
import { instantOption, spanOption } from './admin-options.ts'
import { CliError } from './failure.ts'

const HOUR_MS = 3_600_000

export type UsageOptions = AdminOptions & {
  readonly from?: string
  readonly to?: string
  /** Milliseconds. */
  readonly last?: number
  readonly key?: string
  readonly project?: string
  readonly model?: string
  readonly upstream?: string
  readonly tag?: string
}

export function addUsageOptions(command: Command): Command {
  return command
    .option(
      '--from <time>',
      'from then on: a date or an RFC 3339 time (the first of this month, UTC)',
      instantOption,
    )
    .option('--to <time>', 'until before then (now)', instantOption)
    .option('--last <span>', 'the last hours, days or weeks instead, such as 24h, 7d or 4w', spanOption)
    .option('--key <id>', 'only this key')
    .option('--project <id>', 'only this project')
    .option('--model <name>', 'only this model')
    .option('--upstream <name>', 'only this upstream')
    .option('--tag <name=value>', 'only this tag')
}

/** The query of a request to the admin API, with a question mark where there is one. */
export function usageQuery(
  options: UsageOptions,
  more: Readonly<Record<string, string | undefined>>,
): string {
  const { last, key, project, model, upstream, tag } = options
  if (last !== undefined && (options.from !== undefined || options.to !== undefined)) {
    throw new CliError('usage', '--last does not go with --from or --to', 'give the one or the others')
  }
  const from = last === undefined ? options.from : wholeHour(Date.now() - last)
  const all = Object.entries({ from, to: options.to, key, project, model, upstream, tag, ...more })
  const given = all.filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** Sums are kept by the hour: the one that has begun belongs to it. */
function wholeHour(at: number): string {
  return new Date(Math.floor(at / HOUR_MS) * HOUR_MS).toISOString()
}
