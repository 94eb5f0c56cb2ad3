/** `wasat doctor --faults`: what each fault of an upstream would do to the clients of this configuration. */
import type { Flags } from '../config/load.ts'
import { loadOptions } from './config-options.ts'
import { CliError } from './failure.ts'
import type { Cell, Outcome } from './faults/judge.ts'
import type { Tried } from './faults/run.ts'
import { colored, plain, type Terminal, table } from './output.ts'

export interface FaultsOptions extends Flags {
  readonly upstream?: string
}

export interface FaultsReport {
  readonly ok: boolean
  readonly faults: readonly { readonly name: string; readonly says: string }[]
  readonly models: readonly {
    readonly model: string
    readonly asked: string
    readonly targets: readonly string[]
    readonly faulty: string | null
    readonly notes: readonly string[]
    readonly cells: readonly Cell[]
  }[]
  /** Models of the configuration that were not tried, because the table has an end. */
  readonly leftOut: readonly string[]
}

/** Everything happens in this process and a folder that is thrown away; nothing real is asked, no real key is used. */
export async function runFaults(options: FaultsOptions, terminal: Terminal): Promise<FaultsReport> {
  const { loadConfig } = await import('../config/load.ts')
  const { modelToShow } = await import('../config/detect.ts')
  const { config } = loadConfig(loadOptions(options, terminal))
  const { upstream } = options
  if (upstream !== undefined && !Object.hasOwn(config.upstreams, upstream))
    throw new CliError(
      'notFound',
      `there is no upstream ${JSON.stringify(upstream)}`,
      namesOf(config.upstreams),
    )
  const { configuredModels } = await import('../main/routes.ts')
  const { PRICE_ROWS } = await import('../prices/table.ts')
  const { ROWS_MAX, rowsOf } = await import('./faults/rows.ts')
  const { FAULTS } = await import('./faults/faults.ts')
  const { tryFaults } = await import('./faults/run.ts')
  const { start } = await import('../main.ts')
  const all = rowsOf({
    config,
    upstream,
    explain: (model) => configuredModels(config).explain(model),
    known: PRICE_ROWS.map(({ id }) => id),
    usual: modelToShow(config),
  })
  const rows = all.slice(0, ROWS_MAX)
  const onCell = progressOn(terminal)
  const tried = await tryFaults({ config, rows, faults: FAULTS, start, onCell })
  onCell()
  return {
    ok: tried.every(({ cells }) => cells.every(({ outcome }) => outcome !== 'wrong')),
    faults: FAULTS.map(({ name, says }) => ({ name, says })),
    models: tried.map(modelOf),
    leftOut: all.slice(ROWS_MAX).map(({ entry }) => entry),
  }
}

const namesOf = (upstreams: object) => `the upstreams are: ${Object.keys(upstreams).join(', ')}`

function modelOf({ row, cells }: Tried): FaultsReport['models'][number] {
  const { entry, model, targets, faulty, notes } = row
  return { model: entry, asked: model, targets, faulty: faulty ?? null, notes, cells }
}

/** Without arguments: over. */
function progressOn(terminal: Terminal): (done?: number, all?: number) => void {
  if (terminal.showsProgress !== true) return () => undefined
  return (done, all) =>
    terminal.stderr(done === undefined ? '\r\u001b[K' : `\r${done} of ${all} faults tried `)
}

export function renderFaults(report: FaultsReport, terminal: Terminal): string {
  const { ok, faults, models, leftOut } = report
  const heads = ['MODEL', 'FAULT AT', ...faults.map(({ name }) => name.toUpperCase())]
  const rows = models.map(({ model, faulty, cells }) => [
    ...[model, faulty ?? '-'],
    ...(cells.length === 0 ? faults.map(() => '-') : cells.map(cellText)),
  ])
  const notes = models.flatMap(({ model, notes }) => notes.map((note) => `${model}: ${note}\n`))
  const wrong = models.flatMap(({ model, cells }) =>
    cells.flatMap(({ fault, why }) => (why === undefined ? [] : [`${model}, ${fault}: ${why}\n`])),
  )
  const left = leftOut.length === 0 ? [] : [`not tried: ${leftOut.join(', ')}; choose with --upstream\n`]
  const legend = faults.map(({ name, says }) => `  ${name.padEnd(LEGEND_WIDTH)} ${says}\n`)
  const verdict = ok
    ? colored(terminal, 'green', 'Every request ended as it should.')
    : colored(terminal, 'red', 'Not every request ended as it should.')
  const parts = [
    table(heads, rows),
    legend.join(''),
    plainLines([...notes, ...left, ...wrong]),
    `${verdict}\n`,
  ]
  return parts.filter(Boolean).join('\n')
}

const LEGEND_WIDTH = 10

/** `200 vertex 2×`: who answered with which attempt; `503 3×`: nobody did. */
function cellText({ outcome, status, upstream, attempts, tookMs, fault }: Cell): string {
  const who = upstream === null ? [] : [upstream.split('/')[0] as string]
  const times = attempts === null || attempts < 2 ? [] : [`${attempts}×`]
  const took = fault === 'recovery' && status === 200 ? [`${tookMs} ms`] : times
  return [MARKS[outcome] + (status === 0 ? 'none' : status), ...who, ...took].join(' ')
}

const MARKS: Readonly<Record<Outcome, string>> = { served: '', told: '', broken: 'broken ', wrong: '! ' }

function plainLines(lines: readonly string[]): string {
  return lines.map((line) => `${plain(line.trimEnd())}\n`).join('')
}
