/** Memory per open stream: resident memory with many slow streams open, less that of the warm process. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counted } from '../load/tasks.ts'
import { residentKib } from '../proc.ts'
import { median } from '../statistics.ts'
import type { Running, Subject } from '../subjects/subject.ts'
import { HOLD_INTERVAL_MS } from '../wire.ts'
import type { Bench, Figures } from './bench.ts'
import { warmUp } from './warm-up.ts'

/** Opens the connections' code paths and no more: a process that was warmed for long would take streams out of its own slack. */
const WARM_UP = { connections: 8, unaryRequests: 200, burstRequests: 50 }
const REST_MS = 1_000
const SPACING_MS = 1
const SAMPLE_INTERVAL_MS = 250
/** Settled: over one whole beat of the streams, memory moved by less than this share of its growth. */
const SETTLED_SHARE = 0.02
const SETTLE_MAX_MS = 5_000
/** The figure is taken; the upstream half of streams without clients is of no interest. */
const STOP_PATIENCE_MS = 300

/** A fresh process each time, because a heap that once grew does not shrink. */
export async function measureMemory(bench: Bench, subject: Subject): Promise<Figures> {
  const folder = bench.newFolder(`${subject.name}-memory`)
  const running = await subject.start({ mockPort: bench.mockPort, folder })
  try {
    await warmUp(bench, running, WARM_UP)
    await sleep(REST_MS)
    const baseKib = residentKib(running.pids())
    const target = { port: running.port, request: running.request('bench-hold') }
    const streams = bench.plan.heldStreams
    await bench.load.ask({ kind: 'open', ...target, streams, spacingMs: SPACING_MS })
    const settledKib = await untilSettled(running, baseKib)
    const held = await bench.load.ask<Counted>({ kind: 'count' })
    if (held.open !== streams) throw new Error(`Only ${held.open} of ${streams} streams stayed open`)
    return { streamKib: (settledKib - baseKib) / streams, idleMib: baseKib / 1024 }
  } finally {
    await bench.load.ask({ kind: 'close' })
    await running.stop(STOP_PATIENCE_MS)
  }
}

async function untilSettled(running: Running, baseKib: number): Promise<number> {
  const window = Math.ceil(HOLD_INTERVAL_MS / SAMPLE_INTERVAL_MS)
  const samples: number[] = []
  for (let passedMs = 0; passedMs < SETTLE_MAX_MS; passedMs += SAMPLE_INTERVAL_MS) {
    await sleep(SAMPLE_INTERVAL_MS)
    samples.push(residentKib(running.pids()))
    const last = samples.slice(-window)
    const moved = Math.max(...last) - Math.min(...last)
    if (last.length === window && moved < (median(last) - baseKib) * SETTLED_SHARE) break
  }
  return median(samples.slice(-window))
}
