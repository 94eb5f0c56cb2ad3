/**
 * `npm run bench`: CPU time per request and per streamed event, memory per open stream and added latency of nginx,
 * Wasat and peers, and what money costs, in one run, on one mock upstream. Start here; `plan.ts` says how much, `measures/` says how.
 */
import { writeFileSync } from 'node:fs'
import { guardChildren, killAll } from './children.ts'
import { openFolders } from './folders.ts'
import { startSideProcess } from './ipc.ts'
import type { LoadQuestion } from './load/tasks.ts'
import { describeMachine } from './machine.ts'
import type { Bench, Started } from './measures/bench.ts'
import { type MoneyPlayers, startMoneyPlayers } from './measures/money.ts'
import { verifySubject } from './measures/verify.ts'
import { warmSubject } from './measures/warm-up.ts'
import type { MockRequest } from './mock/main.ts'
import { HELP, type Options, type Plan, readOptions } from './plan.ts'
import { markdownPage } from './report/markdown.ts'
import { jsonReport, type Report, textReport } from './report/report.ts'
import { SampleBook } from './results.ts'
import { runRounds } from './rounds.ts'
import { SUBJECTS } from './subjects/all.ts'
import type { Subject } from './subjects/subject.ts'

const startedAtMs = performance.now()

function progress(text: string): void {
  const seconds = Math.round((performance.now() - startedAtMs) / 1000)
  process.stderr.write(`[${String(seconds).padStart(3)} s] ${text}\n`)
}

async function prepareBench(plan: Plan): Promise<Bench> {
  const { newFolder, newMemoryFolder, remove } = openFolders()
  // Gone when the run ends, however it ends.
  guardChildren(remove)
  const [mock, { port }] = await startSideProcess<MockRequest, { port: number }>(
    new URL('./mock/main.ts', import.meta.url),
  )
  const [load] = await startSideProcess<LoadQuestion, unknown>(new URL('./load/main.ts', import.meta.url))
  return { plan, mockPort: port, mock, load, newFolder, newMemoryFolder }
}

/** Those that can run; the others are named in `missing`. */
function chooseSubjects(plan: Plan, missing: string[]): readonly Subject[] {
  const asked = SUBJECTS.filter((subject) => plan.subjects.includes(subject.name))
  return asked.filter((subject) => {
    const reason = subject.missing()
    if (reason === undefined) return true
    missing.push(`${subject.name}: ${reason}`)
    progress(`LEFT OUT ${subject.name}: ${reason}`)
    return false
  })
}

async function startAll(
  bench: Bench,
  subjects: readonly Subject[],
  failures: string[],
): Promise<readonly Started[]> {
  const started: Started[] = []
  for (const subject of subjects) {
    try {
      const running = await subject.start({ mockPort: bench.mockPort, folder: bench.newFolder(subject.name) })
      await verifySubject(bench, { subject, running })
      await warmSubject(bench, { subject, running })
      started.push({ subject, running })
      progress(`${subject.name} ${subject.version()} answers rightly`)
    } catch (error) {
      failures.push(`${subject.name}: ${error instanceof Error ? error.message : String(error)}`)
      progress(`FAILED ${failures.at(-1)}`)
    }
  }
  return started
}

/** Undefined when money is not to be measured, or cannot be. */
async function startMoney(
  bench: Bench,
  started: readonly Started[],
  failures: string[],
): Promise<MoneyPlayers | undefined> {
  const hasWasat = started.some(({ subject }) => subject.name === 'wasat')
  if (!bench.plan.workloads.includes('money')) return undefined
  if (!hasWasat) {
    progress('money is not measured: it needs wasat among the subjects')
    return undefined
  }
  if (bench.newMemoryFolder === undefined) progress('no file system in memory: durability is not measured')
  try {
    const players = await startMoneyPlayers(bench)
    progress(`${players.variants.map(({ name }) => name).join(', ')} are ready`)
    return players
  } catch (error) {
    failures.push(`money: ${error instanceof Error ? error.message : String(error)}`)
    progress(`FAILED ${failures.at(-1)}`)
    return undefined
  }
}

async function measureAll(options: Options): Promise<Report> {
  const { plan } = options
  const machine = describeMachine()
  const date = new Date().toISOString()
  const missing: string[] = []
  const failures: string[] = []
  const subjects = chooseSubjects(plan, missing)
  const bench = await prepareBench(plan)
  const started = await startAll(bench, subjects, failures)
  const money = await startMoney(bench, started, failures)
  const book = new SampleBook()
  const roundsDone = await runRounds({ bench, started, money, book, failures, progress, startedAtMs })
  return {
    date,
    commandLine: options.commandLine,
    seconds: Math.round((performance.now() - startedAtMs) / 1000),
    machine,
    plan,
    roundsDone,
    subjects: subjects.map(({ name, note, native, version }) => ({ name, note, native, version: version() })),
    missing,
    failures,
    samples: book.samples(),
  }
}

async function main(): Promise<number> {
  if (process.platform !== 'linux') throw new Error('The benchmark reads CPU time from /proc and needs Linux')
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) {
    process.stdout.write(HELP)
    return 0
  }
  const report = await measureAll(options)
  process.stdout.write(options.json ? jsonReport(report) : textReport(report))
  if (options.markdownFile !== undefined) writeFileSync(options.markdownFile, markdownPage(report))
  const incomplete = report.missing.length > 0 && !options.allowMissing
  return report.failures.length > 0 || incomplete ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
killAll()
