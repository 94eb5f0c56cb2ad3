/** Removes what has expired, a few rows at a time, and at the start what a crash left behind. */
import { forget, type ResourceParts } from './parts.ts'

const SWEEP_MS = 60_000
/** Rows of one step; another one follows at once while there is more, up to `STEPS_MAX`. */
const STEP_ROWS = 100
const STEPS_MAX = 100

export interface SweeperOptions {
  readonly parts: ResourceParts
  /** Whether a request is at work on the row at this moment. */
  isBusy(rowName: string): boolean
  onFailure(error: unknown): void
}

export interface Sweeper {
  /** Resolves when everything that has expired by now is gone. */
  sweep(): Promise<void>
  /** Resolves when no sweep is under way any more. */
  close(): Promise<void>
}

export function createSweeper({ parts, isBusy, onFailure }: SweeperOptions): Sweeper {
  const { table, blobs, now } = parts
  let isClosed = false

  async function sweep(): Promise<void> {
    for (let step = 0; step < STEPS_MAX && !isClosed; step++) {
      const rows = await table.expired(now(), STEP_ROWS)
      const free = rows.filter((row) => !isBusy(row.name))
      for (const row of free) await forget(parts, row)
      if (rows.length < STEP_ROWS || free.length === 0) return
    }
  }

  const safely = (work: () => Promise<void>) => work().catch((error) => void (isClosed || onFailure(error)))
  let running = safely(async () => {
    await blobs.removeOrphans(async (blob) => isClosed || (await table.findByBlob(blob)) !== undefined)
    await sweep()
  })
  const timer = setInterval(() => {
    // One after the other: a slow disk must not gather them.
    running = running.then(() => safely(sweep))
  }, SWEEP_MS)
  timer.unref()

  return {
    sweep: () => {
      running = running.then(() => safely(sweep))
      return running
    },
    close: async () => {
      isClosed = true
      clearInterval(timer)
      await running
    },
  }
}
