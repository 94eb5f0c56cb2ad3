/** One batch from its first request that has not run to its end. */
import { GatewayError } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Caller } from '../../nouns.ts'
import type { Change } from '../changes.ts'
import { FILES } from '../files/file.ts'
import { type RpcStatus, rpcStatusOf } from '../operations/operation.ts'
import { isExpired } from '../pages.ts'
import { forget, type ResourceParts } from '../parts.ts'
import {
  BATCH_RUN_MS,
  type BatchDocument,
  type BatchState,
  batchDocumentOf,
  inputNameOf,
  isOver,
  outputNameOf,
  type Progress,
  withDocument,
} from './batch.ts'
import { type Journal, openJournal } from './journal.ts'
import { countLines, type Line, type LineSource, readLines } from './lines.ts'
import { createReserve } from './reserve.ts'
import { forgetResults, storeResults } from './results.ts'
import { type LineRun, type Perform, runLine, unrunLine } from './run-line.ts'
import type { Slots } from './slots.ts'

export interface RunParts {
  readonly parts: ResourceParts
  readonly change: Change
  readonly slots: Slots
  readonly perform: Perform
  readonly pause: LineRun['pause']
  /** The key as it is now; undefined when it opens nothing any more. */
  callerOf(keyId: string): Promise<Caller | undefined>
}

/** Why a batch goes on no further. */
export type StopReason = 'cancelled' | 'expired' | 'closing'

export interface Job {
  readonly keyId: string
  readonly name: string
  readonly createdAt: number
  readonly controller: AbortController
  /** While it runs. */
  progress: Progress | undefined
  over: Promise<void>
}

const STOPPED: Readonly<Record<Exclude<StopReason, 'closing'>, { state: BatchState; error: RpcStatus }>> = {
  cancelled: { state: 'CANCELLED', error: { code: 1, message: 'The batch was cancelled.' } },
  expired: { state: 'EXPIRED', error: { code: 4, message: 'The batch did not end within 48 hours.' } },
}

/** Resolves when the batch is over, or has to wait for the next start. */
export async function runBatch(run: RunParts, job: Job): Promise<void> {
  const row = await run.parts.table.get(job.keyId, job.name)
  if (row === undefined || isOver(batchDocumentOf(row))) return forgetWork(run, job)
  try {
    await runRow(run, job, row)
  } catch (error) {
    if (job.controller.signal.reason === 'closing') return
    await finish(run, job, { state: 'FAILED', error: rpcStatusOf(error) })
  }
}

async function runRow(run: RunParts, job: Job, row: ResourceRow): Promise<void> {
  const { signal } = job.controller
  const source = await openSource(run, job, batchDocumentOf(row))
  const requestCount = batchDocumentOf(row).requestCount ?? (await countLines(source))
  const journal = await journalOf(run, job)
  job.progress = journal.progress
  try {
    const batch = await begin(run, job, requestCount)
    if (batch === undefined) return
    const isDone = await runLines(run, { job, batch, source, journal })
    const reason = signal.reason as StopReason | undefined
    if (reason === 'closing' || (reason === undefined && !isDone)) return
    if (reason !== undefined) await settleRest(run, source, journal, STOPPED[reason].error)
    job.progress = journal.progress
    const stopped = reason === undefined ? undefined : STOPPED[reason]
    await journal.close()
    await finish(run, job, { state: 'SUCCEEDED', ...stopped })
  } finally {
    await journal.close()
  }
}

async function begin(
  { change, parts }: RunParts,
  job: Job,
  requestCount: number,
): Promise<BatchDocument | undefined> {
  const row = await change(job.keyId, job.name, (current) => {
    const document = batchDocumentOf(current)
    return withDocument(current, { ...document, state: 'RUNNING', requestCount }, parts.now())
  })
  return row && batchDocumentOf(row)
}

interface Running {
  readonly job: Job
  readonly batch: BatchDocument
  readonly source: LineSource
  readonly journal: Journal
}

/** Resolves to whether every line has its result. */
async function runLines(run: RunParts, { job, batch, source, journal }: Running): Promise<boolean> {
  const { slots, parts, perform, pause } = run
  const { signal } = job.controller
  const underWay = new Set<Promise<void>>()
  const lines = readLines(source)
  let failure: unknown
  let isDone = false

  async function runOne(line: Line): Promise<void> {
    const caller = await run.callerOf(job.keyId)
    if (caller === undefined) throw keyIsGone()
    const context = { perform, pause, parseJson: parts.parseJson, batch, caller, signal }
    const { isFailed, json } = await runLine(context, line)
    await journal.append(line.index, isFailed, json)
    job.progress = journal.progress
  }

  while (failure === undefined && (await slots.take(signal))) {
    const line = await nextOf(lines, journal).catch((error) => {
      failure = error
    })
    if (line === undefined || parts.now() >= job.createdAt + BATCH_RUN_MS) {
      slots.free()
      if (line !== undefined) job.controller.abort('expired' satisfies StopReason)
      else isDone = failure === undefined
      break
    }
    const work = runOne(line)
      .catch((error) => {
        if (!signal.aborted) failure = error
      })
      .finally(() => {
        slots.free()
        underWay.delete(work)
      })
    underWay.add(work)
  }
  await Promise.all(underWay)
  if (failure !== undefined) throw failure
  return isDone
}

/** The next line that has no result. */
async function nextOf(lines: AsyncGenerator<Line, void>, journal: Journal): Promise<Line | undefined> {
  for (;;) {
    const { value } = await lines.next()
    if (value === undefined || !journal.has(value.index)) return value ?? undefined
  }
}

/** Lines whose results are written together. */
const REST_LINES = 100

/** Everything that has no result gets this one. */
async function settleRest(
  run: RunParts,
  source: LineSource,
  journal: Journal,
  error: RpcStatus,
): Promise<void> {
  let together: Promise<void>[] = []
  for await (const line of readLines(source)) {
    if (journal.has(line.index)) continue
    const { json } = unrunLine(run.parts.parseJson, line, error)
    together.push(journal.append(line.index, true, json))
    if (together.length < REST_LINES) continue
    await Promise.all(together)
    together = []
  }
  await Promise.all(together)
}

/** Where the requests are: in a blob of the batch's own, or in the client's file. */
async function openSource(
  { parts }: RunParts,
  { keyId, name }: Job,
  { fileName }: BatchDocument,
): Promise<LineSource> {
  const row = await parts.table.get(keyId, fileName ?? inputNameOf(name))
  const { blob } = row ?? {}
  const isGone = row === undefined || (row.collection === FILES && isExpired(row, parts.now()))
  if (isGone || blob === undefined) {
    throw new GatewayError('failed_precondition', `The input file ${fileName} does not exist any more.`)
  }
  return { sizeBytes: row.sizeBytes, read: (start, end) => parts.blobs.read(blob, start, end) }
}

async function journalOf({ parts }: RunParts, { keyId, name }: Job): Promise<Journal> {
  const row = await parts.table.get(keyId, outputNameOf(name))
  const reserve = createReserve(parts.quota, keyId)
  try {
    return await openJournal(parts.blobs, row?.blob as string, reserve)
  } catch (error) {
    reserve.release()
    throw error
  }
}

interface Ending {
  readonly state: BatchState
  readonly error?: RpcStatus
}

async function finish(run: RunParts, job: Job, { state, error }: Ending): Promise<void> {
  const { parts, change } = run
  const before = await parts.table.get(job.keyId, job.name)
  if (before === undefined) return forgetWork(run, job)
  const results = await storeResults(parts, before)
  await change(job.keyId, job.name, (row) => {
    const now = parts.now()
    const document = { ...batchDocumentOf(row), state, endedAt: now, ...results, ...(error && { error }) }
    return withDocument(row, document, now)
  })
  if (results.responsesFile !== undefined) await forgetResults(parts, before)
  await forgetWork(run, job)
}

/** After this no start finds it again. */
async function forgetWork({ parts }: RunParts, { keyId, name }: Job): Promise<void> {
  const work = await parts.table.get(keyId, inputNameOf(name))
  if (work !== undefined) await forget(parts, work)
}

function keyIsGone(): GatewayError {
  return new GatewayError('permission_denied', 'The API key that created the batch is not valid any more.')
}
