/** A batch as its row keeps it, and as a client sees it. */
import { GatewayError } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import { timeOf } from '../files/file.ts'
import { shownId } from '../names.ts'
import { type RpcStatus, typeOf } from '../operations/operation.ts'

export const BATCHES = 'batches'
/** What has not run by then never does; Google's own time. */
export const BATCH_RUN_MS = 48 * 60 * 60 * 1000
/** How long a batch can be asked for. */
export const BATCH_TTL_MS = 30 * 24 * 60 * 60 * 1000

export type BatchKind = 'generateContent' | 'embedContent'
export type BatchState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'EXPIRED'

/** The document of a batch's row. */
export interface BatchDocument {
  readonly kind: BatchKind
  /** Without `models/`. */
  readonly model: string
  /** Of the request that made it: the calls of the batch are made with it. */
  readonly apiVersion: string
  readonly displayName: string
  readonly priority?: string
  /** `files/abc`; without it the requests came inline. */
  readonly fileName?: string
  readonly state: BatchState
  /** Milliseconds since the epoch. */
  readonly endedAt?: number
  /** Known once the input was counted. */
  readonly requestCount?: number
  readonly successful: number
  readonly failed: number
  /** `files/batch-abc` */
  readonly responsesFile?: string
  readonly error?: RpcStatus
}

/** How far a batch has come. */
export type Progress = Pick<BatchDocument, 'successful' | 'failed'>

export function batchDocumentOf(row: ResourceRow): BatchDocument {
  return JSON.parse(row.document) as BatchDocument
}

export function withDocument(row: ResourceRow, document: BatchDocument, now: number): ResourceRow {
  return { ...row, updatedAt: now, document: JSON.stringify(document) }
}

export function isOver({ state }: Pick<BatchDocument, 'state'>): boolean {
  return state !== 'PENDING' && state !== 'RUNNING'
}

/** Rows beside the batch: what there is still to do, and what came of it. No client can name them. */
export const inputNameOf = (batch: string): string => `${batch}/input`
export const outputNameOf = (batch: string): string => `${batch}/output`
/** Of batches that are not over: what a start looks for. */
export const BATCH_INPUTS = 'batchInputs'
export const BATCH_OUTPUTS = 'batchOutputs'

/** A batch without what came of it. */
export function batchView(row: ResourceRow, live: Progress | undefined): Readonly<Record<string, unknown>> {
  const document = batchDocumentOf(row)
  const { model, displayName, state, endedAt, fileName, priority } = document
  return {
    model: `models/${model}`,
    displayName,
    ...(fileName !== undefined && { inputConfig: { fileName } }),
    createTime: timeOf(row.createdAt),
    ...(endedAt !== undefined && { endTime: timeOf(endedAt) }),
    updateTime: timeOf(row.updatedAt),
    batchStats: statsOf(document, isOver(document) ? undefined : live),
    state: `BATCH_STATE_${state}`,
    ...(priority !== undefined && { priority }),
    name: row.name,
  }
}

/** protojson leaves zeros out. */
function statsOf(document: BatchDocument, live: Progress | undefined): object {
  const { successful, failed } = live ?? document
  const { requestCount: all } = document
  const pending = all === undefined ? 0 : all - successful - failed
  return {
    ...(all !== undefined && { requestCount: String(all) }),
    ...(successful > 0 && { successfulRequestCount: String(successful) }),
    ...(failed > 0 && { failedRequestCount: String(failed) }),
    ...(pending > 0 && { pendingRequestCount: String(pending) }),
  }
}

const MESSAGES = { generateContent: 'GenerateContentBatch', embedContent: 'EmbedContentBatch' } as const

/** `done` is there when it is true only, as in all of protojson. */
export interface BatchOperation {
  readonly name: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly done?: true
  readonly error?: RpcStatus
  readonly response?: Readonly<Record<string, unknown>>
}

/** The operation, except for results that were given inline: `hasInlineResults` says that those go into it. */
export function batchOperation(row: ResourceRow, live: Progress | undefined): BatchOperation {
  const document = batchDocumentOf(row)
  const message = MESSAGES[document.kind]
  const output = document.responsesFile === undefined ? undefined : { responsesFile: document.responsesFile }
  const metadata = { ...typeOf(message), ...batchView(row, live), ...(output && { output }) }
  if (!isOver(document)) return { name: row.name, metadata }
  const { error } = document
  if (error !== undefined) return { name: row.name, metadata, done: true, error }
  return { name: row.name, metadata, done: true, response: { ...typeOf(`${message}Output`), ...output } }
}

/** Whether what came of it is told in the operation itself. */
export function hasInlineResults(document: BatchDocument): boolean {
  return isOver(document) && document.fileName === undefined
}

/** The same for a batch that is another's, and one that there never was. */
export function batchNotFound(id: string): GatewayError {
  return new GatewayError('not_found', `Batch ${BATCHES}/${shownId(id)} was not found.`)
}
