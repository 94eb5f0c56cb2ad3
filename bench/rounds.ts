/** The rounds: every subject in turn, workload by workload, so that what slows the machine slows all of them. */
import type { Bench, FigureName, Figures, Started } from './measures/bench.ts'
import { measureBurst, measureUnary } from './measures/closed-loop.ts'
import { measureDrip } from './measures/drip.ts'
import { measureDirectLatency, measureLatency } from './measures/latency.ts'
import { measureMemory } from './measures/memory.ts'
import { measureReady } from './measures/ready.ts'
import { measureSandbox } from './measures/sandbox.ts'
import type { Plan, Workload } from './plan.ts'
import type { Measured, SampleBook } from './results.ts'

export interface RoundsOptions {
  readonly bench: Bench
  readonly started: readonly Started[]
  readonly book: SampleBook
  /** Takes what went wrong, as text. */
  readonly failures: string[]
  readonly progress: (text: string) => void
  readonly startedAtMs: number
}

/** Everything of one round, in order. */
interface Step {
  readonly who: Measured
  readonly workload: Workload
  readonly measure: () => Promise<Figures>
}

/** Answers how many rounds were done: fewer than planned when the time limit came first. */
export async function runRounds(options: RoundsOptions): Promise<number> {
  const { bench, progress, startedAtMs } = options
  const { rounds, timeLimitMs } = bench.plan
  /** The longest that a step of each workload took, so that the next round's length is known before it begins. */
  const longestMs = new Map<Workload, number>()
  for (let round = 1; round <= rounds; round += 1) {
    const steps = stepsOf(round, options)
    const expectedMs = steps.reduce((sum, { workload }) => sum + (longestMs.get(workload) ?? 0), 0)
    if (performance.now() - startedAtMs + expectedMs > timeLimitMs) {
      progress(`no time for round ${round} of ${rounds}`)
      return round - 1
    }
    for (const step of steps) {
      const stepStartedAtMs = performance.now()
      await runStep(step, `round ${round}/${rounds}`, options)
      const passedMs = performance.now() - stepStartedAtMs
      longestMs.set(step.workload, Math.max(longestMs.get(step.workload) ?? 0, passedMs))
    }
  }
  return rounds
}

async function runStep(
  step: Step,
  label: string,
  { book, failures, progress }: RoundsOptions,
): Promise<void> {
  const title = `${label} ${step.workload.padEnd(7)} ${step.who.padEnd(7)}`
  try {
    const figures = await step.measure()
    book.add(step.who, figures)
    progress(`${title} ${describe(figures)}`)
  } catch (error) {
    failures.push(`${title}: ${error instanceof Error ? error.message : String(error)}`)
    progress(`FAILED ${failures.at(-1)}`)
  }
}

function describe(figures: Figures): string {
  const entries = Object.entries(figures) as [FigureName, number][]
  return entries
    .map(([name, value]) => `${name} ${value < 10 ? value.toFixed(2) : value.toFixed(1)}`)
    .join('  ')
}

function stepsOf(round: number, { bench, started }: RoundsOptions): readonly Step[] {
  return bench.plan.workloads.flatMap((workload) =>
    round <= roundsOf(bench.plan, workload) ? stepsFor(workload, bench, started) : [],
  )
}

function roundsOf(plan: Plan, workload: Workload): number {
  if (workload === 'memory') return Math.min(plan.rounds, plan.memoryRounds)
  if (workload === 'sandbox') return Math.min(plan.rounds, plan.sandboxRounds)
  if (workload === 'latency') return Math.min(plan.rounds, plan.latencyRounds)
  return workload === 'ready' ? 1 : plan.rounds
}

function stepsFor(workload: Workload, bench: Bench, started: readonly Started[]): readonly Step[] {
  const each = (measure: (one: Started) => Promise<Figures>): Step[] =>
    started.map((one) => ({ who: one.subject.name, workload, measure: () => measure(one) }))
  switch (workload) {
    case 'unary':
      return each((one) => measureUnary(bench, one))
    case 'burst':
      return each((one) => measureBurst(bench, one))
    case 'drip':
      return each((one) => measureDrip(bench, one))
    case 'latency':
      return [
        { who: 'direct', workload, measure: () => measureDirectLatency(bench) },
        ...each((one) => measureLatency(bench, one)),
      ]
    case 'memory':
      return each((one) => measureMemory(bench, one.subject))
    case 'sandbox':
      return started
        .filter((one) => one.subject.name === 'wasat')
        .map((one) => ({ who: one.subject.name, workload, measure: () => measureSandbox(bench) }))
    case 'ready': {
      const own = started.filter((one) => one.subject.name === 'wasat')
      const starts = own.map(
        (one): Step => ({
          who: one.subject.name,
          workload,
          measure: () => measureReady(bench, one.subject),
        }),
      )
      return Array.from({ length: bench.plan.readyStarts }, () => starts).flat()
    }
  }
}
