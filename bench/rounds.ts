/** The rounds: every subject in turn, workload by workload, so that what slows the machine slows all of them. */
import type { Bench, FigureName, Figures, Started } from './measures/bench.ts'
import { measureBurst, measureUnary } from './measures/closed-loop.ts'
import { measureDrip } from './measures/drip.ts'
import { measureDirectLatency, measureLatency } from './measures/latency.ts'
import { measureMemory } from './measures/memory.ts'
import { type MoneyPlayers, measureMoneyCost, measureMoneyLatency, measureParts } from './measures/money.ts'
import { measureReady } from './measures/ready.ts'
import { measureSandbox } from './measures/sandbox.ts'
import type { Plan, Workload } from './plan.ts'
import type { Measured, SampleBook } from './results.ts'
import type { Running } from './subjects/subject.ts'
import { wasat } from './subjects/wasat.ts'

export interface RoundsOptions {
  readonly bench: Bench
  readonly started: readonly Started[]
  /** Undefined when money is not measured. */
  readonly money: MoneyPlayers | undefined
  readonly book: SampleBook
  /** Takes what went wrong, as text. */
  readonly failures: string[]
  readonly progress: (text: string) => void
  readonly startedAtMs: number
}

/** Of the longest name of who is measured. */
const WHO_CHARACTERS = 13
/** In one line of progress; the report has all of them. */
const FIGURES_SHOWN_MAX = 6

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
  /** The longest that each step took, so that the next round's length is known before it begins. */
  const longestMs = new Map<string, number>()
  for (let round = 1; round <= rounds; round += 1) {
    const steps = stepsOf(round, options)
    const expectedMs = steps.reduce((sum, step) => sum + (longestMs.get(titleOf(step)) ?? 0), 0)
    if (performance.now() - startedAtMs + expectedMs > timeLimitMs) {
      progress(`no time for round ${round} of ${rounds}`)
      return round - 1
    }
    for (const step of steps) {
      const stepStartedAtMs = performance.now()
      await runStep(step, `round ${round}/${rounds}`, options)
      const passedMs = performance.now() - stepStartedAtMs
      longestMs.set(titleOf(step), Math.max(longestMs.get(titleOf(step)) ?? 0, passedMs))
    }
  }
  return rounds
}

function titleOf({ who, workload }: Step): string {
  return `${workload.padEnd(7)} ${who.padEnd(WHO_CHARACTERS)}`
}

async function runStep(
  step: Step,
  label: string,
  { book, failures, progress }: RoundsOptions,
): Promise<void> {
  const title = `${label} ${titleOf(step)}`
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
  const shown = entries
    .slice(0, FIGURES_SHOWN_MAX)
    .map(([name, value]) => `${name} ${value < 10 ? value.toFixed(2) : value.toFixed(1)}`)
  return [...shown, ...(shown.length < entries.length ? ['…'] : [])].join('  ')
}

function stepsOf(round: number, options: RoundsOptions): readonly Step[] {
  const { plan } = options.bench
  return plan.workloads.flatMap((workload) =>
    round <= roundsOf(plan, workload) ? stepsFor(workload, options) : [],
  )
}

function roundsOf(plan: Plan, workload: Workload): number {
  if (workload === 'memory') return Math.min(plan.rounds, plan.memoryRounds)
  if (workload === 'sandbox') return Math.min(plan.rounds, plan.sandboxRounds)
  if (workload === 'money') return Math.min(plan.rounds, plan.moneyRounds)
  if (workload === 'latency') return Math.min(plan.rounds, plan.latencyRounds)
  return workload === 'ready' ? 1 : plan.rounds
}

function stepsFor(workload: Workload, { bench, started, money }: RoundsOptions): readonly Step[] {
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
    case 'money':
      return money === undefined ? [] : moneySteps(bench, started, money)
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

/** Portkey is left out: it has no money, and takes longer than all the others together. */
function moneySteps(
  bench: Bench,
  started: readonly Started[],
  { variants, parts }: MoneyPlayers,
): readonly Step[] {
  const workload = 'money'
  const cost = (who: Measured, running: Running, shareOfRequests: number): Step => ({
    who,
    workload,
    measure: () => measureMoneyCost(bench, running, shareOfRequests),
  })
  return [
    ...started
      .filter(({ subject }) => subject.native && subject !== wasat)
      .map(({ subject, running }) => cost(subject.name, running, subject.shareOfRequests)),
    ...variants
      .filter(({ name }) => name !== 'wasat-memory')
      .map(({ name, running }) => cost(name, running, wasat.shareOfRequests)),
    ...variants
      .filter(({ name }) => name === 'wasat-all' || name === 'wasat-memory')
      .map(
        (variant): Step => ({
          who: variant.name,
          workload,
          measure: () => measureMoneyLatency(bench, variant),
        }),
      ),
    { who: 'parts', workload, measure: () => measureParts(bench, parts) },
  ]
}
