/**
 * Restarts every replica, one after the other, under load behind a plain TCP balancer that notices late. Not one request
 * fails.
 *
 *   node test/fleet/rolling.ts --rate 100 [--rounds 1] [--seed 1] [--json]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Judged, judgeBooks } from './books.ts'
import { type Run, readOptions, runCommand, showProgress, type Verdict } from './command.ts'
import { HEALTH_LAG_MS } from './fleet.ts'
import { mixOf, startLoad } from './load.ts'
import { makeRichKeys, openGround } from './rig.ts'

export interface RollingOptions {
  readonly rate: number
  readonly rounds: number
  readonly seed: number
  /** How late the balancer notices. */
  readonly healthLagMs?: number
  /** How long a replica that is going still takes requests. */
  readonly delayMs?: number
}

export interface RollingResult extends Verdict {
  readonly sent: number
  readonly failed: readonly string[]
  readonly turnedAway: number
  readonly restarts: readonly { readonly stopMs: number; readonly startMs: number }[]
  readonly books: Judged
}

/** The default of `server.shutdown.delay`. */
const DELAY_MS = 5_000
/** Load before the first and after the last restart. */
const AROUND_MS = 1_000
const FAILED_SHOWN = 20

export async function runRolling(run: Run, options: RollingOptions): Promise<RollingResult> {
  const { rate, rounds, seed, healthLagMs = HEALTH_LAG_MS, delayMs = DELAY_MS } = options
  const ground = await openGround(run, { healthLagMs, shutdown: `delay: ${delayMs}ms` })
  const { fleet } = ground
  const keys = await makeRichKeys(ground)
  const load = startLoad({
    ...{ port: fleet.balancer.port, requestsPerSecond: rate, scheduling: 'fifo' },
    next: mixOf({ seed, keys }),
  })
  run.atEnd(() => load.stop())
  const restarts: { stopMs: number; startMs: number }[] = []
  const exits: (number | string)[] = []
  showProgress(run, () => `${load.sent} sent, ${load.inFlight} under way, ${restarts.length} restarts`)
  await sleep(AROUND_MS)
  for (let at = 0; at < rounds * fleet.size; at++) {
    const startedAtMs = performance.now()
    exits.push(await fleet.stop(at % fleet.size))
    const stoppedAtMs = performance.now()
    await fleet.start(at % fleet.size)
    const stopMs = Math.round(stoppedAtMs - startedAtMs)
    restarts.push({ stopMs, startMs: Math.round(performance.now() - stoppedAtMs) })
    run.log(`replica ${at % fleet.size}: ${JSON.stringify(restarts.at(-1))}`)
  }
  await sleep(AROUND_MS)
  await load.stop()
  const failed = load.told
    .filter(({ isWhole }) => !isWhole)
    .map(({ id, form, status, text }) => `${id} ${form} ${status} ${text}`)
  const { turnedAway } = fleet.balancer
  const books = await judgeBooks(ground, load.told)
  const broken = [
    ...failed.slice(0, FAILED_SHOWN).map((one) => `failed: ${one}`),
    ...exits.filter((code) => code !== 0).map((code) => `a replica ended with ${code}`),
    ...(turnedAway > 0 ? [`${turnedAway} connections found no replica`] : []),
    ...(load.withheld > 0 ? [`${load.withheld} requests could not be sent`] : []),
    ...books.faults,
  ]
  return { sent: load.sent, failed: failed.slice(0, FAILED_SHOWN), turnedAway, restarts, books, broken }
}

if (import.meta.main) {
  const options = readOptions({ rate: 100, rounds: 1, seed: 1 })
  await runCommand(options, (run) => runRolling(run, options))
}
