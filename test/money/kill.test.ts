import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { SERVICES_SKIP } from '../servers/services.ts'
import type { StoreKind } from './books.ts'
import { type KillReport, runKills } from './kill.ts'

/** `node test/money/kill.ts --runs 200` is the long one. */
const RUNS = Number(process.env.WASAT_KILL_RUNS ?? 3)
const SEED = Number(process.env.WASAT_KILL_SEED ?? 1)
/** A start after a kill; on a machine so busy that this is no measure, twice a start with nothing to recover. */
const READY_MS_MAX = 2_000

function judged(store: StoreKind, skip: string | false): void {
  describe(`${RUNS} kills on ${store}`, { skip }, () => {
    let report: KillReport
    before(async () => {
      report = await runKills({ runs: RUNS, store, seed: SEED })
    })
    const faultsOf = (promise: string) => report.faults.filter((fault) => fault.promise === promise)

    test('[KIL-01] each answer that a client received in full is on the ledger exactly once', () => {
      assert.ok(report.answers > 0, 'nothing was answered: nothing is proved')
      assert.deepEqual(faultsOf('KIL-01'), [])
    })

    test('[KIL-02] S05 no reservation stays open, and it is ready again in two seconds', () => {
      assert.deepEqual(faultsOf('KIL-02'), [])
      const { first, median } = report.readyMs
      assert.ok(median <= Math.max(READY_MS_MAX, 2 * first), JSON.stringify(report.readyMs))
    })

    test('[KIL-03] the upstream’s own bill is the ledger’s, for every settled row, and every invariant holds', () => {
      assert.ok(report.compared > 0)
      assert.deepEqual(faultsOf('KIL-03'), [])
      assert.equal(report.billedNanoUsd, report.upstreamNanoUsd)
      assert.deepEqual(
        report.report.invariants.filter(({ state }) => state === 'fail'),
        [],
      )
    })
  })
}

// On PostgreSQL most of the time is waiting for a dead replica to be given up.
describe('kill -9 under load', { concurrency: true }, () => {
  judged('sqlite', false)
  judged('postgres', SERVICES_SKIP)
})
