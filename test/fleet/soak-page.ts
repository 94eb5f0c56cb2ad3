/**
 * Makes docs/soak.md and docs/soak.svg of a long run:
 *
 *   node test/fleet/soak-page.ts <folder>
 *
 * The folder holds what `soak.ts --out` wrote, and `chaos.json` when `chaos.ts --json` was written there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChaosOptions, ChaosResult } from './chaos.ts'
import { REPLICAS } from './fleet.ts'
import { drawPlot } from './plot.ts'
import { MEASURES, type Measure, type Sample, samplesOf, seriesOf } from './samples.ts'
import { SAMPLE_MS, type SoakOptions, type SoakResult } from './soak.ts'

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url))

type SoakRun = SoakOptions & SoakResult
type ChaosRun = ChaosOptions & ChaosResult

function plotOf(samples: readonly Sample[]): string {
  const panels = (Object.keys(MEASURES) as Measure[]).map((measure) => ({
    ...MEASURES[measure],
    series: Array.from({ length: REPLICAS }, (_, replica) => ({
      name: `replica ${replica + 1}`,
      values: seriesOf(samples, replica, measure),
    })),
  }))
  return drawPlot(panels, { stepSeconds: SAMPLE_MS / 1_000 })
}

const shown = (value: number) => (Math.round(value * 10) / 10).toLocaleString('en')
const listed = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count} times`)
    .join(', ')
const verdict = (broken: readonly string[]) =>
  broken.length === 0 ? 'Everything held.' : `It did not hold: ${broken.join('; ')}.`

function soakSection(soak: SoakRun): string {
  const rows = soak.flatness.map(({ measure, replica, before, after, trend, bound, isFlat }) => {
    const { title, unit } = MEASURES[measure]
    const cells = [before, after, trend, bound].map(shown)
    return `| ${title} (${unit}) | ${replica + 1} | ${cells.join(' | ')} | ${isFlat ? 'yes' : '**no**'} |`
  })
  return `## ${shown(soak.minutes)} minutes of soak

\`node test/fleet/soak.ts --minutes ${soak.minutes} --rate ${soak.rate} --seed ${soak.seed}\`: ${shown(soak.sent)} requests at
${soak.rate} a second, six unary answers to four streams. One request in a hundred meets each of: an upstream's 503, a
broken connection before the answer and one in the middle, an answer without usage, a client that leaves. Sixty
times a dependency fails, each in its turn: ${listed(soak.struck)}. ${shown(soak.wholePercent)} % of the requests were answered whole.
${verdict(soak.broken)}

![Memory, descriptors and sockets of three replicas over the time of the soak](soak.svg)

The resident size is judged by every value, all else by the lowest of each thirtieth of the time: what a burst uses is given back
after it, unless it leaks. A measure is flat when neither the median of its last quarter is above that of its second, nor its trend (Theil and Sen,
over the last two thirds) adds up to more, than a tenth of that median or a small fixed amount.

| Measure | Replica | Second quarter | Last quarter | Trend | Bound | Flat |
|---|---|---|---|---|---|---|
${rows.join('\n')}

${booksLine(soak)}`
}

function booksLine({ books }: SoakResult | ChaosResult): string {
  return `The books: ${shown(books.answers)} answers that clients received in full, each on the ledger exactly once; ${shown(books.compared)} rows
billed from final usage, together ${shown(books.billedNanoUsd)} nano-USD, and ${shown(books.upstreamNanoUsd)} nano-USD on the upstream's own bill;
${books.openReservations} reservations open; invariants: ${Object.entries(books.invariants)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')}.`
}

function chaosSection(chaos: ChaosRun): string {
  return `## ${shown(chaos.minutes)} minutes of chaos

\`node test/fleet/chaos.ts --minutes ${chaos.minutes} --rate ${chaos.rate} --seed ${chaos.seed}\`: ${shown(chaos.sent)} requests of every form, some under
budgets that are used up, while every two to five seconds something fails: ${listed(chaos.struck)}.
Left out: ${chaos.leftOut.join(', ')}. ${shown(chaos.wholePercent)} % of the requests were answered whole. ${verdict(chaos.broken)}

${booksLine(chaos)}`
}

function main(folder: string | undefined): void {
  if (folder === undefined) throw new Error('usage: node test/fleet/soak-page.ts <folder>')
  const read = <Result>(name: string): Result =>
    JSON.parse(readFileSync(join(folder, name), 'utf8')) as Result
  const [processor] = cpus()
  const machine = `${cpus().length} cores (${processor?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`
  const chaos = existsSync(join(folder, 'chaos.json')) ? [chaosSection(read<ChaosRun>('chaos.json'))] : []
  const page = [
    '# Long runs',
    `Three replicas behind a plain TCP balancer, one PostgreSQL, one Redis, and an upstream that keeps its own bill; load,
balancer and upstream share the machine with them: ${machine}, Node ${process.version}. This page is generated.`,
    soakSection(read<SoakRun>('result.json')),
    ...chaos,
  ].join('\n\n')
  writeFileSync(join(DOCS, 'soak.md'), `${page}\n`)
  writeFileSync(join(DOCS, 'soak.svg'), plotOf(samplesOf(readFileSync(join(folder, 'samples.csv'), 'utf8'))))
}

main(process.argv[2])
