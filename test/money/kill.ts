/**
 * Kills a gateway with SIGKILL in the middle of a mixed load, starts it again on the same data, again and again, and then
 * compares three books: what its clients were told, what the upstream charged, and what is on the ledger.
 *
 *   node test/money/kill.ts --runs 200 --store sqlite|postgres [--seed 1]
 */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { drawsFrom } from '../servers/billing-plan.ts'
import { type Billing, type BillingMoment, startBilling } from '../servers/billing-upstream.ts'
import { type Books, openPlace, type Place, readBooks, type StoreKind } from './books.ts'
import { type Comparison, compareBooks } from './kill-books.ts'
import { askOf, type Keys, makeKeys, raiseBudgets } from './kill-load.ts'
import { ask, type MoneyGateway, moneyConfig, startMoneyGateway, type Told } from './rig.ts'

/** `time`: at a random moment; `clientEnd`: a client has its answer; the others are moments of the upstream's. */
export const KILL_MOMENTS = ['time', 'arrived', 'firstEvent', 'lastEvent', 'ended', 'clientEnd'] as const
export type KillMoment = (typeof KILL_MOMENTS)[number]

export interface KillOptions {
  readonly runs: number
  readonly store: StoreKind
  readonly seed: number
  readonly log?: (line: string) => void
}

export interface KillReport extends Comparison {
  readonly runs: number
  readonly moments: Readonly<Partial<Record<KillMoment, number>>>
  /** From the start of a process to its readiness: the first time, with nothing to recover, and each time after a kill. */
  readonly readyMs: { readonly first: number; readonly median: number; readonly max: number }
  readonly statuses: Readonly<Record<number, number>>
}

const LANES_MIN = 20
const LANES_MAX = 50
/** A process that nothing has killed until then is killed by the clock. */
const RUN_MS_MAX = 4_000
const RANDOM_RUN_MS = 1_200
/** How many moments of its kind pass before the one that kills. */
const MOMENTS_MAX = 200
const RAISE_EVERY_RUNS = 10
/** A dead process of PostgreSQL's ledger is believed to be alive for half a minute. */
const RECOVERY_MS_MAX = 90_000
const RECOVERY_POLL_MS = 1_000

interface Harness {
  readonly place: Place
  readonly billing: Billing
  readonly draw: (below: number) => number
  /** Who is told of the upstream's moments and of answers that clients have. */
  watch: ((moment: KillMoment) => void) | undefined
  readonly told: Told[]
  readonly readyMs: number[]
  nextId: number
}

export async function runKills(options: KillOptions): Promise<KillReport> {
  const place = await openPlace(options.store)
  const onMoment = (moment: BillingMoment) => harness.watch?.(moment)
  const billing = await startBilling({ onMoment })
  const draw = drawsFrom(`kills ${options.seed}`)
  const harness: Harness = { place, billing, draw, watch: undefined, told: [], readyMs: [], nextId: 0 }
  try {
    const moments = await killAgainAndAgain(harness, options)
    const books = await settleDown(harness)
    return {
      runs: options.runs,
      moments,
      readyMs: spreadOf(harness.readyMs),
      statuses: countBy(harness.told.map(({ status }) => status)),
      ...compareBooks(books, harness.told, billing.bill()),
    }
  } finally {
    await billing.close()
    await place.remove()
  }
}

async function killAgainAndAgain(
  harness: Harness,
  { runs, log }: KillOptions,
): Promise<Partial<Record<KillMoment, number>>> {
  const moments: Partial<Record<KillMoment, number>> = {}
  let keys: Keys | undefined
  for (let run = 1; run <= runs; run++) {
    const gateway = await startOn(harness)
    keys ??= await makeKeys(gateway)
    if (run % RAISE_EVERY_RUNS === 0) await raiseBudgets(gateway, keys, run / RAISE_EVERY_RUNS)
    const moment = KILL_MOMENTS[harness.draw(KILL_MOMENTS.length)] as KillMoment
    moments[moment] = (moments[moment] ?? 0) + 1
    const answers = await loadUntilKilled(harness, gateway, keys, moment)
    harness.told.push(...answers)
    log?.(
      `${run}/${runs} killed at ${moment}: ${answers.length} asked, ` +
        `${answers.filter(({ isWhole }) => isWhole).length} answered, ready after ${gateway.readyMs.toFixed(0)} ms`,
    )
  }
  return moments
}

async function startOn({ place, billing, readyMs }: Harness): Promise<MoneyGateway> {
  const config = moneyConfig({ upstreamUrl: billing.url, ledger: place.ledger })
  const gateway = await startMoneyGateway({ config, dataFolder: place.folder() })
  readyMs.push(gateway.readyMs)
  return gateway
}

async function loadUntilKilled(
  harness: Harness,
  gateway: MoneyGateway,
  keys: Keys,
  moment: KillMoment,
): Promise<Told[]> {
  const { draw } = harness
  let isOver = false
  const kill = () => {
    if (isOver) return
    isOver = true
    // In this very turn of the event loop, before anything else is written or read.
    process.kill(gateway.pid, 'SIGKILL')
  }
  const timer = setTimeout(kill, moment === 'time' ? 20 + draw(RANDOM_RUN_MS) : RUN_MS_MAX)
  let left = 1 + draw(MOMENTS_MAX)
  harness.watch = (seen) => {
    if (seen === moment && --left === 0) kill()
  }
  const told: Told[] = []
  const lane = async () => {
    while (!isOver) {
      const id = `r${harness.nextId++}`
      const answer = await ask(gateway, { ...askOf(id, draw, keys), agent: gateway.agent })
      told.push(answer)
      if (answer.isWhole) harness.watch?.('clientEnd')
    }
  }
  const lanes = LANES_MIN + draw(LANES_MAX - LANES_MIN + 1)
  await Promise.all(Array.from({ length: lanes }, lane))
  clearTimeout(timer)
  harness.watch = undefined
  await gateway.kill()
  return told
}

/** A last life without load, in which whatever is open is closed. */
async function settleDown(harness: Harness): Promise<Books> {
  const { place } = harness
  const gateway = await startOn(harness)
  const deadline = performance.now() + RECOVERY_MS_MAX
  if (place.kind === 'postgres') {
    while ((await readBooks(place)).open.length > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, RECOVERY_POLL_MS))
    }
  }
  await gateway.stop()
  return readBooks(place)
}

function spreadOf([first = 0, ...others]: readonly number[]): KillReport['readyMs'] {
  const sorted = others.sort((one, other) => one - other)
  return {
    first,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    max: sorted.at(-1) ?? 0,
  }
}

function countBy(values: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '200' },
      store: { type: 'string', default: 'sqlite' },
      seed: { type: 'string', default: '1' },
    },
  })
  const { report, ...rest } = await runKills({
    runs: Number(values.runs),
    store: values.store as StoreKind,
    seed: Number(values.seed),
    log: console.log,
  })
  const failed = report.invariants.filter(({ state }) => state === 'fail')
  console.log(JSON.stringify({ ...rest, invariantsFailed: failed }, null, 2))
  if (failed.length > 0 || rest.faults.length > 0) process.exitCode = 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
