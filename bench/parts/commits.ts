/** Times every COMMIT of the store while it works: nothing outside of the driver sees where a commit begins. */
import { StatementSync } from 'node:sqlite'
import { cpuMicros } from './cpu.ts'

export interface CommitTime {
  /** How long it held the event loop, waiting for the disk included. */
  readonly wallMicros: number
  readonly cpuMicros: number
}

type Run = StatementSync['run']

export async function timeCommits(work: () => Promise<unknown>): Promise<readonly CommitTime[]> {
  const times: CommitTime[] = []
  const run: Run = StatementSync.prototype.run
  const timed = function (this: StatementSync, ...values: Parameters<Run>): ReturnType<Run> {
    if (this.sourceSQL !== 'COMMIT') return run.apply(this, values)
    const cpuBefore = cpuMicros()
    const startedAtMs = performance.now()
    const result = run.apply(this, values)
    const wallMicros = (performance.now() - startedAtMs) * 1_000
    times.push({ wallMicros, cpuMicros: cpuMicros() - cpuBefore })
    return result
  }
  StatementSync.prototype.run = timed as Run
  try {
    await work()
  } finally {
    StatementSync.prototype.run = run
  }
  if (times.length === 0)
    throw new Error('No commit was seen: the store ends its transactions in another way')
  return times
}
