/**
 * An hour of load with faults at 1 % and every dependency failing in turn, while what each replica holds is written down.
 * Memory, descriptors and sockets stay where they are, and the books agree afterwards.
 *
 *   node test/fleet/soak.ts --minutes 60 --rate 50 --out <folder> [--seed 1] [--json]
 *
 * writes `samples.csv` and `result.json` there; `node test/fleet/soak-page.ts <folder>` makes the page of the docs of them.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres, startRedis } from '../servers/services.ts'
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts'
import { countBy, type Judged, judgeBooks, leftOpen } from './books.ts'
import { type Run, readOptions, runCommand, showProgress, type Verdict } from './command.ts'
import { type Flatness, judgeFlatness, lowest } from './flatness.ts'
import { type Fleet, REPLICAS } from './fleet.ts'
import { mixOf, startLoad } from './load.ts'
import {
  abortsClients,
  cutsUpstream,
  pausesRedis,
  resetsUpstream,
  restartsPostgres,
  startNemesis,
  stopsPostgres,
} from './nemesis.ts'
import { makeRichKeys, openGround } from './rig.ts'
import { csvOf, MEASURES, type Measure, type Sample, sampleFleet, seriesOf } from './samples.ts'

export interface SoakOptions {
  readonly minutes: number
  readonly rate: number
  readonly seed: number
  /** Where the samples go; empty: nowhere. */
  readonly out: string
}

export interface SoakResult extends Verdict {
  readonly sent: number
  readonly wholePercent: number
  readonly statuses: Readonly<Record<string, number>>
  readonly struck: Readonly<Record<string, number>>
  readonly flatness: readonly (Flatness & { readonly measure: Measure; readonly replica: number })[]
  /** Before the load, and when what is kept for reuse was given back after it. */
  readonly idle: Readonly<Record<'before' | 'after', readonly Sample[]>>
  readonly books: Judged
}

export const SAMPLE_MS = 5_000
const FAULT_PERCENT = 1
/** The run in so many parts, of each of which the lowest counts: in an hour two minutes, longer than any collector waits. */
const PARTS = 30
/** So often dependencies fail in the whole time: in an hour about once a minute. */
const FAULTS = 60
const PAUSE_JITTER = 0.25
/** What was kept for reuse is given back by then: connections to the upstream are kept for a minute. */
const IDLE_MS_MAX = 120_000
const IDLE_POLL_MS = 2_000
/** Connections to PostgreSQL and Redis beyond those that were open before. */
const IDLE_SOCKETS_MORE_MAX = 12

export async function runSoak(run: Run, options: SoakOptions): Promise<SoakResult> {
  const { minutes, rate, seed, out } = options
  if (out !== '') await mkdir(out, { recursive: true })
  const { ground, postgres, redis, proxy } = await openScene(run)
  const { fleet } = ground
  const keys = await makeRichKeys(ground)
  const before = await sampleFleet(fleet, 0)
  const load = startLoad({
    port: fleet.balancer.port,
    requestsPerSecond: rate,
    next: mixOf({ seed, keys, faultPercent: FAULT_PERCENT }),
  })
  run.atEnd(() => load.stop())
  const turns = [
    ...[restartsPostgres(postgres), pausesRedis(redis), cutsUpstream(proxy), stopsPostgres(postgres)],
    ...[resetsUpstream(proxy), abortsClients(load)],
  ]
  const pauseMs = (minutes * 60_000) / FAULTS
  const nemesis = startNemesis({
    ...{ seed, log: (line: string) => run.log(`nemesis: ${line}`) },
    pauseMs: [pauseMs * (1 - PAUSE_JITTER), pauseMs * (1 + PAUSE_JITTER)],
    // In their turn to the end.
    faults: Array.from({ length: FAULTS }).flatMap(() => turns),
  })
  run.atEnd(() => nemesis.stop())
  const sampling = startSampling(fleet, run)
  run.atEnd(() => sampling.stop())
  showProgress(run, () => `${load.sent} sent, ${load.inFlight} under way; ${lastLine(sampling.samples)}`)
  await sleep(minutes * 60_000)
  await nemesis.stop()
  await load.stop()
  await sampling.stop()
  const after = await untilIdle(fleet, before, minutes * 60)
  const left = await leftOpen(fleet)
  if (out !== '') await writeFile(join(out, 'samples.csv'), csvOf(sampling.samples))

  const books = await judgeBooks(ground, load.told)
  const flatness = judgeAll(sampling.samples)
  for (const one of flatness) run.log(describe(one))
  const whole = load.told.filter(({ isWhole }) => isWhole).length
  const broken = [
    ...[...nemesis.failures, ...books.faults, ...left],
    ...flatness.filter(({ isFlat }) => !isFlat).map((one) => `not flat: ${describe(one)}`),
    ...moreSockets(before, after),
    ...(load.withheld > 0 ? [`${load.withheld} requests could not be sent`] : []),
  ]
  const result: SoakResult = {
    ...{ sent: load.sent, wholePercent: (100 * whole) / load.sent },
    ...{ statuses: countBy(load.told.map(({ status }) => status)), struck: nemesis.struck },
    ...{ flatness, idle: { before, after }, books, broken },
  }
  if (out !== '')
    await writeFile(
      join(out, 'result.json'),
      `${JSON.stringify({ ...options, out: '', ...result }, null, 2)}\n`,
    )
  return result
}

async function openScene(run: Run) {
  const postgres = await startPostgres()
  run.atEnd(() => postgres.dispose())
  const redis = await startRedis()
  run.atEnd(() => redis.dispose())
  let proxy: TcpProxy | undefined
  const ground = await openGround(run, {
    ...{ postgresUrl: (await postgres.newDatabase()).url, redisUrl: redis.url },
    upstreamUrl: async (billing) => {
      const between = await startTcpProxy(billing.port)
      proxy = between
      run.atEnd(() => between.close())
      return `http://127.0.0.1:${between.port}`
    },
  })
  return { ground, postgres, redis, proxy: proxy as TcpProxy }
}

function startSampling(
  fleet: Fleet,
  run: Run,
): { readonly samples: readonly Sample[]; stop(): Promise<void> } {
  const samples: Sample[] = []
  const startedAtMs = performance.now()
  let last: Promise<unknown> = Promise.resolve()
  const take = async () => {
    samples.push(...(await sampleFleet(fleet, (performance.now() - startedAtMs) / 1_000)))
  }
  const timer = setInterval(() => {
    last = last.then(take).catch((error) => run.log(`a sample is missing: ${error}`))
  }, SAMPLE_MS)
  return {
    samples,
    stop: async () => {
      clearInterval(timer)
      await last
    },
  }
}

function judgeAll(samples: readonly Sample[]): SoakResult['flatness'] {
  const measures = Object.keys(MEASURES) as Measure[]
  return Array.from({ length: REPLICAS }, (_, replica) =>
    measures.map((measure) => ({
      ...{ measure, replica },
      ...judgeFlatness(judgedValues(seriesOf(samples, replica, measure), measure), MEASURES[measure]),
    })),
  ).flat()
}

function judgedValues(values: readonly number[], measure: Measure): readonly number[] {
  return measure === 'residentMib' ? values : lowest(values, Math.max(1, Math.floor(values.length / PARTS)))
}

const round = (value: number) => Math.round(value * 10) / 10

function describe({ measure, replica, before, after, trend, bound }: SoakResult['flatness'][number]): string {
  const { unit } = MEASURES[measure]
  const change = `${round(before)} to ${round(after)}, trend ${round(trend)}, bound ${round(bound)} ${unit}`
  return `${measure} of replica ${replica}: ${change}`
}

async function untilIdle(fleet: Fleet, before: readonly Sample[], atSeconds: number): Promise<Sample[]> {
  const deadline = performance.now() + IDLE_MS_MAX
  let after = await sampleFleet(fleet, atSeconds)
  while (moreSockets(before, after).length > 0 && performance.now() < deadline) {
    await sleep(IDLE_POLL_MS)
    after = await sampleFleet(fleet, atSeconds)
  }
  return after
}

function moreSockets(before: readonly Sample[], after: readonly Sample[]): string[] {
  return after.flatMap(({ replica, sockets }) => {
    const more = sockets - (before.find((one) => one.replica === replica)?.sockets ?? 0)
    return more > IDLE_SOCKETS_MORE_MAX ? [`replica ${replica} has ${more} sockets more than before`] : []
  })
}

function lastLine(samples: readonly Sample[]): string {
  return samples
    .slice(-REPLICAS)
    .map(
      ({ residentMib, heapMib, sockets }) => `${round(residentMib)}/${round(heapMib)} MiB ${sockets} sockets`,
    )
    .join(', ')
}

if (import.meta.main) {
  const options = readOptions({ minutes: 60, rate: 50, seed: 1, out: '' })
  await runCommand(options, (run) => runSoak(run, options))
}
