/**
 * The first target fails for a while under load, and comes back. Clients are served by the second one; nobody upstream
 * sees much more than the clients' own load, neither while it lasts nor when the first one is taken back.
 *
 *   node test/fleet/primary-down.ts --seconds 60 --rate 300 [--seed 1] [--json]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../gateway/rig.ts'
import { type BillingMoment, startBilling } from '../servers/billing-upstream.ts'
import { type Judged, judgeBooks } from './books.ts'
import { type Run, readOptions, runCommand, showProgress, type Verdict } from './command.ts'
import { type Load, mixOf, startLoad } from './load.ts'
import { makeRichKeys, openGround } from './rig.ts'

export interface PrimaryDownOptions {
  readonly rate: number
  /** How long it is down. */
  readonly seconds: number
  readonly seed: number
  /** The first time that a breaker stays open. */
  readonly openForMs?: number
  /** Retries that each replica has in any case: at a small rate they would be more than a fifth. */
  readonly budgetMin?: number
  /** Not where the machine itself stands still for a good part of a second now and then. */
  readonly judgesPeaks?: boolean
}

export interface PrimaryDownResult extends Verdict {
  readonly sent: number
  readonly servedPercent: number
  /** Attempts at both upstreams for each request. */
  readonly attemptsPerRequest: number
  /** Attempts at the first one while it was down. */
  readonly attemptsWhileDown: number
  /** From its return until it has its load again. */
  readonly takenBackMs: number
  /** The most attempts at one upstream for each request, of any second's load of the clients. */
  readonly attemptsPerRequestMax: number
  /** The most of any second, beside the most that clients sent in one. */
  readonly peaks: { readonly sent: number; readonly first: number; readonly second: number }
  readonly books: Judged
}

const SERVED_PERCENT_MIN = 99.9
const LOAD_FACTOR_MAX = 1.2
const OPEN_FOR_MS = 30_000
const BUDGET_MIN = 3
/** Of the clients' load, when the first target counts as taken back. */
const TAKEN_BACK_SHARE = 0.8
const AROUND_MS = 2_000
const WARM_SECONDS = 2
const PATIENCE_MS = 60_000
const BUCKET_MS = 1_000

export async function runPrimaryDown(run: Run, options: PrimaryDownOptions): Promise<PrimaryDownResult> {
  const { rate, seconds, seed, openForMs = OPEN_FOR_MS, judgesPeaks = true } = options
  const { budgetMin = BUDGET_MIN } = options
  const first: Arrival[] = []
  const second: Arrival[] = []
  const noteIn = (arrivals: Arrival[]) => (moment: BillingMoment, id: string) => {
    if (moment === 'arrived') arrivals.push({ id, atMs: performance.now() })
  }
  let isDown = false
  const spare = await startBilling({ onMoment: noteIn(second) })
  run.atEnd(() => spare.close())
  const ground = await openGround(run, {
    // An error now, a broken connection in the next second.
    failing: () => (isDown ? (Math.floor(performance.now() / 1_000) % 2 === 0 ? 503 : 0) : undefined),
    onMoment: noteIn(first),
    spareUrl: spare.url,
    rest: `health: { openFor: ${openForMs}ms }\nretries: { budgetMin: ${budgetMin} }`,
  })
  const keys = await makeRichKeys(ground)
  first.length = 0
  const load = startLoad({
    port: ground.fleet.balancer.port,
    requestsPerSecond: rate,
    next: mixOf({ seed, keys }),
  })
  run.atEnd(() => load.stop())
  showProgress(run, () => `${load.sent} sent, ${first.length} at the first, ${second.length} at the second`)
  // Cold replicas answer the first seconds late and then all at once.
  const keepUp = () => load.sent >= rate * WARM_SECONDS && load.inFlight < rate / 2
  await until('the replicas keep up', keepUp, PATIENCE_MS)
  const warmAtMs = performance.now()
  await sleep(AROUND_MS)
  isDown = true
  const before = first.length
  run.log('the first target is down')
  await sleep(seconds * 1_000)
  isDown = false
  const attemptsWhileDown = first.length - before
  const backAtMs = performance.now()
  run.log('the first target is back')
  const lastSecond = () => first.filter(({ atMs }) => atMs > performance.now() - 1_000).length
  // Each failed probe makes the next one wait longer: by all of the outage at the most, and a tenth.
  const patienceMs = 2 * (seconds * 1_000 + openForMs) + AROUND_MS
  await until('it has its load again', () => lastSecond() >= TAKEN_BACK_SHARE * rate, patienceMs)
  const takenBackMs = Math.round(performance.now() - backAtMs)
  await sleep(AROUND_MS)
  await load.stop()

  const peaks = {
    sent: Math.max(rate, ...load.sentBySecond),
    first: peakOf(first, warmAtMs),
    second: peakOf(second, warmAtMs),
  }
  const served = load.told.filter(({ isWhole }) => isWhole).length
  const servedPercent = (100 * served) / load.sent
  const attemptsPerRequest = (first.length + second.length) / load.sent
  const attemptsPerRequestMax = Math.max(worstSecond(first, load, rate), worstSecond(second, load, rate))
  const books = await judgeBooks(
    { ...ground, billing: { ...ground.billing, bill: () => [...ground.billing.bill(), ...spare.bill()] } },
    load.told,
  )
  const broken = [
    ...(servedPercent < SERVED_PERCENT_MIN ? [`only ${servedPercent} % of the clients were served`] : []),
    ...(attemptsPerRequest > LOAD_FACTOR_MAX ? [`${attemptsPerRequest} attempts for each request`] : []),
    ...(attemptsPerRequestMax > LOAD_FACTOR_MAX
      ? [`${attemptsPerRequestMax} attempts at one upstream for each request of a second's load`]
      : []),
    ...Object.entries(peaks)
      .filter(([, most]) => judgesPeaks && most > LOAD_FACTOR_MAX * peaks.sent)
      .map(([name, most]) => `${most} in one second at the ${name}, clients sent ${peaks.sent}`),
    ...(load.withheld > 0 ? [`${load.withheld} requests could not be sent`] : []),
    ...books.faults,
  ]
  return {
    ...{ sent: load.sent, servedPercent, attemptsPerRequest, attemptsWhileDown, takenBackMs },
    ...{ attemptsPerRequestMax, peaks },
    ...{ books, broken },
  }
}

interface Arrival {
  readonly id: string
  readonly atMs: number
}

/**
 * Attempts at one upstream for each request, of the worst `rate` requests in a row: of a second's load, however long the
 * machine took to send it. The last ones may be up to twice as many.
 */
function worstSecond(arrivals: readonly Arrival[], { told }: Load, rate: number): number {
  const attempts = new Map<string, number>()
  for (const { id } of arrivals) attempts.set(id, (attempts.get(id) ?? 0) + 1)
  const counts = [...told]
    .sort((one, other) => one.sentAtMs - other.sentAtMs)
    .map(({ id }) => attempts.get(id) ?? 0)
  const groups = Math.max(1, Math.floor(counts.length / rate))
  const ratios = Array.from({ length: groups }, (_, group) => {
    const own = counts.slice(group * rate, group + 1 === groups ? undefined : (group + 1) * rate)
    return own.reduce((sum, count) => sum + count, 0) / Math.max(1, own.length)
  })
  return Math.max(...ratios)
}

/** The most that arrived within any second of the clock from then on. */
function peakOf(arrivals: readonly Arrival[], fromMs: number): number {
  const buckets: number[] = []
  for (const { atMs } of arrivals.filter(({ atMs }) => atMs >= fromMs)) {
    const bucket = Math.floor((atMs - fromMs) / BUCKET_MS)
    buckets[bucket] = (buckets[bucket] ?? 0) + 1
  }
  return buckets.reduce((most, count) => Math.max(most, count ?? 0), 0)
}

if (import.meta.main) {
  const options = readOptions({ seconds: 60, rate: 300, seed: 1 })
  await runCommand(options, (run) => runPrimaryDown(run, options))
}
