/** What the long-running commands share: progress, a result as JSON, and an end that leaves nothing behind. */
import { parseArgs } from 'node:util'

export interface Verdict {
  /** What had to hold and did not, one line each. */
  readonly broken: readonly string[]
}

export interface Run {
  /** One line of progress. */
  readonly log: (line: string) => void
  /** Called in the opposite order when the run is over, or interrupted. */
  readonly atEnd: (close: () => Promise<unknown> | unknown) => void
}

/** A run of its own, for a test: closes with `close`. */
export function createRun(log: Run['log'] = () => undefined): Run & { close(): Promise<void> } {
  const closings: (() => Promise<unknown> | unknown)[] = []
  return {
    log,
    atEnd: (close) => void closings.push(close),
    async close() {
      for (let close = closings.pop(); close !== undefined; close = closings.pop()) await close()
    },
  }
}

/** Numbers and texts by name, with their defaults, and `--json`. */
export function readOptions<Options extends Readonly<Record<string, number | string>>>(
  defaults: Options,
): Options & { readonly json: boolean } {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]))
  const { values: given } = parseArgs({ options: { ...options, json: { type: 'boolean', default: false } } })
  const values: Readonly<Record<string, unknown>> = given
  const read = Object.entries(defaults).map(([name, otherwise]) => {
    const text = values[name]
    if (typeof text !== 'string') return [name, otherwise]
    if (typeof otherwise === 'string') return [name, text]
    if (!Number.isFinite(Number(text))) throw new Error(`--${name} must be a number`)
    return [name, Number(text)]
  })
  return { ...Object.fromEntries(read), json: values.json === true }
}

/** Runs to the end or to a signal, prints what came of it, and exits with 1 when something did not hold. */
export async function runCommand<Result extends Verdict>(
  { json, ...options }: { readonly json: boolean },
  work: (run: Run) => Promise<Result>,
): Promise<void> {
  const run = createRun((line) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`))
  run.log(JSON.stringify(options))
  let isInterrupted = false
  // Also the second time: the first one is still cleaning up.
  const interrupt = () => {
    if (isInterrupted) return
    isInterrupted = true
    run.log('interrupted')
    void run.close().finally(() => process.exit(1))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
  try {
    const result = await work(run)
    console.log(JSON.stringify({ ...options, ...result }, null, json ? undefined : 2))
    for (const line of result.broken) run.log(`does not hold: ${line}`)
    if (result.broken.length > 0) process.exitCode = 1
    else run.log('everything holds')
  } finally {
    await run.close()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
  }
}

const PROGRESS_MS = 10_000

/** Logs a line every ten seconds until the run is over. */
export function showProgress(run: Run, line: () => string): void {
  const startedAtMs = performance.now()
  const show = () => run.log(`${Math.round((performance.now() - startedAtMs) / 1_000)} s: ${line()}`)
  const timer = setInterval(show, PROGRESS_MS)
  run.atEnd(() => clearInterval(timer))
}
