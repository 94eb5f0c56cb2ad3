/** Proves that tests and promises know each other: no id without a promise, no promise without a test. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { citedIdsOfSource, citedRows } from '../test/conformance/citations.ts'
import type { Requirement } from '../test/promises.ts'
import { REQUIREMENTS } from '../test/requirements.ts'
import { type Problem, report } from './problem.ts'
import { PROJECT, typescriptFiles } from './project.ts'

const LIST = 'test/requirements.ts'
const MATRIX = 'docs/reference/conformance.md'
/** Not the list itself and not the machinery, whose own tests make ids up. */
const LEFT_OUT = [
  LIST,
  'test/promises.ts',
  'test/conformance/citations.ts',
  'test/conformance/matrix.test.ts',
  'scripts/check-requirements.test.ts',
]

export interface Sources {
  /** Texts of all tests and of what they are made of, by file. */
  readonly tests: ReadonlyMap<string, string>
  /** The generated matrix; empty when it was never made. */
  readonly matrix: string
}

/** Ids that nobody promised, promises made twice, promises that no test cites. */
export function checkRequirements(requirements: readonly Requirement[], sources: Sources): Problem[] {
  const known = new Set(requirements.map(({ id }) => id))
  const cited = new Set<string>()
  const problems: Problem[] = []
  for (const [file, text] of sources.tests) {
    for (const [index, content] of text.split('\n').entries()) {
      for (const id of citedIdsOfSource(content)) {
        const isNew = !known.has(id) && !cited.has(id)
        if (isNew) problems.push({ file, line: index + 1, message: `[${id}] is no promise of ${LIST}` })
        cited.add(id)
      }
      for (const row of citedRows(content)) cited.add(row)
    }
  }
  return [...problems, ...doubled(requirements), ...uncovered(requirements, cited)]
}

function doubled(requirements: readonly Requirement[]): Problem[] {
  const ids = requirements.map(({ id }) => id)
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map((id) => ({
    file: LIST,
    message: `${id} is promised twice`,
  }))
}

function uncovered(requirements: readonly Requirement[], cited: ReadonlySet<string>): Problem[] {
  return requirements
    .filter(
      ({ id, rows, measuredBy }) => !measuredBy && !cited.has(id) && !rows.some((row) => cited.has(row)),
    )
    .map(({ id, promise }) => ({ file: LIST, message: `no test cites [${id}]: ${promise}` }))
}

/** Whether the generated matrix shows these promises and no others. */
export function checkMatrix(requirements: readonly Requirement[], { matrix }: Sources): Problem[] {
  const listed = new Set(
    [...matrix.matchAll(/^\| ([A-Z]+(?:-[A-Z]+)*-\d{2}) \| (.*?) \| /gm)].map(
      ([, id, promise]) => `${id} ${promise}`,
    ),
  )
  const wanted = new Set(requirements.map(({ id, promise }) => `${id} ${promise.replaceAll('|', '\\|')}`))
  const isSame = listed.size === wanted.size && [...wanted].every((entry) => listed.has(entry))
  return isSame
    ? []
    : [{ file: MATRIX, message: `does not show the promises of ${LIST}: run npm run conformance` }]
}

/** Reads every test of the project, and the files beside them that hold their cases. */
export function readSources(root: string): Sources {
  const files = [
    ...typescriptFiles(root, 'test'),
    ...['src', 'scripts', 'bench']
      .flatMap((folder) => typescriptFiles(root, folder))
      .filter((file) => file.endsWith('.test.ts')),
  ].filter((file) => !LEFT_OUT.includes(file))
  const matrix = join(root, MATRIX)
  return {
    tests: new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')])),
    matrix: existsSync(matrix) ? readFileSync(matrix, 'utf8') : '',
  }
}

if (import.meta.main) {
  const sources = readSources(PROJECT)
  const problems = [...checkRequirements(REQUIREMENTS, sources), ...checkMatrix(REQUIREMENTS, sources)]
  report('requirements', problems, `${REQUIREMENTS.length} promises, each with a test or a measurement`)
}
