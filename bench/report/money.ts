/** What money costs: by what stands over a key, and by the parts of the work. */
import { MONEY_REQUESTS_PER_SECOND } from '../measures/money.ts'
import { type CommitPart, type CpuPart, type PartFigure, TURN_SIZES } from '../parts/names.ts'
import { above, durabilityMs, figure, type Measured, ratio, type Samples } from '../results.ts'
import { EMPTY, formatSpread, hasFigures, type Table } from './table.ts'

const ROWS: readonly { readonly who: Measured; readonly label: string }[] = [
  { who: 'nginx', label: 'nginx' },
  { who: 'bare', label: 'bare' },
  { who: 'wasat-plain', label: 'wasat, plain: a price, no limits, no budgets' },
  { who: 'wasat-limits', label: 'wasat, limits' },
  { who: 'wasat-budgets', label: 'wasat, budgets over key and gateway' },
  { who: 'wasat-all', label: 'wasat, all of it' },
  { who: 'wasat-memory', label: 'wasat, all of it, data in memory' },
]

/** All in the same rounds. */
export function moneyTable(samples: Samples): Table {
  const rate = `at ${MONEY_REQUESTS_PER_SECOND.toLocaleString('en')}/s, ms`
  const rows = ROWS.map(({ who, label }) => [
    label,
    formatSpread(figure(samples, who, 'moneyCpuMicros')),
    isAbovePlain(who) ? formatSpread(above(samples, who, 'wasat-plain', 'moneyCpuMicros')) : EMPTY,
    who === 'nginx' ? EMPTY : formatSpread(ratio(samples, who, 'moneyCpuMicros')),
    formatSpread(figure(samples, who, 'moneyP50Ms')),
    formatSpread(figure(samples, who, 'moneyP99Ms')),
  ])
  const durability = [
    'what durability adds',
    ...[EMPTY, EMPTY, EMPTY],
    formatSpread(durabilityMs(samples, 'moneyP50Ms')),
    formatSpread(durabilityMs(samples, 'moneyP99Ms')),
  ]
  return {
    head: [
      'Money',
      'CPU per unary request, µs',
      'above plain, µs',
      'times nginx',
      `p50 ${rate}`,
      `p99 ${rate}`,
    ],
    rows: [...rows, durability].filter(hasFigures),
  }
}

function isAbovePlain(who: Measured): boolean {
  return who === 'wasat-limits' || who === 'wasat-budgets' || who === 'wasat-all'
}

const PARTS: readonly { readonly part: CpuPart | CommitPart; readonly label: string }[] = [
  { part: 'price', label: 'price: found, upper bound, cost, header; CPU per request' },
  { part: 'limits', label: 'limits: five taken and given back, headers; CPU per request' },
  { part: 'reserve', label: 'reserve, with its share of the commit; CPU per request' },
  { part: 'reserveBudgets', label: 'reserve under two budgets, likewise' },
  { part: 'settle', label: 'settle, with its share of the commit; CPU per request' },
  { part: 'settleBudgets', label: 'settle under two budgets, likewise' },
  { part: 'commitCpu', label: 'commit; CPU per commit' },
  { part: 'commitP50', label: 'commit with fsync; wall time per commit, p50' },
  { part: 'commitP99', label: 'commit with fsync; wall time per commit, p99' },
]

export function partsTable(samples: Samples): Table {
  const rows = PARTS.map(({ part, label }) => [
    label,
    ...TURN_SIZES.map((turn) => {
      const name: PartFigure = `${part}MicrosAt${turn}`
      return formatSpread(figure(samples, 'parts', name))
    }),
  ])
  return {
    head: ['Part of the money path, µs', ...TURN_SIZES.map((turn) => `${turn} in a turn`)],
    rows: rows.filter(hasFigures),
  }
}
