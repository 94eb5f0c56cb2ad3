/** Who runs when: a few batches at one time, and of all of them together a few requests. */

import { findCaller } from '../../nouns/caller.ts'
import type { Directory } from '../../nouns/directory.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Change } from '../changes.ts'
import type { ResourceParts } from '../parts.ts'
import { BATCH_INPUTS, inputNameOf, type Progress } from './batch.ts'
import { type Job, type RunParts, runBatch, type StopReason } from './run.ts'
import type { LineRun, Perform } from './run-line.ts'
import { createSlots } from './slots.ts'

/** Requests of all batches together that are asked at one time. */
export const REQUESTS_AT_ONCE = 4
const RUNNING_MAX = 16
/** So that one key's batches do not keep all others waiting. */
const RUNNING_PER_KEY_MAX = 4
/** Rows of one step while a start looks for what is left to do. */
const STEP_ROWS = 100

export interface BatchRunner {
  add(row: ResourceRow): void
  /** How far a batch has come that runs at this moment. */
  progressOf(row: ResourceRow): Progress | undefined
  /** Resolves when it is over. */
  cancel(row: ResourceRow): Promise<void>
  /** Takes up what the process before this one left. */
  resume(): Promise<void>
  /** Begins no request any more. */
  drain(): void
  /** Resolves when nothing runs any more; what is not over goes on at the next start. */
  close(): Promise<void>
}

export interface RunnerOptions {
  readonly parts: ResourceParts
  readonly change: Change
  readonly directory: Pick<Directory, 'getKey' | 'findKeyByDigest' | 'listKeys'>
  readonly perform: Perform
  readonly pause: LineRun['pause']
  onFailure(error: unknown): void
}

export function createBatchRunner(options: RunnerOptions): BatchRunner {
  const { parts, change, directory, perform, pause, onFailure } = options
  const waiting: Job[] = []
  const running = new Map<string, Job>()
  const slots = createSlots(REQUESTS_AT_ONCE)
  const run: RunParts = {
    parts,
    change,
    slots,
    perform,
    pause,
    callerOf: (keyId) => findCaller(directory, keyId),
  }
  let isDraining = false

  function startNext(): void {
    while (!isDraining && running.size < RUNNING_MAX) {
      const at = waiting.findIndex(({ keyId }) => runningOf(keyId) < RUNNING_PER_KEY_MAX)
      const [job] = at < 0 ? [] : waiting.splice(at, 1)
      if (job === undefined) return
      begin(job)
    }
  }

  function begin(job: Job): void {
    running.set(idOf(job), job)
    job.over = runBatch(run, job)
      .catch(onFailure)
      .finally(() => {
        running.delete(idOf(job))
        startNext()
      })
  }

  function runningOf(keyId: string): number {
    let count = 0
    for (const job of running.values()) if (job.keyId === keyId) count++
    return count
  }

  function add({ keyId, name, createdAt }: ResourceRow): void {
    const controller = new AbortController()
    waiting.push({ keyId, name, createdAt, controller, progress: undefined, over: Promise.resolve() })
    startNext()
  }

  async function cancel(row: ResourceRow): Promise<void> {
    const at = waiting.findIndex((job) => idOf(job) === idOf(row))
    const [job = running.get(idOf(row))] = at < 0 ? [] : waiting.splice(at, 1)
    if (job === undefined) return
    job.controller.abort('cancelled' satisfies StopReason)
    // One that has not begun has only its end left to run, and needs no turn for that.
    if (at >= 0) begin(job)
    await job.over
  }

  async function resume(): Promise<void> {
    const found: ResourceRow[] = []
    for (const { id } of await directory.listKeys()) found.push(...(await leftOf(parts, id)))
    for (const row of found.sort((one, other) => one.createdAt - other.createdAt)) add(row)
  }

  return {
    add,
    progressOf: (row) => running.get(idOf(row))?.progress,
    cancel,
    resume,
    drain: () => {
      isDraining = true
      slots.close()
    },
    close: async () => {
      isDraining = true
      slots.close()
      for (const { controller } of running.values()) controller.abort('closing' satisfies StopReason)
      await Promise.all([...running.values()].map(({ over }) => over))
    },
  }
}

function idOf({ keyId, name }: Pick<Job, 'keyId' | 'name'>): string {
  return `${keyId} ${name}`
}

/** Batches of a key that are not over. */
async function leftOf({ table }: ResourceParts, keyId: string): Promise<ResourceRow[]> {
  const left: ResourceRow[] = []
  let after: ResourceRow | undefined
  do {
    const works = await table.list({ keyId, collection: BATCH_INPUTS, after, limit: STEP_ROWS })
    for (const work of works) {
      const name = work.name.slice(0, work.name.length - inputNameOf('').length)
      const batch = await table.get(keyId, name)
      // Without one the process died while the batch was made: nobody was told its name.
      if (batch !== undefined) left.push(batch)
    }
    after = works.length < STEP_ROWS ? undefined : works.at(-1)
  } while (after !== undefined)
  return left
}
