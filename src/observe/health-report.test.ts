import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HealthEvent } from '../nouns/health.ts'
import { createHealthReport } from './health-report.ts'

const EVENT = { upstream: 'up', model: 'm', credential: 0, until: Date.UTC(2026, 0, 1) }

function rig() {
  const clock = { at: 0 }
  const lines: unknown[] = []
  const counted: string[] = []
  const note = (level: string) => (fields: object, message: string) => {
    lines.push([level, fields, message.split(':')[0]])
  }
  const report = createHealthReport(
    { warn: note('warn'), error: note('error') },
    { changed: ({ kind }) => counted.push(kind) },
    () => clock.at,
  )
  return { clock, lines, counted, report }
}

test('[NEV-12] each change is a line, and a refused credential an error', () => {
  const { lines, counted, report } = rig()
  report({ ...EVENT, kind: 'opened' })
  report({ ...EVENT, kind: 'closed', until: undefined })
  report({ ...EVENT, kind: 'refused', model: undefined })
  const until = '2026-01-01T00:00:00.000Z'
  assert.deepEqual(lines, [
    [
      'warn',
      { upstream: 'up', model: 'm', credential: 0, until },
      'an upstream failed again and again and is left alone for a while',
    ],
    ['warn', { upstream: 'up', model: 'm', credential: 0 }, 'an upstream answers again'],
    ['error', { upstream: 'up', credential: 0, until }, 'an upstream refused our credential'],
  ])
  assert.deepEqual(counted, ['opened', 'closed', 'refused'])
})

test('[NEV-12] a limit that is reached again and again is counted each time and told once a minute', () => {
  const { clock, lines, counted, report } = rig()
  const parked: HealthEvent = { ...EVENT, kind: 'parked' }
  for (clock.at = 0; clock.at < 120_000; clock.at += 1_000) report(parked)
  assert.deepEqual([lines.length, counted.length], [2, 120])
  report({ ...parked, credential: 1 })
  assert.equal(lines.length, 3)
})
