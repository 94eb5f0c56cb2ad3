import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SERVICES_SKIP } from '../servers/services.ts'
import { type RaceReport, runRace } from './race.ts'

const REQUESTS = 1_000
const COVERED = 100
/** What is reserved is a bound, a little more than what is spent. */
const FIT_LEAST = 95

function assertKept({ statuses, spentNanoUsd, reservedNanoUsd, limitNanoUsd }: RaceReport): void {
  assert.ok(spentNanoUsd <= limitNanoUsd, `${spentNanoUsd} of ${limitNanoUsd} nano-USD`)
  assert.equal(reservedNanoUsd, 0)
  assert.ok((statuses[200] ?? 0) >= FIT_LEAST && (statuses[200] ?? 0) <= COVERED, JSON.stringify(statuses))
  assert.equal((statuses[200] ?? 0) + (statuses[429] ?? 0), REQUESTS)
}

test('[RAC-01] 1,000 requests at once against a budget for 100: never exceeded, and at least 95 fit', async () => {
  assertKept(await runRace({ store: 'sqlite', requests: REQUESTS, covered: COVERED }))
})

test('[RAC-02] the same on three replicas over PostgreSQL', { skip: SERVICES_SKIP }, async () => {
  assertKept(await runRace({ store: 'postgres', requests: REQUESTS, covered: COVERED }))
})
