/** Replicas over one ledger and one Redis, behind a balancer. */
import { type ConfigOptions, type MoneyGateway, moneyConfig, startMoneyGateway } from '../money/rig.ts'
import type { WasatOptions } from '../servers/wasat-process.ts'
import { type Balancer, startBalancer } from './balancer.ts'

export interface FleetOptions extends ConfigOptions, FleetShape {
  readonly counters: string
  /** The data folder of a replica, which outlives its process. */
  readonly folder: (replica: number) => string
}

export interface FleetShape {
  readonly replicas?: number
  readonly healthLagMs?: number
  readonly env?: (replica: number) => WasatOptions['env']
}

export interface Fleet {
  readonly size: number
  readonly balancer: Balancer
  /** Undefined while it is down. */
  replica(index: number): MoneyGateway | undefined
  running(): readonly MoneyGateway[]
  /** SIGTERM; resolves when it has ended by itself, with its exit code. */
  stop(index: number): Promise<number | string>
  kill(index: number): Promise<void>
  /** Resolves when the balancer sends somebody there. */
  start(index: number): Promise<void>
  /** Everything that every process wrote so far. */
  output(): string
  close(): Promise<void>
}

export const REPLICAS = 3
/** As with a common balancer's settings. */
export const HEALTH_LAG_MS = 2_000
/** A start fails while PostgreSQL is away or nothing can be written. */
const START_ATTEMPTS_MAX = 8

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { replicas = REPLICAS, healthLagMs = HEALTH_LAG_MS, env } = options
  const config = moneyConfig(options)
  const processes: (MoneyGateway | undefined)[] = Array.from({ length: replicas }, () => undefined)
  const balancer = await startBalancer({ places: replicas, healthLagMs })
  let outputBefore = ''
  let isClosed = false

  async function launch(index: number): Promise<MoneyGateway> {
    for (let attempt = 1; ; attempt++) {
      try {
        const own = env?.(index)
        return await startMoneyGateway({
          ...{ config, dataFolder: options.folder(index) },
          ...(own !== undefined && { env: own }),
        })
      } catch (error) {
        if (attempt === START_ATTEMPTS_MAX || isClosed) throw error
      }
    }
  }

  async function end<Result>(index: number, how: (one: MoneyGateway) => Promise<Result>): Promise<Result> {
    const one = processes[index]
    if (one === undefined) throw new Error(`replica ${index} is not running`)
    processes[index] = undefined
    const result = await how(one)
    balancer.put(index, undefined)
    outputBefore += one.output()
    return result
  }

  const fleet: Fleet = {
    size: replicas,
    balancer,
    replica: (index) => processes[index],
    running: () => processes.filter((one) => one !== undefined),
    stop: (index) => end(index, (one) => one.stop()),
    kill: (index) => end(index, (one) => one.kill()),
    async start(index) {
      const one = await launch(index)
      if (isClosed) return void (await one.kill())
      processes[index] = one
      balancer.put(index, one.port)
      await balancer.untilUp(index)
    },
    output: () =>
      outputBefore +
      fleet
        .running()
        .map((one) => one.output())
        .join(''),
    async close() {
      isClosed = true
      const ends = processes.map((one, index) => one && fleet.kill(index))
      await Promise.all(ends)
      await balancer.close()
    },
  }
  try {
    await Promise.all(processes.map((_, index) => fleet.start(index)))
    return fleet
  } catch (error) {
    await fleet.close()
    throw error
  }
}
