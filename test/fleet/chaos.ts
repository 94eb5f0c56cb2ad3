/**
 * The ledger adds up: three replicas, PostgreSQL, Redis and an upstream that keeps its own bill, under a mixed load, while
 * a nemesis does what it can. Afterwards the three books are compared.
 *
 *   node test/fleet/chaos.ts --minutes 30 --rate 60 [--seed 1] [--json]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { askOf, type Keys, makeKeys, raiseBudgets } from '../money/kill-load.ts'
import { type Ask, ask, type MoneyGateway } from '../money/rig.ts'
import { drawsFrom } from '../servers/billing-plan.ts'
import { HAS_FAKETIME, makeFakeClock } from '../servers/fake-clock.ts'
import { startPostgres, startRedis } from '../servers/services.ts'
import { startTcpProxy } from '../servers/tcp-proxy.ts'
import { countBy, type Judged, judgeBooks, leftOpen } from './books.ts'
import { type Run, readOptions, runCommand, showProgress, type Verdict } from './command.ts'
import { type Fleet, REPLICAS } from './fleet.ts'
import { type Load, slowest, startLoad } from './load.ts'
import {
  abortsClients,
  cutsUpstream,
  endsReplica,
  type Fault,
  forbidsWrites,
  killsReplica,
  pausesRedis,
  resetsUpstream,
  restartsPostgres,
  startNemesis,
  stepsClock,
  stopsPostgres,
} from './nemesis.ts'
import { type Ground, openGround, untilKnown } from './rig.ts'

export interface ChaosOptions {
  readonly minutes: number
  readonly rate: number
  readonly seed: number
  /** Between two faults. */
  readonly pauseMs?: readonly [min: number, max: number]
}

export interface ChaosResult extends Verdict {
  readonly sent: number
  readonly statuses: Readonly<Record<string, number>>
  readonly wholePercent: number
  readonly slowest: readonly string[]
  readonly struck: Readonly<Record<string, number>>
  readonly leftOut: readonly string[]
  readonly books: Judged
}

const PAUSE_MS: readonly [number, number] = [2_000, 5_000]
const RAISE_EVERY_MS = 15_000
/** What a client may be told; 0: the connection broke. Never that its key or its request is wrong. */
const STATUSES: readonly number[] = [0, 200, 429, 502, 503, 504]
/** The words of an upstream that was told to fail. */
const UPSTREAMS_OWN = 'as told'
const SHUTDOWN = 'delay: 500ms, grace: 5s, streamGrace: 5s'
/** Drains and retries end by then. */
const QUIET_MS_MAX = 20_000
const UNEXPECTED = /"msg":"unexpected"|uncaught|unhandled/i

export async function runChaos(run: Run, options: ChaosOptions): Promise<ChaosResult> {
  const { minutes, rate, seed } = options
  const scene = await openScene(run)
  const { ground, keys } = scene
  const { fleet } = ground
  const draw = drawsFrom(`chaos load ${seed}`)
  const load = startLoad({
    port: fleet.balancer.port,
    requestsPerSecond: rate,
    next: (id) => shortened(askOf(id, draw, keys)),
  })
  run.atEnd(() => load.stop())
  const nemesis = startNemesis({
    ...{ seed, faults: faultsOf(scene, load), pauseMs: options.pauseMs ?? PAUSE_MS },
    log: (line) => run.log(`nemesis: ${line}`),
  })
  run.atEnd(() => nemesis.stop())
  showProgress(run, () => `${load.sent} sent, ${load.inFlight} under way, ${fleet.running().length} replicas`)
  const raising = keepRaising(fleet, keys)
  await sleep(minutes * 60_000)
  raising.stop()
  await nemesis.stop()
  await load.stop()
  run.log(`the load is over; what dead replicas left open is waited for`)

  const broken: string[] = [...nemesis.failures]
  broken.push(...(await quietDown(fleet, keys)))
  const books = await judgeBooks(ground, load.told)
  const statuses = countBy(load.told.map(({ status }) => status))
  broken.push(...books.faults, ...strangeAnswers(load), ...strangeOutput(fleet, keys))
  if (books.answers === 0 || books.compared === 0) broken.push('nothing was answered: nothing is proved')
  if (load.withheld > 0) broken.push(`${load.withheld} requests could not be sent`)
  const whole = load.told.filter(({ isWhole }) => isWhole).length
  return {
    ...{ sent: load.sent, statuses, wholePercent: (100 * whole) / load.sent, struck: nemesis.struck },
    ...{ slowest: slowest(load.told), leftOut: scene.leftOut, books, broken },
  }
}

/** Byte by byte with a pause after each would be half a minute. */
function shortened(asked: Ask): Ask {
  return asked.prompt.includes('split=bytes') ? { ...asked, prompt: `${asked.prompt} delay=0` } : asked
}

interface Scene {
  readonly ground: Ground
  readonly keys: Keys
  readonly postgres: Awaited<ReturnType<typeof startPostgres>>
  readonly redis: Awaited<ReturnType<typeof startRedis>>
  readonly proxy: Awaited<ReturnType<typeof startTcpProxy>>
  readonly clock: ReturnType<typeof makeFakeClock> | undefined
  /** Faults that this machine cannot have. */
  readonly leftOut: readonly string[]
}

/** The last replica lives by a clock of its own. */
async function openScene(run: Run): Promise<Scene> {
  const postgres = await startPostgres()
  run.atEnd(() => postgres.dispose())
  const redis = await startRedis()
  run.atEnd(() => redis.dispose())
  const clock = HAS_FAKETIME ? makeFakeClock() : undefined
  run.atEnd(() => clock?.remove())
  let proxy: Scene['proxy'] | undefined
  const ground = await openGround(run, {
    ...{ postgresUrl: (await postgres.newDatabase()).url, redisUrl: redis.url, shutdown: SHUTDOWN },
    healthLagMs: 500,
    env: (replica) => (replica === REPLICAS - 1 ? clock?.env : undefined),
    upstreamUrl: async (billing) => {
      const between = await startTcpProxy(billing.port)
      proxy = between
      run.atEnd(() => between.close())
      return `http://127.0.0.1:${between.port}`
    },
  })
  const keys = await makeKeys(ground.fleet.running()[0] as MoneyGateway)
  await untilKnown(ground.fleet, [...new Set(keys.secrets)])
  const leftOut = ['a full disk of PostgreSQL', ...(clock === undefined ? ['clock step'] : [])]
  return { ground, keys, postgres, redis, proxy: proxy as Scene['proxy'], clock, leftOut }
}

/** The kill comes first: what it leaves open takes longest to be closed. */
function faultsOf({ ground: { fleet }, postgres, redis, proxy, clock }: Scene, load: Load): readonly Fault[] {
  return [
    killsReplica(fleet),
    resetsUpstream(proxy),
    restartsPostgres(postgres),
    abortsClients(load),
    ...(clock === undefined ? [] : [stepsClock(clock)]),
    pausesRedis(redis),
    ...forbidsWrites(fleet),
    endsReplica(fleet),
    cutsUpstream(proxy),
    stopsPostgres(postgres),
  ]
}

/** So that budgets are used up again and again. It may fail: PostgreSQL is away now and then. */
function keepRaising(fleet: Fleet, keys: Keys): { stop(): void } {
  let times = 0
  const timer = setInterval(() => {
    const [replica] = fleet.running()
    if (replica !== undefined) raiseBudgets(replica, keys, ++times).catch(() => undefined)
  }, RAISE_EVERY_MS)
  return { stop: () => clearInterval(timer) }
}

/** Every replica answers again, and has nothing open. */
async function quietDown(fleet: Fleet, keys: Keys): Promise<string[]> {
  const deadline = performance.now() + QUIET_MS_MAX
  let left = await leftOpen(fleet)
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(500)
    left = await leftOpen(fleet)
  }
  if (fleet.running().length < fleet.size) left.push(`only ${fleet.running().length} replicas are running`)
  for (const replica of fleet.running()) {
    const key = keys.secrets[0] as string
    const { status, text } = await ask(replica, { form: 'count', id: 'control', prompt: '', key })
    if (status !== 200) left.push(`a control request was told ${status} ${text}`)
  }
  return left
}

function strangeAnswers({ told }: Load): string[] {
  return told
    .filter(({ status, text }) => !STATUSES.includes(status) && !text.includes(UPSTREAMS_OWN))
    .map(({ id, form, status, text }) => `${id} ${form} was told ${status}: ${text}`)
    .slice(0, 20)
}

function strangeOutput(fleet: Fleet, keys: Keys): string[] {
  const lines = fleet.output().split('\n')
  const strange = lines.filter((line) => UNEXPECTED.test(line)).slice(0, 5)
  const secret = keys.secrets.find((one) => lines.some((line) => line.includes(one)))
  return [...strange, ...(secret === undefined ? [] : ['a key is in the output'])]
}

if (import.meta.main) {
  const options = readOptions({ minutes: 30, rate: 60, seed: 1 })
  await runCommand(options, (run) => runChaos(run, options))
}
