/**
 * The conformance matrix: each promise, the tests that prove it, and how they ended.
 *
 *   npm run conformance                               runs all tests, then writes docs/reference/conformance.md
 *   node test/conformance/matrix.ts --results x.json  takes the results of a run with WASAT_TEST_RESULTS=x.json
 *   … --check                                         writes nothing, and fails where a promise is not proven
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Requirement } from '../promises.ts'
import { CATALOGUE, REQUIREMENTS } from '../requirements.ts'
import { citedIds, citedRows } from './citations.ts'
import type { TestResult } from './reporter.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
export const MATRIX_FILE = 'docs/reference/conformance.md'

/** Tests of this machinery make ids up. */
const OWN_TESTS = ['test/conformance/matrix.test.ts', 'scripts/check-requirements.test.ts']

export type Verdict = 'proven' | 'failed' | 'skipped' | 'no test' | 'measured'

export interface Proof {
  readonly requirement: Requirement
  readonly results: readonly TestResult[]
  readonly verdict: Verdict
}

/** What a run says of each promise, in the order of the list. */
export function prove(requirements: readonly Requirement[], results: readonly TestResult[]): Proof[] {
  const cited = results.map((result) => ({
    result,
    ids: new Set(citedIds(result.name)),
    rows: citedRows(result.name),
  }))
  return requirements.map((requirement) => {
    const proving = cited
      .filter(
        ({ ids, rows }) => ids.has(requirement.id) || rows.some((row) => requirement.rows.includes(row)),
      )
      .map(({ result }) => result)
    return { requirement, results: proving, verdict: verdictOf(requirement, proving) }
  })
}

function verdictOf(requirement: Requirement, results: readonly TestResult[]): Verdict {
  if (results.some(({ outcome }) => outcome === 'failed')) return 'failed'
  if (results.some(({ outcome }) => outcome === 'skipped')) return 'skipped'
  if (results.length > 0) return 'proven'
  return requirement.measuredBy === undefined ? 'no test' : 'measured'
}

/** Ids in names that are made while the tests run, and that reading the sources may miss. */
export function unknownIds(requirements: readonly Requirement[], results: readonly TestResult[]): string[] {
  const known = new Set(requirements.map(({ id }) => id))
  const cited = results.filter(({ file }) => !OWN_TESTS.includes(file)).flatMap(({ name }) => citedIds(name))
  return [...new Set(cited)].filter((id) => !known.has(id)).sort()
}

/** Markdown. It says nothing of when or how fast, so that the same tests give the same text. */
export function renderMatrix(proofs: readonly Proof[], results: readonly TestResult[]): string {
  const counts = Map.groupBy(proofs, ({ verdict }) => verdict)
  const summary = [...counts].map(([verdict, { length }]) => `${length} ${verdict}`).join(', ')
  const sources = Map.groupBy(proofs, ({ requirement }) => requirement.source)
  return [
    '# Conformance',
    '',
    'What Wasat promises, whose rule it is, and which tests prove it. Generated from a run of all tests by',
    '`npm run conformance`; do not edit. A test cites a promise by its id in its name.',
    '',
    `${proofs.length} promises: ${summary}.`,
    '',
    ...[...sources].flatMap(([source, list]) => [`## ${source}`, '', ...table(list), '']),
    '## Bad inputs',
    '',
    'Rows of A to K are played over raw sockets, fresh and kept-alive ones, and followed by a good request; L in process.',
    '',
    ...catalogue(results),
    '',
  ].join('\n')
}

const cell = (text: string) => text.replaceAll('|', '\\|')

function table(proofs: readonly Proof[]): string[] {
  const rows = proofs.map(({ requirement, results, verdict }) => {
    const files = [...Map.groupBy(results, ({ file }) => file)].map(
      ([file, list]) => `\`${file}\`${list.length > 1 ? ` (${list.length})` : ''}`,
    )
    const proof = requirement.measuredBy === undefined ? files.join(', ') : `\`${requirement.measuredBy}\``
    return `| ${requirement.id} | ${cell(requirement.promise)} | ${proof} | ${verdict} |`
  })
  return ['| Id | Promise | Tests | Result |', '|---|---|---|---|', ...rows]
}

/** The rows of each table that a run has played, with its worst outcome for each. */
export function playedRows(results: readonly TestResult[]): Map<string, TestResult['outcome']> {
  const played = new Map<string, TestResult['outcome']>()
  const severity = ['passed', 'skipped', 'failed']
  for (const { name, outcome } of results) {
    for (const row of citedRows(name)) {
      const known = played.get(row) ?? 'passed'
      played.set(row, severity.indexOf(outcome) > severity.indexOf(known) ? outcome : known)
    }
  }
  return played
}

function catalogue(results: readonly TestResult[]): string[] {
  const played = playedRows(results)
  const lines = CATALOGUE.map(({ prefix, title, rows }) => {
    const names = Array.from({ length: rows }, (_, index) => `${prefix}${String(index + 1).padStart(2, '0')}`)
    const by = (outcome: TestResult['outcome']) => names.filter((name) => played.get(name) === outcome)
    const missing = names.filter((name) => !played.has(name))
    const counts = [by('passed').length, by('failed').length, by('skipped').length].join(' | ')
    return `| ${prefix[0]} | ${title} | ${rows} | ${counts} | ${missing.join(' ') || 'none'} |`
  })
  return [
    '| Table | Inputs | Rows | Passed | Failed | Skipped | Not played |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ]
}

/** Runs `npm test`, shows its output, and gives back what the reporter wrote. */
function runTests(): TestResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-results-'))
  const file = join(folder, 'results.json')
  const env = { ...process.env, WASAT_TEST_RESULTS: file }
  spawnSync('npm', ['test'], { cwd: PROJECT, env, stdio: 'inherit', shell: process.platform === 'win32' })
  const results = JSON.parse(readFileSync(file, 'utf8'))
  rmSync(folder, { recursive: true })
  return results
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { results: { type: 'string' }, check: { type: 'boolean' } } })
  const results = values.results ? JSON.parse(readFileSync(values.results, 'utf8')) : runTests()
  const proofs = prove(REQUIREMENTS, results)
  if (!values.check) {
    mkdirSync(dirname(join(PROJECT, MATRIX_FILE)), { recursive: true })
    writeFileSync(join(PROJECT, MATRIX_FILE), renderMatrix(proofs, results))
  }
  const open = proofs.filter(({ verdict }) => verdict !== 'proven' && verdict !== 'measured')
  for (const { requirement, verdict } of open)
    console.error(`${requirement.id}: ${verdict}: ${requirement.promise}`)
  const strangers = unknownIds(REQUIREMENTS, results)
  for (const id of strangers) console.error(`${id}: cited by a test, but nobody promises it`)
  console.log(`conformance: ${proofs.length - open.length} of ${proofs.length} promises hold`)
  if (open.length + strangers.length > 0) process.exitCode = 1
}
