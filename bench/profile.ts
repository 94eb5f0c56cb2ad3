/**
 * Where Wasat's time goes: runs it under V8's CPU profiler during one workload and prints the functions and the
 * places with the most time of their own. `node bench/profile.ts --workload unary`
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { guardChildren, killAll } from './children.ts'
import { type CpuProfile, IDLE, type SelfTime, selfTimes, timesByPlace } from './cpu-profile.ts'
import { type SideProcess, startSideProcess } from './ipc.ts'
import type { ClosedLoop, Counted, LoadQuestion } from './load/tasks.ts'
import type { MockRequest } from './mock/main.ts'
import { MONEY_SETTINGS } from './money.ts'
import type { Running } from './subjects/subject.ts'
import { translatedConfiguration } from './subjects/translated.ts'
import { startWasat, wasat } from './subjects/wasat.ts'
import { DRIP_INTERVAL_MS } from './wire.ts'

const HELP = `Profiles Wasat during one workload.

  --workload NAME   unary, burst or drip
  --translated      before a server that speaks Chat Completions instead of Gemini's own wire
  --money NAME      plain, limits, budgets or all (default all): what stands over the key
  --seconds N       how long it is profiled (default 6, at most 60)
  --top N           how many functions are printed (default 40)
  --keep FILE       keeps the .cpuprofile, for a viewer
`

const CONNECTIONS = 64
const BATCH = 2_000
const WARM_UP = 10_000
const DRIP_STREAMS = 300
const DRIP_SPACING_MS = 2
const SAMPLE_INTERVAL_MICROS = 200
const SECONDS_MAX = 60
const PLACES = 16
/** The profile is written when the process ends, which takes it a while. */
const STOP_PATIENCE_MS = 30_000

type Workload = 'unary' | 'burst' | 'drip'

interface Window {
  readonly fromMicros: number
  readonly toMicros: number
  /** Requests, streams or events within the window. */
  readonly count: number
}

function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

async function closedWindow(
  load: SideProcess<LoadQuestion>,
  running: Running,
  model: 'bench-unary' | 'bench-burst',
  ms: number,
) {
  const target = { port: running.port, request: running.request(model) }
  await load.ask({ kind: 'prepare', ...target, connections: CONNECTIONS, warmUp: WARM_UP })
  const fromMicros = monotonicMicros()
  let count = 0
  while (monotonicMicros() - fromMicros < ms * 1000) {
    const loop = await load.ask<ClosedLoop>({ kind: 'run', requests: BATCH })
    if (loop.failures > 0) throw new Error(`${loop.failures} of ${loop.answers} answers failed`)
    count += loop.answers
  }
  return { fromMicros, toMicros: monotonicMicros(), count }
}

async function dripWindow(
  load: SideProcess<LoadQuestion>,
  mock: SideProcess<MockRequest>,
  running: Running,
  ms: number,
) {
  const lifeMs = DRIP_STREAMS * DRIP_SPACING_MS + ms + 2_000
  await mock.ask({ dripEvents: Math.ceil(lifeMs / DRIP_INTERVAL_MS) })
  const target = { port: running.port, request: running.request('bench-drip') }
  await load.ask({ kind: 'open', ...target, streams: DRIP_STREAMS, spacingMs: DRIP_SPACING_MS })
  const before = await load.ask<Counted>({ kind: 'count' })
  const fromMicros = monotonicMicros()
  await sleep(ms)
  const toMicros = monotonicMicros()
  const after = await load.ask<Counted>({ kind: 'count' })
  await load.ask({ kind: 'drain' })
  return { fromMicros, toMicros, count: after.events - before.events }
}

/** The profile of the process that worked the most: a launcher has one as well. */
function readProfile(folder: string, keep: string | undefined): CpuProfile {
  const files = readdirSync(folder).map((name) => join(folder, name))
  const [largest] = files.sort((left, right) => statSync(right).size - statSync(left).size)
  if (largest === undefined) throw new Error('Wasat ended without writing a profile')
  if (keep !== undefined) copyFileSync(largest, keep)
  return JSON.parse(readFileSync(largest, 'utf8')) as CpuProfile
}

function printTable(title: string, times: readonly SelfTime[], busyMicros: number, count: number): void {
  process.stdout.write(`\n${title}\n   µs each    share\n`)
  for (const { name, micros } of times) {
    const each = (micros / count).toFixed(2).padStart(10)
    process.stdout.write(`${each}  ${((micros * 100) / busyMicros).toFixed(1).padStart(5)} %  ${name}\n`)
  }
}

function print(workload: Workload, profile: CpuProfile, window: Window, top: number): void {
  const all = selfTimes(profile, window.fromMicros, window.toMicros)
  const busy = all.filter(({ name }) => name !== IDLE)
  const busyMicros = busy.reduce((sum, { micros }) => sum + micros, 0)
  const unit = { unary: 'requests', burst: 'streams', drip: 'events' }[workload]
  const share = ((busyMicros * 100) / (window.toMicros - window.fromMicros)).toFixed(0)
  const each = (busyMicros / window.count).toFixed(1)
  process.stdout.write(
    `${window.count} ${unit}; the main thread was busy ${share} % of the time, ${each} µs each\n`,
  )
  printTable(`By place (the first ${PLACES})`, timesByPlace(busy).slice(0, PLACES), busyMicros, window.count)
  printTable(`By function (the first ${top})`, busy.slice(0, top), busyMicros, window.count)
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', default: 'unary' },
      money: { type: 'string', default: 'all' },
      seconds: { type: 'string', default: '6' },
      top: { type: 'string', default: '40' },
      keep: { type: 'string' },
      translated: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { workload } = values
  const money = MONEY_SETTINGS.find((setting) => setting === values.money)
  if (money === undefined) throw new Error(HELP)
  if (workload !== 'unary' && workload !== 'burst' && workload !== 'drip') throw new Error(HELP)
  const [seconds, top] = [Number(values.seconds), Number(values.top)]
  if (!(seconds > 0 && seconds <= SECONDS_MAX && top > 0)) throw new Error(HELP)
  const { keep, help, translated } = values
  return { workload: workload as Workload, money, seconds, top, keep, help, translated }
}

async function profileWasat(): Promise<void> {
  const { workload, money, seconds, top, keep, help, translated } = readOptions()
  if (help) return void process.stdout.write(HELP)
  const missing = wasat.missing()
  if (missing !== undefined) throw new Error(missing)
  const root = mkdtempSync(join(tmpdir(), 'wasat-profile-'))
  guardChildren(() => rmSync(root, { recursive: true, force: true }))
  const profiles = join(root, 'profiles')
  const folder = join(root, 'wasat')
  for (const each of [profiles, folder]) mkdirSync(each)
  const [mock, { port }] = await startSideProcess<MockRequest, { port: number }>(
    new URL('./mock/main.ts', import.meta.url),
  )
  const [load] = await startSideProcess<LoadQuestion, unknown>(new URL('./load/main.ts', import.meta.url))
  const flags = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${SAMPLE_INTERVAL_MICROS}`]
  const running = await startWasat(
    { mockPort: port, folder },
    {
      environment: { NODE_OPTIONS: flags.join(' ') },
      money,
      ...(translated && { config: translatedConfiguration(port) }),
    },
  )
  const window =
    workload === 'drip'
      ? await dripWindow(load, mock, running, seconds * 1000)
      : await closedWindow(load, running, `bench-${workload}`, seconds * 1000)
  await load.ask({ kind: 'close' })
  await running.stop(STOP_PATIENCE_MS)
  print(workload, readProfile(profiles, keep), window, top)
}

try {
  await profileWasat()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
killAll()
