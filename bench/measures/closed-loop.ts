/** CPU time per request, and per stream that comes as one burst. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClosedLoop } from '../load/tasks.ts'
import { cpuTimeMs } from '../proc.ts'
import type { Running } from '../subjects/subject.ts'
import type { Bench, Figures, Started } from './bench.ts'

const CONNECTIONS = 64
const WARM_UP_SHARE = 0.1
/** What a gateway does after the last byte (its log, its books) counts as well. */
const AFTERMATH_MS = 50

interface ClosedLoopCost extends ClosedLoop {
  readonly cpuMicros: number
  readonly perSecond: number
  readonly mockBusyShare: number
}

/** Over 64 connections that ask again and again. */
export async function measureCost(
  bench: Bench,
  running: Running,
  request: Buffer,
  requests: number,
): Promise<ClosedLoopCost> {
  const target = { port: running.port, request }
  const warmUp = Math.ceil(requests * WARM_UP_SHARE)
  await bench.load.ask({ kind: 'prepare', ...target, connections: CONNECTIONS, warmUp })
  const pids = running.pids()
  const cpuBeforeMs = cpuTimeMs(pids)
  const mockBeforeMs = cpuTimeMs([bench.mock.pid])
  const loop = await bench.load.ask<ClosedLoop>({ kind: 'run', requests })
  const mockMs = cpuTimeMs([bench.mock.pid]) - mockBeforeMs
  await sleep(AFTERMATH_MS)
  const cpuMs = cpuTimeMs(pids) - cpuBeforeMs
  await bench.load.ask({ kind: 'close' })
  if (loop.failures > 0) throw new Error(`${loop.failures} of ${loop.answers} answers failed`)
  return {
    ...loop,
    cpuMicros: (cpuMs * 1000) / loop.answers,
    perSecond: (loop.answers * 1000) / loop.elapsedMs,
    mockBusyShare: mockMs / loop.elapsedMs,
  }
}

export async function measureUnary(bench: Bench, { subject, running }: Started): Promise<Figures> {
  const requests = Math.round(bench.plan.unaryRequests / subject.shareOfRequests)
  const cost = await measureCost(bench, running, running.request('bench-unary'), requests)
  const { cpuMicros, perSecond, mockBusyShare } = cost
  return { unaryCpuMicros: cpuMicros, unaryPerSecond: perSecond, unaryMockBusyShare: mockBusyShare }
}

export async function measureBurst(bench: Bench, { subject, running }: Started): Promise<Figures> {
  const requests = Math.round(bench.plan.burstRequests / subject.shareOfRequests)
  const cost = await measureCost(bench, running, running.request('bench-burst'), requests)
  const { cpuMicros, perSecond, mockBusyShare } = cost
  return { burstCpuMicros: cpuMicros, burstPerSecond: perSecond, burstMockBusyShare: mockBusyShare }
}
