/** What it costs when Wasat answers by itself: CPU time of a unary answer and of a streamed event, memory, a program. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClosedLoop } from '../load/tasks.ts'
import { residentKib } from '../proc.ts'
import { median } from '../statistics.ts'
import type { Running } from '../subjects/subject.ts'
import { startSandbox } from '../subjects/wasat.ts'
import { type SandboxQuestion, sandboxRequest } from '../wire.ts'
import type { Bench, Figures } from './bench.ts'
import { measureCost } from './closed-loop.ts'
import { askOnce, type Exchange } from './verify.ts'

/** As before the figure for open streams: the code paths are open, and no load has made the heap grow. */
const FIRST_REQUESTS = { connections: 8, warmUp: 200 }
const WARM_UP = { connections: 64, warmUp: 6_000 }
const REST_MS = 1_000
/** After a program the next interpreter needs this long at most to be ready. */
const REFILL_MS = 2_500

/** A fresh process each time, because Python is to begin when the other figures are taken. */
export async function measureSandbox(bench: Bench): Promise<Figures> {
  const running = await startSandbox({ mockPort: bench.mockPort, folder: bench.newFolder('sandbox') })
  try {
    const { sandboxRequests, sandboxStreams } = bench.plan
    const events = await verify(running)
    await warmUp(bench, running, FIRST_REQUESTS)
    await sleep(REST_MS)
    const sandboxMib = residentKib(running.pids()) / 1024
    await warmUp(bench, running, WARM_UP)
    const unary = await measureCost(bench, running, sandboxRequest(running.port, 'unary'), sandboxRequests)
    const stream = await measureCost(bench, running, sandboxRequest(running.port, 'stream'), sandboxStreams)
    const sandboxCodeMs = await measurePrograms(bench, running)
    return {
      sandboxUnaryCpuMicros: unary.cpuMicros,
      sandboxEventCpuMicros: stream.cpuMicros / events,
      sandboxMib,
      sandboxCodeMs,
    }
  } finally {
    await running.stop()
  }
}

async function ask({ port }: Running, question: SandboxQuestion): Promise<Exchange> {
  const exchange = await askOnce(port, sandboxRequest(port, question))
  if (exchange.status === 200) return exchange
  throw new Error(`The sandbox answered ${question} with ${exchange.status}\n${exchange.text.slice(0, 800)}`)
}

/** How many events the stream has, which is the same each time. */
async function verify(running: Running): Promise<number> {
  const { body } = await ask(running, 'unary')
  if (!body.includes('"finishReason"')) throw new Error(`The sandbox gave no whole answer:\n${body}`)
  const { events } = await ask(running, 'stream')
  if (events < 2) throw new Error(`The sandbox streamed ${events} events`)
  return events
}

async function warmUp(bench: Bench, { port }: Running, amount: typeof WARM_UP): Promise<void> {
  for (const question of ['unary', 'stream'] as const) {
    await bench.load.ask({ kind: 'prepare', port, request: sandboxRequest(port, question), ...amount })
  }
  await bench.load.ask({ kind: 'close' })
}

/** The first program starts everything that is needed and is not counted. */
async function measurePrograms(bench: Bench, running: Running): Promise<number> {
  const { body } = await ask(running, 'code')
  if (!body.includes('OUTCOME_OK')) throw new Error(`The sandbox ran no program:\n${body.slice(0, 800)}`)
  const request = sandboxRequest(running.port, 'code')
  await bench.load.ask({ kind: 'prepare', port: running.port, request, connections: 1, warmUp: 0 })
  const times: number[] = []
  for (let count = 0; count < bench.plan.sandboxPrograms; count++) {
    await sleep(REFILL_MS)
    const { elapsedMs, failures } = await bench.load.ask<ClosedLoop>({ kind: 'run', requests: 1 })
    if (failures > 0) throw new Error('A program failed')
    times.push(elapsedMs)
  }
  await bench.load.ask({ kind: 'close' })
  return median(times)
}
