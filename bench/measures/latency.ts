/** Latency at a modest fixed rate; what the proxy adds is the difference to the mock upstream asked directly. */
import type { OpenLoop, Target } from '../load/tasks.ts'
import { geminiRequest } from '../wire.ts'
import type { Bench, Figures, Started } from './bench.ts'

export const REQUESTS_PER_SECOND = 200

export async function measureLatency(bench: Bench, { running }: Started): Promise<Figures> {
  return await figuresOf(bench, running.port, running.request('bench-unary'))
}

export async function measureDirectLatency(bench: Bench): Promise<Figures> {
  return await figuresOf(bench, bench.mockPort, geminiRequest(bench.mockPort, 'bench-unary'))
}

async function figuresOf(bench: Bench, port: number, request: Buffer): Promise<Figures> {
  const seconds = bench.plan.latencySeconds
  const loop = await measureRate(bench, { port, request, perSecond: REQUESTS_PER_SECOND, seconds })
  return { latencyP50Ms: loop.p50Ms, latencyP99Ms: loop.p99Ms }
}

export interface Rate extends Target {
  readonly perSecond: number
  readonly seconds: number
}

/** Open loop: the next request goes out when it is due. Throws when an answer fails. */
export async function measureRate(bench: Bench, rate: Rate): Promise<OpenLoop> {
  const loop = await bench.load.ask<OpenLoop>({ kind: 'rate', ...rate })
  if (loop.failures > 0) throw new Error(`${loop.failures} of ${loop.answers} answers failed`)
  return loop
}
