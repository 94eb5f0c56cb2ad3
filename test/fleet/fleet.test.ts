/**
 * Three replicas under load while everything around them fails: short runs of what `rolling.ts`, `primary-down.ts` and
 * `chaos.ts` do at length.
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { SERVICES_SKIP } from '../servers/services.ts'
import { createRun, type Run } from './command.ts'
import { runPrimaryDown } from './primary-down.ts'
import { runRolling } from './rolling.ts'

const SEED = Number(process.env.WASAT_FLEET_SEED ?? 1)
/** Three fleets and another test file share two cores. */
const RATE = 25

function runFor(context: TestContext): Run {
  const run = createRun()
  context.after(() => run.close())
  return run
}

describe('a fleet', { skip: SERVICES_SKIP, concurrency: true }, () => {
  test('[NEV-71] P05 three replicas are restarted one after the other under load: not one request fails', async (context) => {
    const result = await runRolling(runFor(context), { rate: RATE, rounds: 1, seed: SEED, healthLagMs: 500 })
    assert.deepEqual(result.broken, [])
    assert.equal(result.books.answers, result.sent)
  })

  test('[NEV-70] the first target is down for a while: 99.9 % are served, nobody sees 1.2 times the load, and it is taken back without a herd', async (context) => {
    const result = await runPrimaryDown(runFor(context), {
      ...{ rate: RATE, seconds: 4, seed: SEED, openForMs: 500 },
    })
    assert.deepEqual(result.broken, [])
    assert.ok(result.attemptsWhileDown > 0, 'it was asked while it was down')
  })
})
