import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DoctorCheck } from './doctor-check.ts'

const NODE_MAJOR_MIN = 24
/** This program is younger than that, so a clock before it is wrong. */
const CLOCK_MIN = Date.UTC(2026, 0, 1)
const CLOCK_MAX = Date.UTC(2100, 0, 1)
/** Files of the data folder that are younger than now by more than this mean that the clock went back. */
const CLOCK_BACK_MAX_MS = 60_000

export function checkNode(version: string): DoctorCheck {
  const isNew = Number(version.split('.')[0]) >= NODE_MAJOR_MIN
  const detail = `Node ${version}`
  if (isNew) return { name: 'node', state: 'ok', detail }
  return { name: 'node', state: 'fail', detail, next: `install Node ${NODE_MAJOR_MIN} or newer` }
}

/** `nowMs` is the wall clock; budgets and time stamps depend on it. */
export function checkClock(nowMs: number, dataFolder: string | undefined): DoctorCheck {
  const name = 'clock'
  const detail = `the system clock says ${new Date(nowMs).toISOString()}`
  const next = 'set the clock, for example with NTP'
  if (nowMs < CLOCK_MIN || nowMs > CLOCK_MAX) return { name, state: 'fail', detail, next }
  const written = dataFolder === undefined ? undefined : lastWritten(dataFolder)
  if (written === undefined || written <= nowMs + CLOCK_BACK_MAX_MS) return { name, state: 'ok', detail }
  const behind = `${detail}, but the data was written at ${new Date(written).toISOString()}`
  return { name, state: 'warn', detail: behind, next }
}

function lastWritten(dataFolder: string): number | undefined {
  const times = ['wasat.db', 'wasat.db-wal'].map((file) => {
    const stats = statSync(join(dataFolder, file), { throwIfNoEntry: false })
    return stats?.mtimeMs ?? 0
  })
  const last = Math.max(...times)
  return last > 0 ? last : undefined
}
