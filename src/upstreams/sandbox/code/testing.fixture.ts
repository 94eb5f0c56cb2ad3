/** What the tests of code execution share. */
import { performance } from 'node:perf_hooks'
import './kept-snapshots.fixture.ts'
import type { CodeResult } from './interpreter.ts'
import type { Python } from './pool.ts'

export const NEVER = new AbortController().signal

export function run(python: Python, code: string): Promise<CodeResult> {
  return python.run(code, NEVER)
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Asks again and again, because no event tells of another process; false when it did not come true in time. */
export async function comesTrue(what: () => boolean, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs
  while (performance.now() < until) {
    if (what()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return what()
}
