import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestResult } from '../test/conformance/reporter.ts'
import { summaryOf } from './summary.ts'

const result = (outcome: TestResult['outcome'], reason?: string): TestResult => ({
  name: outcome,
  file: 'a.test.ts',
  outcome,
  ...(reason && { reason }),
})

test('skips and failed steps count as failures, and the counts come last', () => {
  assert.deepEqual(summaryOf([result('passed'), result('passed')], []), ['2 passed, 0 failed'])
  assert.deepEqual(
    summaryOf([result('passed'), result('skipped', 'no venv'), result('failed', 'boo')], ['npm run check']),
    [
      'skipped: a.test.ts: skipped: no venv',
      'failed: a.test.ts: failed: boo',
      'failed: npm run check',
      '1 passed, 3 failed',
    ],
  )
})
