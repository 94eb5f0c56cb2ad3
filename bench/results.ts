/** Everything that one run found, and what follows from it. */
import type { FigureName, Figures } from './measures/bench.ts'
import { median, pairedRatios } from './statistics.ts'
import type { SubjectName } from './subjects/subject.ts'

export type Measured = SubjectName | 'direct'

/** One value per round, by subject and figure. */
export type Samples = Readonly<Partial<Record<Measured, Partial<Record<FigureName, readonly number[]>>>>>

/** Collects the rounds. */
export class SampleBook {
  readonly #samples: Partial<Record<Measured, Partial<Record<FigureName, number[]>>>> = {}

  add(who: Measured, figures: Figures): void {
    const own = this.#samples[who] ?? {}
    this.#samples[who] = own
    for (const [name, value] of Object.entries(figures) as [FigureName, number][]) {
      own[name] = [...(own[name] ?? []), value]
    }
  }

  samples(): Samples {
    return this.#samples
  }
}

export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

export function spread(values: readonly number[] | undefined): Spread | undefined {
  if (values === undefined || values.length === 0) return undefined
  return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) }
}

export function figure(samples: Samples, who: Measured, name: FigureName): Spread | undefined {
  return spread(samples[who]?.[name])
}

/** Against nginx in the same round. */
export function ratio(samples: Samples, who: Measured, name: FigureName): Spread | undefined {
  return spread(pairedRatios(samples[who]?.[name] ?? [], samples.nginx?.[name] ?? []))
}

/** Latency above that of the mock upstream asked directly in the same round. */
export function addedMs(samples: Samples, who: Measured, name: FigureName): Spread | undefined {
  const direct = samples.direct?.[name] ?? []
  const values = samples[who]?.[name] ?? []
  return spread(values.slice(0, direct.length).map((value, index) => value - (direct[index] ?? Number.NaN)))
}

export interface Verdict {
  readonly target: string
  readonly limit: number
  readonly unit: '×' | 'KiB' | 'MiB' | 'ms' | 'µs'
  /** Undefined when it was not measured in this run. */
  readonly found: number | undefined
  readonly result: 'pass' | 'miss' | 'not measured'
}

interface TargetRow {
  readonly target: string
  readonly limit: number
  readonly unit: Verdict['unit']
  readonly find: (samples: Samples) => Spread | undefined
}

const TARGETS: readonly TargetRow[] = [
  { target: 'CPU, unary', limit: 5, unit: '×', find: (samples) => ratio(samples, 'wasat', 'unaryCpuMicros') },
  {
    target: 'CPU, burst stream',
    limit: 3.5,
    unit: '×',
    find: (samples) => ratio(samples, 'wasat', 'burstCpuMicros'),
  },
  {
    target: 'CPU, dripped event',
    limit: 2.7,
    unit: '×',
    find: (samples) => ratio(samples, 'wasat', 'dripCpuMicrosPerEvent'),
  },
  {
    target: 'memory per open stream',
    limit: 90,
    unit: 'KiB',
    find: (samples) => figure(samples, 'wasat', 'streamKib'),
  },
  {
    target: 'start to ready',
    limit: 1_000,
    unit: 'ms',
    find: (samples) => figure(samples, 'wasat', 'readyMs'),
  },
  {
    target: 'sandbox: CPU, unary answer',
    limit: 400,
    unit: 'µs',
    find: (samples) => figure(samples, 'wasat', 'sandboxUnaryCpuMicros'),
  },
  {
    target: 'sandbox: CPU, streamed event',
    limit: 60,
    unit: 'µs',
    find: (samples) => figure(samples, 'wasat', 'sandboxEventCpuMicros'),
  },
  {
    target: 'sandbox: memory before Python',
    limit: 200,
    unit: 'MiB',
    find: (samples) => figure(samples, 'wasat', 'sandboxMib'),
  },
  {
    target: 'sandbox: a program, warm',
    limit: 50,
    unit: 'ms',
    find: (samples) => figure(samples, 'wasat', 'sandboxCodeMs'),
  },
]

export function verdicts(samples: Samples): readonly Verdict[] {
  return TARGETS.map(({ target, limit, unit, find }) => {
    const found = find(samples)?.median
    const result = found === undefined ? 'not measured' : found <= limit ? 'pass' : 'miss'
    return { target, limit, unit, found, result }
  })
}
