/**
 * The last word of a run in CI: reads what the reporter wrote, names every failure and every skip, and ends with
 * `N passed, N failed` on a line of its own. A skip counts as a failure, because nobody looks at a skip.
 *
 *   node scripts/summary.ts results.json [--tests-failed] [--failed 'npm run check' …]
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { TestResult } from '../test/conformance/reporter.ts'

/** The lines to print; the last one has the counts. `steps` are failures outside the tests. */
export function summaryOf(results: readonly TestResult[], steps: readonly string[]): string[] {
  const bad = results.filter(({ outcome }) => outcome !== 'passed')
  return [
    ...bad.map(({ outcome, file, name, reason = '' }) => `${outcome}: ${file}: ${name}: ${reason}`),
    ...steps.map((step) => `failed: ${step}`),
    `${results.length - bad.length} passed, ${bad.length + steps.length} failed`,
  ]
}

if (import.meta.main) {
  const options = { failed: { type: 'string', multiple: true }, 'tests-failed': { type: 'boolean' } } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const results = JSON.parse(readFileSync(positionals[0] as string, 'utf8')) as TestResult[]
  const steps = [...(values.failed ?? [])]
  // A run without a single test proves nothing, and a run may fail beside its tests.
  if (results.length === 0) steps.push('no test ran')
  else if (values['tests-failed'] && results.every(({ outcome }) => outcome !== 'failed'))
    steps.push('npm test')
  const lines = summaryOf(results, steps)
  for (const line of lines) console.log(line)
  if (lines.length > 1) process.exitCode = 1
}
