/**
 * Three replicas under load while everything around them fails: short runs of what `rolling.ts`, `primary-down.ts` and
 * `chaos.ts` do at length.
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { SERVICES_SKIP } from '../servers/services.ts'
import { runChaos } from './chaos.ts'
import { createRun, type Run } from './command.ts'
import { runPrimaryDown } from './primary-down.ts'
import { runRolling } from './rolling.ts'

const SEED = Number(process.env.WASAT_FLEET_SEED ?? 1)
/** Three fleets and another test file share two cores. */
const RATE = 25
const CHAOS_MINUTES = 20 / 60
const CHAOS_PAUSE_MS = [700, 1_500] as const

function runFor(context: TestContext): Run {
  const run = createRun()
  context.after(() => run.close())
  return run
}

describe('a fleet', { skip: SERVICES_SKIP, concurrency: true }, () => {
  test('[NEV-72] replicas, PostgreSQL, Redis, upstream and clients fail at random: three books agree to the nano-USD, and nothing stays open', async (context) => {
    const result = await runChaos(runFor(context), {
      ...{ minutes: CHAOS_MINUTES, rate: RATE, seed: SEED, pauseMs: CHAOS_PAUSE_MS },
    })
    assert.deepEqual(result.broken, [])
    assert.ok(Object.keys(result.struck).length > 5, JSON.stringify(result.struck))
  })

  test('[NEV-71] P05 three replicas are restarted one after the other under load: not one request fails', async (context) => {
    const result = await runRolling(runFor(context), {
      ...{ rate: RATE, rounds: 1, seed: SEED },
      healthLagMs: 300,
      delayMs: 2_500,
    })
    assert.deepEqual(result.broken, [])
    assert.equal(result.books.answers, result.sent)
  })

  test('[NEV-70] the first target is down for a while: 99.9 % are served, nobody sees 1.2 times the load, and it is taken back without a herd', async (context) => {
    const result = await runPrimaryDown(runFor(context), {
      ...{ rate: RATE, seconds: 4, seed: SEED, openForMs: 500, budgetMin: 1, judgesPeaks: false },
    })
    assert.deepEqual(result.broken, [])
    assert.ok(result.attemptsWhileDown > 0, 'it was asked while it was down')
  })
})
