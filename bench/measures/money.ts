/** What money costs: Wasat with nothing over its key, with limits, with budgets, with both, and without a disk. */
import { type SideProcess, startSideProcess } from '../ipc.ts'
import type { MoneySetting } from '../money.ts'
import type { PartsQuestion } from '../parts/names.ts'
import type { Running } from '../subjects/subject.ts'
import { startWasat } from '../subjects/wasat.ts'
import type { Bench, Figures } from './bench.ts'
import { measureCost } from './closed-loop.ts'
import { measureRate } from './latency.ts'
import { verifyMoney } from './verify.ts'
import { warmUp } from './warm-up.ts'

export const MONEY_REQUESTS_PER_SECOND = 1_000

const CONNECTIONS = 64
/** They are asked one thing only, and there are five of them: so much less than the subjects are warmed. */
const WARM_UP_SHARE = 6

/** `memory` has everything on like `all`, and its data folder in memory: there an fsync costs nothing. */
export type VariantName = `wasat-${MoneySetting | 'memory'}`

export const VARIANT_NAMES = [
  'wasat-plain',
  'wasat-limits',
  'wasat-budgets',
  'wasat-all',
  'wasat-memory',
] as const

const SETTINGS: Readonly<Record<VariantName, MoneySetting>> = {
  'wasat-plain': 'plain',
  'wasat-limits': 'limits',
  'wasat-budgets': 'budgets',
  'wasat-all': 'all',
  'wasat-memory': 'all',
}

export interface Variant {
  readonly name: VariantName
  readonly running: Running
}

/** Who is needed to measure money. */
export interface MoneyPlayers {
  readonly variants: readonly Variant[]
  readonly parts: SideProcess<PartsQuestion>
}

export async function startMoneyPlayers(bench: Bench): Promise<MoneyPlayers> {
  const variants = await startVariants(bench)
  const [parts] = await startSideProcess<PartsQuestion, unknown>(new URL('../parts/main.ts', import.meta.url))
  return { variants, parts }
}

/** All of them, warmed alike: a process that has seen other work has other code in its compilers. */
async function startVariants(bench: Bench): Promise<readonly Variant[]> {
  const variants: Variant[] = []
  const unaryRequests = Math.round(bench.plan.warmUpRequests / WARM_UP_SHARE)
  for (const name of VARIANT_NAMES) {
    if (name === 'wasat-memory' && bench.newMemoryFolder === undefined) continue
    const running = await startVariant(bench, name)
    await verifyMoney(running, SETTINGS[name])
    await warmUp(bench, running, { connections: CONNECTIONS, unaryRequests, burstRequests: 0 })
    variants.push({ name, running })
  }
  return variants
}

function startVariant(bench: Bench, name: VariantName): Promise<Running> {
  const place = { mockPort: bench.mockPort, folder: bench.newFolder(name) }
  const dataFolder = name === 'wasat-memory' ? bench.newMemoryFolder?.('data') : undefined
  return startWasat(place, { money: SETTINGS[name], ...(dataFolder !== undefined && { dataFolder }) })
}

/** As the unary workload does it. */
export async function measureMoneyCost(
  bench: Bench,
  running: Running,
  shareOfRequests: number,
): Promise<Figures> {
  const requests = Math.round(bench.plan.moneyRequests / shareOfRequests)
  const { cpuMicros } = await measureCost(bench, running, running.request('bench-unary'), requests)
  return { moneyCpuMicros: cpuMicros }
}

export async function measureMoneyLatency(bench: Bench, { running }: Variant): Promise<Figures> {
  const request = running.request('bench-unary')
  const { p50Ms, p99Ms } = await measureRate(bench, {
    ...{ port: running.port, request },
    ...{ perSecond: MONEY_REQUESTS_PER_SECOND, seconds: bench.plan.moneyLatencySeconds },
  })
  return { moneyP50Ms: p50Ms, moneyP99Ms: p99Ms }
}

/** In a process of its own, on an empty data folder. */
export async function measureParts(bench: Bench, parts: SideProcess<PartsQuestion>): Promise<Figures> {
  const { partRepetitions: repetitions } = bench.plan
  return await parts.ask<Figures>({ folder: bench.newFolder('parts'), repetitions })
}
