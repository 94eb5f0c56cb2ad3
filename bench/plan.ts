/** How much of everything one run does. */
import { parseArgs } from 'node:util'
import type { SubjectName } from './subjects/subject.ts'

export type Workload = 'unary' | 'burst' | 'drip' | 'latency' | 'memory' | 'ready' | 'sandbox' | 'money'

export const WORKLOADS: readonly Workload[] = [
  'unary',
  'burst',
  'drip',
  'latency',
  'memory',
  'ready',
  'sandbox',
  'money',
]
export const SUBJECT_NAMES: readonly SubjectName[] = [
  'nginx',
  'wasat',
  'translated',
  'openai',
  'openai-to-gemini',
  'bare',
  'portkey',
]

export interface Plan {
  readonly workloads: readonly Workload[]
  readonly subjects: readonly SubjectName[]
  readonly rounds: number
  /** Latency and memory vary less, or take longer: they stop after so many rounds. */
  readonly latencyRounds: number
  readonly memoryRounds: number
  readonly sandboxRounds: number
  readonly moneyRounds: number
  /** Sent to each subject before the first round; compilers need them, and half warm is a figure of its own. */
  readonly warmUpRequests: number
  readonly unaryRequests: number
  readonly burstRequests: number
  readonly dripStreams: number
  readonly dripWindowMs: number
  readonly latencySeconds: number
  readonly heldStreams: number
  readonly readyStarts: number
  readonly sandboxRequests: number
  readonly sandboxStreams: number
  /** Programs that are run with an interpreter ready. */
  readonly sandboxPrograms: number
  readonly moneyRequests: number
  readonly moneyLatencySeconds: number
  /** Of the measures of the money path's parts, within one round. */
  readonly partRepetitions: number
  /** No round begins that would probably end after this; what was measured by then is the result. */
  readonly timeLimitMs: number
}

export interface Options {
  readonly plan: Plan
  readonly json: boolean
  readonly markdownFile: string | undefined
  readonly allowMissing: boolean
  /** What was typed, to be repeated on the page. */
  readonly commandLine: string
}

const FULL: Plan = {
  workloads: WORKLOADS,
  subjects: SUBJECT_NAMES,
  rounds: 5,
  latencyRounds: 3,
  memoryRounds: 2,
  sandboxRounds: 2,
  moneyRounds: 3,
  warmUpRequests: 30_000,
  unaryRequests: 40_000,
  burstRequests: 12_000,
  dripStreams: 300,
  dripWindowMs: 4_000,
  latencySeconds: 3,
  heldStreams: 2_000,
  readyStarts: 5,
  sandboxRequests: 8_000,
  sandboxStreams: 2_000,
  sandboxPrograms: 4,
  moneyRequests: 24_000,
  moneyLatencySeconds: 3,
  partRepetitions: 3,
  timeLimitMs: 345_000,
}

const QUICK: Plan = {
  ...FULL,
  rounds: 2,
  latencyRounds: 1,
  memoryRounds: 1,
  sandboxRounds: 1,
  moneyRounds: 1,
  warmUpRequests: 16_000,
  unaryRequests: 12_000,
  burstRequests: 5_000,
  dripStreams: 200,
  dripWindowMs: 2_000,
  latencySeconds: 1.5,
  readyStarts: 3,
  sandboxPrograms: 2,
  moneyRequests: 12_000,
  moneyLatencySeconds: 1.5,
  partRepetitions: 1,
  timeLimitMs: 85_000,
}

export const HELP = `Measures Wasat beside nginx and peers, on a mock upstream, on this machine.

  --quick               fewer rounds and requests, under 90 seconds
  --only a,b            workloads: ${WORKLOADS.join(', ')}
  --subjects a,b        subjects: ${SUBJECT_NAMES.join(', ')}
  --rounds N            rounds of each workload, 1 to 20
  --json                everything as JSON on standard output, in place of the tables
  --markdown FILE       writes the page for the docs as well
  --allow-missing       a subject that is not installed is left out without failing the run

Wasat runs with a price, limits and budgets over its key. The workload money needs wasat among the subjects: it tells what
limits and budgets cost one by one, what durability adds to the latency (which needs a file system in memory, /dev/shm, and
a temporary folder on a disk), and what each part of the money path costs by itself.
`

const ROUNDS_MAX = 20

/** Throws `Error` with a text for the user. Undefined when help was asked for. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      subjects: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      markdown: { type: 'string' },
      'allow-missing': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const base = values.quick ? QUICK : FULL
  const rounds = values.rounds === undefined ? base.rounds : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new Error(`--rounds takes a whole number from 1 to ${ROUNDS_MAX}`)
  }
  const workloads = chooseNames('--only', values.only, WORKLOADS)
  const subjects = chooseNames('--subjects', values.subjects, SUBJECT_NAMES)
  return {
    plan: { ...base, rounds, workloads, subjects },
    json: values.json,
    markdownFile: values.markdown,
    allowMissing: values['allow-missing'],
    commandLine: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  }
}

/** The known names in their own order. */
function chooseNames<N extends string>(
  flag: string,
  text: string | undefined,
  known: readonly N[],
): readonly N[] {
  if (text === undefined) return known
  const asked = text.split(',').map((name) => name.trim())
  const unknown = asked.filter((name) => !known.some((each) => each === name))
  if (unknown.length > 0) throw new Error(`${flag} knows ${known.join(', ')}, but not ${unknown.join(', ')}`)
  return known.filter((name) => asked.includes(name))
}
