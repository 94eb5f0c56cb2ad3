/** The tables: figures, ratios with targets, and what money costs. */
import type { Machine } from '../machine.ts'
import type { FigureName } from '../measures/bench.ts'
import { REQUESTS_PER_SECOND } from '../measures/latency.ts'
import type { Plan } from '../plan.ts'
import {
  addedMs,
  figure,
  type Measured,
  ratio,
  type Samples,
  type Spread,
  type Verdict,
  verdicts,
} from '../results.ts'
import type { SubjectName } from '../subjects/subject.ts'
import { moneyTable, partsTable } from './money.ts'
import { alignText, EMPTY, formatNumber, formatSpread, hasFigures, type Table } from './table.ts'

export interface Report {
  /** ISO 8601, when the run began. */
  readonly date: string
  readonly commandLine: string
  readonly seconds: number
  readonly machine: Machine
  readonly plan: Plan
  readonly roundsDone: number
  readonly subjects: readonly SubjectRow[]
  readonly missing: readonly string[]
  readonly failures: readonly string[]
  readonly samples: Samples
}

export interface SubjectRow {
  readonly name: SubjectName
  readonly note: string
  readonly native: boolean
  readonly version: string
}

interface FigureRow {
  readonly label: string
  readonly name: FigureName
  readonly find: (samples: Samples, who: Measured, name: FigureName) => Spread | undefined
  readonly hasRatio: boolean
}

function figureRows(plan: Plan): readonly FigureRow[] {
  const latency = `added latency at ${REQUESTS_PER_SECOND}/s`
  return [
    { label: 'CPU per unary request, µs', name: 'unaryCpuMicros', find: figure, hasRatio: true },
    { label: 'CPU per burst stream, µs', name: 'burstCpuMicros', find: figure, hasRatio: true },
    { label: 'CPU per dripped event, µs', name: 'dripCpuMicrosPerEvent', find: figure, hasRatio: true },
    {
      label: `memory per open stream (${plan.heldStreams}), KiB`,
      name: 'streamKib',
      find: figure,
      hasRatio: true,
    },
    { label: 'memory without streams, MiB', name: 'idleMib', find: figure, hasRatio: false },
    { label: `${latency}, p50, ms`, name: 'latencyP50Ms', find: addedMs, hasRatio: false },
    { label: `${latency}, p99, ms`, name: 'latencyP99Ms', find: addedMs, hasRatio: false },
    {
      label: 'unary answers per second, 64 connections',
      name: 'unaryPerSecond',
      find: figure,
      hasRatio: false,
    },
    { label: 'start to ready, ms', name: 'readyMs', find: figure, hasRatio: false },
    {
      label: 'sandbox: CPU per unary answer, µs',
      name: 'sandboxUnaryCpuMicros',
      find: figure,
      hasRatio: false,
    },
    {
      label: 'sandbox: CPU per streamed event, µs',
      name: 'sandboxEventCpuMicros',
      find: figure,
      hasRatio: false,
    },
    { label: 'sandbox: memory before Python, MiB', name: 'sandboxMib', find: figure, hasRatio: false },
    { label: 'sandbox: a program, warm, ms', name: 'sandboxCodeMs', find: figure, hasRatio: false },
  ]
}

/** Medians of the rounds, with the lowest and the highest. */
export function figuresTable({ samples, subjects, plan }: Report): Table {
  const rows = figureRows(plan).map(({ label, name, find }) => [
    label,
    ...subjects.map((subject) => formatSpread(find(samples, subject.name, name))),
  ])
  return {
    head: ['Work', ...subjects.map(({ name, version }) => `${name} ${version}`)],
    rows: rows.filter(hasFigures),
  }
}

/** Against nginx, round by round. */
export function ratiosTable({ samples, subjects, plan }: Report): Table {
  const others = subjects.filter((subject) => subject.name !== 'nginx')
  const rows = figureRows(plan)
    .filter((row) => row.hasRatio)
    .map(({ label, name }) => [
      label.replace(/, [^,]*$/, ''),
      ...others.map((subject) => formatSpread(ratio(samples, subject.name, name))),
    ])
  return {
    head: ['Times nginx', ...others.map((subject) => subject.name)],
    rows: rows.filter(hasFigures),
  }
}

export function targetsTable(samples: Samples): Table {
  const cell = ({ unit }: Verdict, value: number | undefined) =>
    value === undefined ? EMPTY : `${formatNumber(value)} ${unit}`
  return {
    head: ['Target for Wasat', 'at most', 'found', ''],
    rows: verdicts(samples).map((verdict) => [
      verdict.target,
      cell(verdict, verdict.limit),
      cell(verdict, verdict.found),
      verdict.result,
    ]),
  }
}

/** How busy the mock upstream and nginx's rounds show the harness to be: it must not be what is measured. */
export function harnessLine(samples: Samples): string {
  const direct = figure(samples, 'direct', 'latencyP50Ms')
  const shares = (Object.keys(samples) as Measured[]).flatMap((who) => samples[who]?.unaryMockBusyShare ?? [])
  const busy =
    shares.length === 0
      ? ''
      : `The mock upstream was busy at most ${percent(Math.max(...shares))} of the time. `
  const own =
    direct === undefined ? '' : `Asked directly it answered in ${formatNumber(direct.median)} ms (p50).`
  return `${busy}${own}`.trim()
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** For a terminal. */
export function textReport(report: Report): string {
  const { machine, samples, subjects } = report
  const parts = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.kernel}, Node ${machine.node}, ` +
      `load before ${machine.loadBefore}; ${report.roundsDone} rounds in ${report.seconds} s`,
    alignText(figuresTable(report)),
    alignText(ratiosTable(report)),
    alignText(moneyTable(samples)),
    alignText(partsTable(samples)),
    alignText(targetsTable(samples)),
    harnessLine(samples),
    subjects.map(({ name, note }) => `${name}: ${note}`).join('\n'),
    ...report.missing.map((text) => `LEFT OUT ${text}`),
    ...report.failures.map((text) => `FAILED ${text}`),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Every sample, and what follows from them. */
export function jsonReport(report: Report): string {
  const found = {
    figures: figuresTable(report),
    ratios: ratiosTable(report),
    money: moneyTable(report.samples),
    parts: partsTable(report.samples),
    verdicts: verdicts(report.samples),
  }
  return `${JSON.stringify({ ...report, ...found }, undefined, 2)}\n`
}
