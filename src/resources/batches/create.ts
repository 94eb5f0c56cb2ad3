/** From `{batch: {…}}` to its rows: the batch, what there is to do, and where its results go. */
import { GatewayError, invalidField, modelNotFound } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Caller } from '../../nouns.ts'
import { FILES } from '../files/file.ts'
import type { FileFinder } from '../files/find.ts'
import { type ResourceMessage, readResource } from '../messages.ts'
import { newId, shownId } from '../names.ts'
import type { ResourceParts } from '../parts.ts'
import { storeBytes } from '../store-bytes.ts'
import {
  BATCH_INPUTS,
  BATCH_OUTPUTS,
  BATCH_TTL_MS,
  BATCHES,
  type BatchDocument,
  type BatchKind,
  inputNameOf,
  outputNameOf,
} from './batch.ts'
import { LINES_MAX } from './lines.ts'

export const DISPLAY_NAME_CHARACTERS_MAX = 512
const FILE_NAME = /^files\/([^/]{1,128})$/

/** What makes a batch of each kind. */
export const CREATE_ACTIONS = {
  generateContent: 'batchGenerateContent',
  embedContent: 'asyncBatchEmbedContent',
} as const satisfies Record<BatchKind, string>

export interface NewBatch {
  readonly caller: Caller
  readonly apiVersion: string
  readonly kind: BatchKind
  readonly model: string
  readonly json: Record<string, unknown>
}

/** Whether a model that this caller may use can do `batchGenerateContent` or `asyncBatchEmbedContent`. */
export type SupportsModel = (caller: Caller, model: string, method: string) => boolean

export interface CreateParts {
  readonly parts: ResourceParts
  readonly finder: FileFinder
  readonly supportsModel: SupportsModel
}

interface Plan {
  readonly document: BatchDocument
  /** The requests as JSONL; undefined when they are in a file. */
  readonly input: Buffer | undefined
}

/** Writes everything that a runner needs, and resolves to the batch's row. */
export async function createBatch(create: CreateParts, made: NewBatch): Promise<ResourceRow> {
  const { document, input } = await planBatch(create, made)
  const { table, blobs, now } = create.parts
  const name = `${BATCHES}/${newId()}`
  const createdAt = now()
  const common = {
    keyId: made.caller.keyId,
    upstream: undefined,
    createdAt,
    updatedAt: createdAt,
    expiresAt: createdAt + BATCH_TTL_MS,
    sizeBytes: 0,
  }
  const beside = { ...common, parent: name, document: '{}' }
  const work = { ...beside, name: inputNameOf(name), collection: BATCH_INPUTS, blob: undefined }
  // The batch comes last: whoever was told its name finds everything that belongs to it.
  if (input === undefined) await table.insert(work)
  else await storeBytes(create.parts, work, input)
  await table.insert({
    ...beside,
    name: outputNameOf(name),
    collection: BATCH_OUTPUTS,
    blob: blobs.newName(),
  })
  const row: ResourceRow = {
    ...common,
    name,
    collection: BATCHES,
    parent: undefined,
    blob: undefined,
    document: JSON.stringify(document),
  }
  await table.insert(row)
  return row
}

async function planBatch({ finder, supportsModel }: CreateParts, made: NewBatch): Promise<Plan> {
  const { caller, apiVersion, kind, model, json } = made
  const action = CREATE_ACTIONS[kind]
  if (!supportsModel(caller, model, action)) throw modelNotFound(shownId(model), apiVersion, action)
  const { batch } = readResource('CreateBatchRequest', json)
  if (batch === undefined) throw invalidField('batch', '* CreateBatchRequest.batch: batch is not specified\n')
  const displayName = checkedDisplayName(batch.displayName, 'batch.display_name')
  const { requests, fileName } = batch.inputConfig ?? {}
  const document: BatchDocument = {
    kind,
    model,
    apiVersion,
    displayName: displayName ?? '',
    ...(batch.priority !== undefined && { priority: batch.priority }),
    state: 'PENDING',
    successful: 0,
    failed: 0,
  }
  if (fileName !== undefined && fileName !== '') {
    await finder.find(caller.keyId, fileIdOf(fileName))
    return { document: { ...document, fileName }, input: undefined }
  }
  const list = requests?.requests ?? []
  return { document: { ...document, requestCount: list.length }, input: inputOf(list) }
}

export function checkedDisplayName(name: string | undefined, field: string): string | undefined {
  if (name === undefined || name.length <= DISPLAY_NAME_CHARACTERS_MAX) return name
  const text = `The display name must not be longer than ${DISPLAY_NAME_CHARACTERS_MAX} characters.`
  throw invalidField(field, text)
}

function fileIdOf(fileName: string): string {
  const id = FILE_NAME.exec(fileName)?.[1]
  if (id !== undefined) return id
  const field = 'batch.input_config.file_name'
  throw invalidField(field, `Invalid file name: it must be ${FILES}/ and then the id of a file.`)
}

function inputOf(list: readonly ResourceMessage<'InlinedRequest'>[]): Buffer {
  const field = 'batch.input_config.requests.requests'
  if (list.length === 0) throw invalidField(field, 'A batch must have at least one request.')
  if (list.length > LINES_MAX) {
    throw invalidField(field, `A batch must not have more than ${LINES_MAX} requests.`)
  }
  return Buffer.from(list.map((one) => `${JSON.stringify(one)}\n`).join(''))
}

/** How many batches of one key may wait or run. */
export const UNFINISHED_PER_KEY_MAX = 100
const BATCHES_PER_KEY_MAX = 10_000

export async function refuseTooManyBatches({ table }: ResourceParts, keyId: string): Promise<void> {
  const unfinished = await table.totals(keyId, BATCH_INPUTS)
  const all = await table.totals(keyId, BATCHES)
  if (unfinished.count < UNFINISHED_PER_KEY_MAX && all.count < BATCHES_PER_KEY_MAX) return
  throw new GatewayError(
    'resource_exhausted',
    `You have reached your limit of ${UNFINISHED_PER_KEY_MAX} batches that are not over, or ${BATCHES_PER_KEY_MAX} in all.`,
  )
}
