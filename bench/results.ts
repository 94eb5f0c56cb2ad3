/** Everything that one run found, and what follows from it. */
import type { FigureName, Figures } from './measures/bench.ts'
import type { VariantName } from './measures/money.ts'
import { median, pairedDifferences, pairedRatios } from './statistics.ts'
import type { SubjectName } from './subjects/subject.ts'

/** `parts` are those of the money path, measured in a process of the benchmark. */
export type Measured = SubjectName | VariantName | 'direct' | 'parts'

/** Ten times the target: whoever takes that long without a disk waits for the processor. */
export const TELLING_P99_MS = 20

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
  return above(samples, who, 'direct', name)
}

/** Above another one in the same round. */
export function above(samples: Samples, who: Measured, base: Measured, name: FigureName): Spread | undefined {
  return spread(pairedDifferences(samples[who]?.[name] ?? [], samples[base]?.[name] ?? []))
}

/** What the disk adds to the latency of a Wasat with everything on. */
export function durabilityMs(samples: Samples, name: 'moneyP50Ms' | 'moneyP99Ms'): Spread | undefined {
  return above(samples, 'wasat-all', 'wasat-memory', name)
}

/** Undefined also where the machine is so busy that a difference of two such figures says nothing of the disk. */
function tellingDurabilityMs(samples: Samples): Spread | undefined {
  const inMemory = figure(samples, 'wasat-memory', 'moneyP99Ms')
  if (inMemory === undefined || inMemory.median > TELLING_P99_MS) return undefined
  return durabilityMs(samples, 'moneyP99Ms')
}

/** The unary workload has more rounds; without it, that of money tells the same. */
function unaryRatio(samples: Samples): Spread | undefined {
  return ratio(samples, 'wasat', 'unaryCpuMicros') ?? ratio(samples, 'wasat-all', 'moneyCpuMicros')
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
  { target: 'CPU, unary, everything on', limit: 5, unit: '×', find: unaryRatio },
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
    target: 'durability, p99 at 1,000/s',
    limit: 2,
    unit: 'ms',
    find: tellingDurabilityMs,
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
  {
    target: 'CPU, translated unary call',
    limit: 8,
    unit: '×',
    find: (samples) => ratio(samples, 'translated', 'unaryCpuMicros'),
  },
  {
    target: 'CPU, translated dripped event',
    limit: 5,
    unit: '×',
    find: (samples) => ratio(samples, 'translated', 'dripCpuMicrosPerEvent'),
  },
  {
    target: 'CPU, translated event of a burst',
    limit: 5,
    unit: '×',
    find: (samples) => ratio(samples, 'translated', 'burstCpuMicros'),
  },
  {
    target: 'CPU, OpenAI in and out, unary call',
    limit: 5,
    unit: '×',
    find: (samples) => ratio(samples, 'openai', 'unaryCpuMicros'),
  },
  {
    target: 'CPU, OpenAI in and Gemini out, unary call',
    limit: 8,
    unit: '×',
    find: (samples) => ratio(samples, 'openai-to-gemini', 'unaryCpuMicros'),
  },
]

export function verdicts(samples: Samples): readonly Verdict[] {
  return TARGETS.map(({ target, limit, unit, find }) => {
    const found = find(samples)?.median
    const result = found === undefined ? 'not measured' : found <= limit ? 'pass' : 'miss'
    return { target, limit, unit, found, result }
  })
}
