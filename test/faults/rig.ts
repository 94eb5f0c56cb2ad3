/** One gateway, one faulty upstream for each wire, and every cell of the catalogue played against them once. */

import { type Cell, cellOf, type Mode, message } from '../../src/cli/faults/bytes.ts'
import { type FaultUpstream, type Play, startFaultUpstream } from '../../src/cli/faults/upstream.ts'
import { FAULT_WIRES, type FaultWire } from '../../src/cli/faults/wires.ts'
import { type Gateway, startGateway } from '../gateway/rig.ts'
import {
  type BlackHole,
  closedPort,
  startBlackHole,
  startSelfSigned,
  UNRESOLVED_HOST,
} from '../servers/fault-places.ts'
import type { FaultRow, Place } from './row.ts'
import { CONNECT_MS, FIRST_BYTE_MS, redirectTo } from './rows-silent.ts'
import { HEARTBEAT_MS, IDLE_MS, TOTAL_MS } from './rows-streams.ts'

/** In each key that the gateway sends to an upstream, and to be found nowhere else. */
export const CANARY = 'canary-secret'
/** How often it stands before the same path: with one target, and with the sandbox as a second. */
export const TARGETS = ['alone', 'with a second'] as const

export interface Case {
  readonly row: FaultRow
  readonly cell: Cell
  readonly targets: (typeof TARGETS)[number]
  /** The name of its upstream. */
  readonly lane: string
  /** As the client says it; as the upstream hears it. */
  readonly model: string
  readonly upstreamModel: string
}

const slug = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '')

const MODES: readonly Mode[] = ['unary', 'stream']

/** Every row for each wire, delivery and number of targets that it is about. */
export function casesOf(rows: readonly FaultRow[]): readonly Case[] {
  return rows.flatMap((row, number) =>
    (row.wires ?? FAULT_WIRES).flatMap((wire) =>
      (row.modes ?? MODES).flatMap((mode) =>
        TARGETS.map((targets): Case => {
          const letters = `${mode[0]}${targets[0]}`
          const lane = laneOf(wire, row.place, `${number}-${letters}`)
          const model = `${lane}.${letters}.${slug(row.name)}`
          const upstreamModel = row.isAlias ? `${model}.named-otherwise` : model
          return { row, cell: cellOf(wire, mode), targets, lane, model, upstreamModel }
        }),
      ),
    ),
  )
}

function laneOf(wire: FaultWire, place: Place | undefined, unique: string): string {
  if (place === undefined) return wire
  // What refuses a credential would be felt by its neighbours.
  return place === 'own' ? `${wire}-own-${unique}` : `${wire}-${place}`
}

export interface Rig {
  readonly gateway: Gateway
  readonly upstreams: Readonly<Record<FaultWire, FaultUpstream>>
  /** Where redirects lead, and what must never be reached. */
  readonly canary: FaultUpstream
  readonly selfSigned: FaultUpstream
  close(): Promise<void>
}

export interface RigOptions {
  readonly cases: readonly Case[]
  /** Models beside those of the cases, by their name at the upstream. */
  readonly plays: ReadonlyMap<string, Play>
  /** Upstreams beside those of the cases, one for each name, and one model glob `<name>.*` for each. */
  readonly lanes: readonly { readonly name: string; readonly wire: FaultWire; readonly hasSecond?: boolean }[]
  readonly dataFolder: string
}

export async function startRig({ cases, plays, lanes, dataFolder }: RigOptions): Promise<Rig> {
  const byModel = new Map(plays)
  for (const { row, cell, upstreamModel } of cases) {
    if (row.play !== undefined) byModel.set(upstreamModel, row.play(cell))
  }
  const early = new Map(
    cases.flatMap(({ row, cell }) => (row.place === 'early' ? [[cell.wire, row.play?.(cell)] as const] : [])),
  )
  const start = (wire: FaultWire) =>
    startFaultUpstream({
      earlyPath: '/early/',
      play: ({ model, path }) => (path.includes('/early/') ? early.get(wire) : byModel.get(model)),
    })
  const [gemini, openai, anthropic, canary, selfSigned, blackHole, refusedPort] = await Promise.all([
    ...(FAULT_WIRES.map(start) as [Promise<FaultUpstream>, Promise<FaultUpstream>, Promise<FaultUpstream>]),
    startFaultUpstream({ play: () => (line) => line.write(message(200, '{}')) }),
    startSelfSigned(),
    startBlackHole(),
    closedPort(),
  ])
  const upstreams = { gemini, openai, anthropic }
  redirectTo(`http://127.0.0.1:${canary.port}/`)
  const config = configOf({ cases, lanes, upstreams, selfSigned, blackHole, refusedPort })
  const closeAll = async () => {
    await Promise.all([gemini, openai, anthropic, canary, selfSigned, blackHole].map((one) => one.close()))
  }
  try {
    const gateway = await startGateway({ dataFolder, config })
    const close = () => gateway.stop('SIGINT').then(closeAll)
    return { gateway, upstreams, canary, selfSigned, close }
  } catch (error) {
    await closeAll()
    throw error
  }
}

interface Ports {
  readonly cases: readonly Case[]
  readonly lanes: RigOptions['lanes']
  readonly upstreams: Readonly<Record<FaultWire, FaultUpstream>>
  readonly selfSigned: FaultUpstream
  readonly blackHole: BlackHole
  readonly refusedPort: number
}

/** JSON is YAML. */
function configOf(ports: Ports): string {
  const upstreams: Record<string, object> = { sandbox: { kind: 'sandbox' } }
  const models: Record<string, object> = { control: { targets: [SECOND] } }
  const prices: Record<string, object> = {}
  for (const { row, cell, lane, model, upstreamModel, targets } of ports.cases) {
    upstreams[lane] ??= upstreamAt(lane, cell.wire, baseOf(ports, cell.wire, row.place))
    const first = row.isAlias ? { upstream: lane, model: upstreamModel } : lane
    models[model] = { targets: targets === 'alone' ? [first] : [first, SECOND] }
    prices[upstreamModel] = RATE
  }
  for (const { name, wire, hasSecond } of ports.lanes) {
    upstreams[name] = upstreamAt(name, wire, baseOf(ports, wire, undefined))
    models[`${name}.*`] = { targets: hasSecond ? [name, SECOND] : [name] }
  }
  return JSON.stringify({ upstreams, models, prices, ...LOG_OF_ALL, ...HEARTBEATS })
}

const SECOND = { upstream: 'sandbox', model: 'gemini-2.5-flash' }
const RATE = { inputUsdPerMillion: 1000, outputUsdPerMillion: 2000 }
/** Often enough to come in between wherever they could. */
const HEARTBEATS = { server: { timeouts: { heartbeat: `${HEARTBEAT_MS}ms` } } }
const LOG_OF_ALL = { log: { level: 'info' } }

const TIMEOUTS = {
  connect: `${CONNECT_MS}ms`,
  firstByte: `${FIRST_BYTE_MS}ms`,
  streamFirstByte: `${FIRST_BYTE_MS}ms`,
  streamIdle: `${IDLE_MS}ms`,
  streamTotal: `${TOTAL_MS}ms`,
}

function upstreamAt(name: string, wire: FaultWire, base: string): object {
  const shared = { kind: wire, keys: [`${CANARY}-${name}`], timeouts: TIMEOUTS }
  if (wire !== 'openai') return { ...shared, baseUrl: base }
  return { ...shared, vendor: 'generic', flags: { api: 'chat' }, baseUrl: `${base}/v1` }
}

function baseOf(ports: Ports, wire: FaultWire, place: Place | undefined): string {
  const at = (port: number) => `http://127.0.0.1:${port}`
  const { port } = ports.upstreams[wire]
  switch (place) {
    case 'refused':
      return at(ports.refusedPort)
    case 'unresolved':
      return `http://${UNRESOLVED_HOST}`
    case 'black-hole':
      return at(ports.blackHole.port)
    case 'plain-as-tls':
      return `https://127.0.0.1:${port}`
    case 'self-signed':
      return `https://127.0.0.1:${ports.selfSigned.port}`
    case 'early':
      return `${at(port)}/early`
    default:
      return at(port)
  }
}
