import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import type { Requirement } from '../promises.ts'
import { citedIds, citedRows } from './citations.ts'
import { prove, renderMatrix } from './matrix.ts'
import { resultsOf, type TestResult } from './reporter.ts'

test('ids and rows are read out of names, and nothing else is', () => {
  const name = '[WIRE-SSE-05] U33 reset, C-03 and [KEYS-02] (P13), not SHA-256, v1beta1, UTF-16 or X-A01'
  assert.deepEqual(citedIds(name), ['WIRE-SSE-05', 'KEYS-02'])
  assert.deepEqual(citedRows(name), ['U33', 'C-03', 'P13'])
})

const list: Requirement[] = [
  { id: 'A-01', promise: 'a | b', source: 's', rows: [] },
  { id: 'A-02', promise: 'by row', source: 's', rows: ['A03'] },
  { id: 'A-04', promise: 'nobody', source: 't', rows: [] },
  { id: 'A-05', promise: 'fast', source: 't', rows: [], measuredBy: 'npm run bench' },
]
const passed = (name: string): TestResult => ({ name, file: 'test/x.test.ts', outcome: 'passed' })

test('one failure or one skip is enough to doubt a promise', () => {
  const verdicts = (results: TestResult[]) => prove(list, results).map(({ verdict }) => verdict)
  assert.deepEqual(verdicts([passed('[A-01] x'), passed('A03 y')]), [
    'proven',
    'proven',
    'no test',
    'measured',
  ])
  assert.deepEqual(
    verdicts([
      passed('[A-01] x'),
      { ...passed('[A-01] z'), outcome: 'skipped' },
      { ...passed('A03'), outcome: 'failed' },
    ]),
    ['skipped', 'failed', 'no test', 'measured'],
  )
})

test('the matrix shows promises by source, and the catalogue by table', () => {
  const results = [
    passed('[A-01] x'),
    passed('[A-01] y'),
    passed('A03 z'),
    { ...passed('A03 q'), outcome: 'failed' as const },
  ]
  const text = renderMatrix(prove(list, results), results)
  assert.match(text, /^4 promises: 1 proven, 1 failed, 1 no test, 1 measured\.$/m)
  assert.match(text, /^\| A-01 \| a \\\| b \| `test\/x\.test\.ts` \(2\) \| proven \|$/m)
  assert.match(text, /^\| A-05 \| fast \| `npm run bench` \| measured \|$/m)
  assert.match(text, /^\| A \| framing and smuggling \| 50 \| 0 \| 1 \| 0 \| A01 A02 A04 /m)
})

test('the reporter tells tests from suites, and says why one was skipped or failed', () => {
  const event = (type: string, name: string, nesting: number, rest: object = {}) =>
    ({
      type,
      data: { name, nesting, file: '/p/test/a.test.ts', details: {}, ...rest },
    }) as unknown as TestEvent
  const suite = { details: { type: 'suite' } }
  const events = [
    event('test:start', 'outer', 0),
    event('test:start', 'good', 1),
    event('test:pass', 'good', 1),
    event('test:start', 'left out', 1),
    event('test:pass', 'left out', 1, { skip: 'no venv' }),
    event('test:start', 'bad', 1),
    event('test:fail', 'bad', 1, { details: { error: new Error('x', { cause: new Error('boo\nmore') }) } }),
    event('test:fail', 'outer', 0, { details: { ...suite.details, error: new Error('1 subtest failed') } }),
    event('test:start', 'skipped suite', 0),
    event('test:pass', 'skipped suite', 0, { ...suite, skip: true }),
  ]
  assert.deepEqual(
    resultsOf(events, '/p').map(({ name, outcome, reason }) => [name, outcome, reason]),
    [
      ['outer > good', 'passed', undefined],
      ['outer > left out', 'skipped', 'no venv'],
      ['outer > bad', 'failed', 'boo'],
      ['skipped suite', 'skipped', 'true'],
    ],
  )
})
