import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Requirement } from '../test/promises.ts'
import { checkMatrix, checkRequirements } from './check-requirements.ts'
import { problemText } from './problem.ts'

const promise = (id: string, rest: Partial<Requirement> = {}): Requirement => ({
  id,
  promise: `p of ${id}`,
  source: 's',
  rows: [],
  ...rest,
})

function check(requirements: readonly Requirement[], text: string, matrix?: string): string[] {
  const rows = requirements.map(({ id, promise }) => `| ${id} | ${promise} | x | proven |`).join('\n')
  const sources = { tests: new Map([['test/a.test.ts', text]]), matrix: matrix ?? rows }
  return [...checkRequirements(requirements, sources), ...checkMatrix(requirements, sources)].map(problemText)
}

test('all is well when each promise is cited, by its id or by a row', () => {
  const list = [
    promise('A-01'),
    promise('B-BB-02', { rows: ['C-03'] }),
    promise('M-01', { measuredBy: 'npm run bench' }),
  ]
  assert.deepEqual(check(list, `test('[A-01] x')\ntest('C-03: y')`), [])
})

test('an id that nobody promised is told with its line', () => {
  assert.deepEqual(check([promise('A-01')], `test('[A-01] x')\ntest('[A-02] y')`), [
    'test/a.test.ts:2: [A-02] is no promise of test/requirements.ts',
  ])
})

test('a promise without a test, a promise made twice and an old matrix are told', () => {
  const list = [promise('A-01'), promise('A-01'), promise('B-01', { rows: ['U33'] })]
  const problems = check(list, `test('[A-01] x')`, '| A-01 | another | x | proven |')
  assert.equal(problems.length, 3)
  assert.match(problems[0]!, /A-01 is promised twice/)
  assert.match(problems[1]!, /no test cites \[B-01\]/)
  assert.match(problems[2]!, /npm run conformance/)
})
