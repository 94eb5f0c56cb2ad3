/** Plays each fault to each model, every time before a gateway of its own that has seen no other fault. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { type Answer, askStandIn } from './ask.ts'
import { cellOf } from './bytes.ts'
import { type Fault, well } from './faults.ts'
import { type Cell, judge } from './judge.ts'
import type { Row } from './rows.ts'
import { FAILURES_MAX, standInFor } from './stand-in.ts'
import { type FaultUpstream, startFaultUpstream } from './upstream.ts'
import { wireOf } from './wires.ts'

/** Gateways at a time; each is a database and a few sockets. */
const AT_ONCE = 4
/** How long an upstream that is well again may be left alone, and how often it is looked. */
const RECOVERY_MS_MAX = 5_000
const RECOVERY_PAUSE_MS = 25

export interface StandInGateway {
  readonly url: string
  readonly firstStart: Promise<unknown>
  shutdown(mode: 'now'): Promise<number>
}

export interface RunOptions {
  readonly config: Config
  readonly rows: readonly Row[]
  readonly faults: readonly Fault[]
  readonly start: (loaded: LoadedConfig) => Promise<StandInGateway>
  readonly onCell: (done: number, all: number) => void
}

export interface Tried {
  readonly row: Row
  /** One for each fault, in their order; none for a row in which nothing can fail. */
  readonly cells: readonly Cell[]
}

interface Case {
  readonly id: string
  readonly row: Row
  readonly fault: Fault
  isOver: boolean
}

export async function tryFaults(options: RunOptions): Promise<readonly Tried[]> {
  const { rows, faults, onCell } = options
  const cases = rows
    .filter(({ faulty }) => faulty !== undefined)
    .flatMap((row, number) =>
      faults.map((fault): Case => ({ id: `${number}-${fault.name}`, row, fault, isOver: false })),
    )
  const folder = await mkdtemp(join(tmpdir(), 'wasat-faults-'))
  const upstream = await startFaultUpstream({ play: playFor(options, cases) })
  const cells = new Map<Case, Cell>()
  try {
    const deafPort = await closedPort()
    const waiting = [...cases]
    const work = async () => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        cells.set(one, await tryOne(options, one, { folder, upstream, deafPort }))
        onCell(cells.size, cases.length)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    await upstream.close()
    await rm(folder, { recursive: true, force: true })
  }
  return rows.map((row) => ({
    row,
    cells: cases.filter((one) => one.row === row).map((one) => cells.get(one) as Cell),
  }))
}

/** The path of each request says in which case it is made, and to which upstream. */
function playFor({ config }: RunOptions, cases: readonly Case[]) {
  const byId = new Map(cases.map((one) => [one.id, one]))
  return ({ path }: { readonly path: string }) => {
    const [, id = '', name = ''] = path.split('/')
    const one = byId.get(id)
    const entry = config.upstreams[name]
    if (one === undefined || entry === undefined || entry.kind === 'sandbox') return undefined
    const isFaulty = name === one.row.faulty && !one.isOver
    const play = isFaulty ? one.fault.play : well
    return play?.(cellOf(wireOf(entry), one.fault.mode))
  }
}

interface Scene {
  readonly folder: string
  readonly upstream: FaultUpstream
  readonly deafPort: number
}

async function tryOne({ config, start }: RunOptions, one: Case, scene: Scene): Promise<Cell> {
  const { row, fault, id } = one
  const addressOf = (name: string) => {
    const isDeaf = name === row.faulty && fault.play === undefined
    return `http://127.0.0.1:${isDeaf ? scene.deafPort : scene.upstream.port}/${id}/${name}`
  }
  const standIn = standInFor(config, { folder: join(scene.folder, id), addressOf })
  const gateway = await start(standIn)
  try {
    await gateway.firstStart
    const ask = () =>
      askStandIn({ url: gateway.url, key: standIn.secrets.clientKey, model: row.model, mode: fault.mode })
    return judge(row, fault, fault.isOver ? await afterOutage(one, ask) : await ask())
  } finally {
    await gateway.shutdown('now')
  }
}

/** Fails until the breaker is open, then is well: the first answer of that very upstream, and how long it took to come. */
async function afterOutage(one: Case, ask: () => Promise<Answer>): Promise<Answer> {
  for (let asked = 0; asked < FAILURES_MAX; asked++) await ask()
  one.isOver = true
  const overAtMs = performance.now()
  for (;;) {
    const answer = await ask()
    const tookMs = performance.now() - overAtMs
    const isBack = answer.upstream?.split('/')[0] === one.row.faulty && answer.status === 200
    if (isBack || tookMs > RECOVERY_MS_MAX) return { ...answer, tookMs }
    await new Promise((resolve) => setTimeout(resolve, RECOVERY_PAUSE_MS))
  }
}

/** A port that was somebody's a moment ago: a connection to it is refused. */
export function closedPort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer().on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
  })
  return promise
}
