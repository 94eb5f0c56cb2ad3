/**
 * A reporter of `node --test` that stands beside another one: it writes how each test ended to the JSON file that
 * `WASAT_TEST_RESULTS` names, and nothing when that is not set.
 */
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

export interface TestResult {
  /** Suites and tests from the outside in, joined by ` > `. */
  readonly name: string
  /** Relative to the folder of the run, with forward slashes. */
  readonly file: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it was skipped, or the first line of how it failed. */
  readonly reason?: string
}

interface Ended {
  readonly name: string
  readonly nesting: number
  readonly file?: string
  readonly skip?: string | boolean
  readonly todo?: string | boolean
  readonly details: { readonly type?: string; readonly error?: Error }
}

interface Interruption {
  readonly tests: readonly { readonly name: string; readonly file?: string }[]
}

/** The results of the tests alone; a suite counts only when it was skipped or failed by itself. */
export function resultsOf(events: readonly TestEvent[], folder: string): TestResult[] {
  const results: TestResult[] = []
  // A suite ends after its tests, and files may be told interleaved: so names of suites come from the start events.
  const open = new Map<string, string[]>()
  for (const { type, data } of events) {
    if (type !== 'test:start' && type !== 'test:pass' && type !== 'test:fail') continue
    const ended = data as Ended
    const file = relative(folder, ended.file ?? '').replaceAll('\\', '/')
    const path = open.get(file) ?? []
    open.set(file, path)
    if (type === 'test:start') path.splice(ended.nesting, Infinity, ended.name)
    else if (counts(ended, type))
      results.push(resultOf(ended, [...path.slice(0, ended.nesting), ended.name], file, type))
  }
  return results
}

function counts(ended: Ended, type: 'test:pass' | 'test:fail'): boolean {
  if (ended.details.type !== 'suite') return true
  if (isSet(ended.skip)) return true
  const isOwn = !/subtests? failed/.test(ended.details.error?.message ?? '')
  return type === 'test:fail' && isOwn
}

/** Node gives an empty text for a skip without a reason. */
const isSet = (mark: string | boolean | undefined) => mark !== undefined && mark !== false

function resultOf(ended: Ended, path: readonly string[], file: string, type: string): TestResult {
  const name = path.join(' > ')
  const mark = isSet(ended.skip) ? ended.skip : ended.todo
  if (isSet(mark)) return { name, file, outcome: 'skipped', reason: String(mark) }
  if (type === 'test:pass') return { name, file, outcome: 'passed' }
  const cause = ended.details.error?.cause
  const message = cause instanceof Error ? cause.message : (ended.details.error?.message ?? 'failed')
  return { name, file, outcome: 'failed', reason: message.split('\n', 1)[0] as string }
}

/** The files and tests that were running when the run was broken off. */
function interrupted({ tests }: Interruption, folder: string): TestResult[] {
  return tests.map(({ name, file = '' }) => ({
    name: String(name),
    file: relative(folder, file).replaceAll('\\', '/'),
    outcome: 'failed',
    reason: 'did not end in time',
  }))
}

/** Called by Node with everything that happens; it has nothing to print. */
async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string, void> {
  const target = process.env.WASAT_TEST_RESULTS
  const folder = process.cwd()
  const events: TestEvent[] = []
  const write = (more: readonly TestResult[] = []) => {
    if (target)
      writeFileSync(target, `${JSON.stringify([...resultsOf(events, folder), ...more], undefined, 1)}\n`)
  }
  for await (const event of source) {
    // A second signal would end the run before its end is told.
    if (event.type === 'test:interrupted') write(interrupted(event.data, folder))
    else if (/^test:(?:start|pass|fail)$/.test(event.type)) events.push(event)
  }
  write()
  yield ''
}

// biome-ignore lint/style/noDefaultExport: Node takes a reporter from a module's default export.
export default reporter
