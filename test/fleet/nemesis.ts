/** Whatever can go wrong around a fleet, at random moments that follow from a seed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { drawsFrom } from '../servers/billing-plan.ts'
import type { FakeClock } from '../servers/fake-clock.ts'
import { CAN_FORBID_WRITES, forbidWrites } from '../servers/forbidden-writes.ts'
import type { PostgresServer } from '../servers/postgres-server.ts'
import type { RedisServer } from '../servers/redis-server.ts'
import type { TcpProxy } from '../servers/tcp-proxy.ts'
import type { Fleet } from './fleet.ts'
import type { Load } from './load.ts'

export type Draw = (below: number) => number

export interface Fault {
  readonly name: string
  /** Hurts and heals; resolves with what was done, or undefined when it could not be done now. */
  strike(draw: Draw): Promise<string | undefined>
}

export interface NemesisOptions {
  readonly seed: number
  /** In their order the first time, then at random. */
  readonly faults: readonly Fault[]
  /** Between the beginnings of two faults. */
  readonly pauseMs: readonly [min: number, max: number]
  readonly log: (line: string) => void
}

export interface Nemesis {
  readonly struck: Readonly<Record<string, number>>
  /** What a fault could not heal. */
  readonly failures: readonly string[]
  /** Begins nothing more; resolves when everything is healed. */
  stop(): Promise<void>
}

/** Different faults overlap; one fault does not overlap with itself. */
export function startNemesis({ seed, faults, pauseMs, log }: NemesisOptions): Nemesis {
  const draw = drawsFrom(`nemesis ${seed}`)
  const [min, max] = pauseMs
  const struck: Record<string, number> = {}
  const failures: string[] = []
  const underWay = new Map<string, Promise<void>>()
  const over = new AbortController()

  async function strike(fault: Fault): Promise<void> {
    try {
      const done = await fault.strike(draw)
      if (done === undefined) return
      struck[fault.name] = (struck[fault.name] ?? 0) + 1
      log(`${fault.name}: ${done}`)
    } catch (error) {
      failures.push(`${fault.name}: ${error}`)
      log(`${fault.name} went wrong: ${error}`)
    } finally {
      underWay.delete(fault.name)
    }
  }

  async function go(): Promise<void> {
    for (let turn = 0; !over.signal.aborted; turn++) {
      await sleep(min + draw(max - min), undefined, { signal: over.signal }).catch(() => undefined)
      if (over.signal.aborted) return
      const fault = faults[turn < faults.length ? turn : draw(faults.length)] as Fault
      if (!underWay.has(fault.name)) underWay.set(fault.name, strike(fault))
    }
  }
  const going = go()

  return {
    struck,
    failures,
    async stop() {
      over.abort()
      await going
      await Promise.all(underWay.values())
    },
  }
}

// ---------------------------------------------------------------------------------------------
// The faults.

const DOWN_MS_MAX = 1_500
const PAUSE_MS_MAX = 3_000
const NO_WRITES_MS_MAX = 1_500
/** Hours, days, a month, and back to where it was. */
const STEPS_SECONDS = [3_600, -3_600, 86_400, -86_400, 2_678_400, 0]

/** One that runs, as long as another one does. */
function anyReplica(fleet: Fleet, draw: Draw): number | undefined {
  const running = Array.from({ length: fleet.size }, (_, index) => index).filter((index) =>
    fleet.replica(index),
  )
  return running.length < 2 ? undefined : running[draw(running.length)]
}

export function killsReplica(fleet: Fleet): Fault {
  return {
    name: 'kill -9 of a replica',
    async strike(draw) {
      const index = anyReplica(fleet, draw)
      const downMs = draw(DOWN_MS_MAX)
      if (index === undefined) return undefined
      await fleet.kill(index)
      await sleep(downMs)
      await fleet.start(index)
      return `replica ${index}, started again`
    },
  }
}

export function endsReplica(fleet: Fleet): Fault {
  return {
    name: 'SIGTERM to a replica',
    async strike(draw) {
      const index = anyReplica(fleet, draw)
      if (index === undefined) return undefined
      const exit = await fleet.stop(index)
      await fleet.start(index)
      if (exit !== 0) throw new Error(`replica ${index} ended with ${exit}`)
      return `replica ${index}, started again`
    },
  }
}

export function forbidsWrites(fleet: Fleet): Fault[] {
  if (!CAN_FORBID_WRITES) return []
  const strike = async (draw: Draw) => {
    const index = anyReplica(fleet, draw)
    const replica = index === undefined ? undefined : fleet.replica(index)
    const forMs = draw(NO_WRITES_MS_MAX)
    if (replica === undefined) return undefined
    const allow = forbidWrites(replica.pid)
    await sleep(forMs)
    // It may have been killed meanwhile.
    if (replica.alive()) allow()
    return `replica ${index} could write to no file for ${forMs} ms`
  }
  return [{ name: 'disk full', strike }]
}

export function restartsPostgres(server: PostgresServer): Fault {
  return {
    name: 'immediate restart of PostgreSQL',
    async strike() {
      const startedAtMs = performance.now()
      await server.restart('immediate')
      return `${Math.round(performance.now() - startedAtMs)} ms`
    },
  }
}

export function stopsPostgres(server: PostgresServer): Fault {
  return {
    name: 'PostgreSQL away',
    async strike(draw) {
      const forMs = draw(PAUSE_MS_MAX)
      await server.stop('fast')
      await sleep(forMs)
      await server.start()
      return `${forMs} ms`
    },
  }
}

export function pausesRedis(server: RedisServer): Fault {
  return {
    name: 'pause of Redis',
    async strike(draw) {
      const forMs = draw(PAUSE_MS_MAX)
      server.pause()
      await sleep(forMs)
      server.resume()
      return `${forMs} ms`
    },
  }
}

export function resetsUpstream(proxy: TcpProxy): Fault {
  return {
    name: 'RST of upstream connections',
    async strike() {
      proxy.resetAll()
      return 'all of them'
    },
  }
}

export function cutsUpstream(proxy: TcpProxy): Fault {
  return {
    name: 'upstream away',
    async strike(draw) {
      const forMs = draw(DOWN_MS_MAX)
      proxy.cutAll()
      await sleep(forMs)
      proxy.restore()
      return `${forMs} ms`
    },
  }
}

export function abortsClients(load: Load): Fault {
  return {
    name: 'client abort wave',
    async strike() {
      return `${load.abortAll()} connections`
    },
  }
}

export function stepsClock(clock: FakeClock): Fault {
  return {
    name: 'clock step',
    async strike(draw) {
      const step = STEPS_SECONDS[draw(STEPS_SECONDS.length)] as number
      clock.set(step < 0 ? `${step}` : `+${step}`)
      return `to ${step} s beside the true time, on one replica`
    },
  }
}
