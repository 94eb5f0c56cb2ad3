/** CPU time per event, when events come one by one on many open streams. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counted } from '../load/tasks.ts'
import { cpuTimeMs } from '../proc.ts'
import { DRIP_INTERVAL_MS } from '../wire.ts'
import type { Bench, Figures, Started } from './bench.ts'

/** Spreads the streams' beats over the interval, so that events arrive one at a time. */
const SPACING_MS = 2
const LEAD_MS = 300
/** A peer that opens slowly must not run out of events within the window. */
const SLACK_MS = 900

export async function measureDrip(bench: Bench, { running }: Started): Promise<Figures> {
  const { dripStreams, dripWindowMs } = bench.plan
  const lifeMs = dripStreams * SPACING_MS + LEAD_MS + dripWindowMs + SLACK_MS
  const dripEvents = Math.ceil(lifeMs / DRIP_INTERVAL_MS)
  await bench.mock.ask({ dripEvents })
  const target = { port: running.port, request: running.request('bench-drip') }
  await bench.load.ask({ kind: 'open', ...target, streams: dripStreams, spacingMs: SPACING_MS })
  await sleep(LEAD_MS)
  const before = await bench.load.ask<Counted>({ kind: 'count' })
  const pids = running.pids()
  const cpuBeforeMs = cpuTimeMs(pids)
  await sleep(dripWindowMs)
  const cpuMs = cpuTimeMs(pids) - cpuBeforeMs
  const after = await bench.load.ask<Counted>({ kind: 'count' })
  const drained = await bench.load.ask<Counted>({ kind: 'drain' })
  await bench.load.ask({ kind: 'close' })
  if (after.ended > 0) throw new Error(`${after.ended} streams ended within the window`)
  checkWhole(drained, dripStreams, dripEvents)
  return { dripCpuMicrosPerEvent: (cpuMs * 1000) / (after.events - before.events) }
}

function checkWhole(drained: Counted, streams: number, events: number): void {
  if (drained.failures > 0 || drained.ended !== streams) {
    throw new Error(`Of ${streams} streams ${drained.ended} ended and ${drained.failures} broke`)
  }
  if (drained.fewestEvents < events) {
    throw new Error(`A stream brought ${drained.fewestEvents} of ${events} events`)
  }
}
