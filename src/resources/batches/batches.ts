import { GatewayError, invalidField } from '../../errors.ts'
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Change } from '../changes.ts'
import type { Collection, Endpoint, Exchange } from '../collection.ts'
import { readResource } from '../messages.ts'
import { isReadableId } from '../names.ts'
import { isExpired, readPage } from '../pages.ts'
import { forget, type ResourceParts } from '../parts.ts'
import {
  BATCHES,
  type BatchDocument,
  type BatchKind,
  batchDocumentOf,
  batchNotFound,
  batchOperation,
  batchView,
  hasInlineResults,
  isOver,
  withDocument,
} from './batch.ts'
import {
  CREATE_ACTIONS,
  type CreateParts,
  checkedDisplayName,
  createBatch,
  refuseTooManyBatches,
} from './create.ts'
import { forgetResults, replyWithResults } from './results.ts'
import type { BatchRunner } from './runner.ts'

const PAGE_SIZES = { standard: 50, max: 1_000 }
const ONE = `${BATCHES}/{}`
/** What may change, in both spellings. */
const CHANGEABLE: ReadonlySet<string> = new Set(['displayName', 'display_name', 'priority', '*'])

export interface BatchesParts extends CreateParts {
  readonly change: Change
  readonly runner: BatchRunner
}

export function batchesCollection(room: BatchesParts): Collection {
  const { parts, runner, change } = room
  const { table, now } = parts

  const list: Endpoint = {
    method: 'GET',
    path: BATCHES,
    handle: async ({ request, caller }) => {
      const where = { table, caller, collection: BATCHES, query: request.query }
      const { rows, nextPageToken } = await readPage({ ...where, sizes: PAGE_SIZES, now: now() })
      // Without the results that lie inline: a page of them could be of any size.
      const operations = rows.map((row) => batchOperation(row, runner.progressOf(row)))
      return { json: { ...(rows.length > 0 && { operations }), ...(nextPageToken && { nextPageToken }) } }
    },
  }

  const get: Endpoint = {
    method: 'GET',
    path: ONE,
    handle: async (exchange) => {
      const row = await find(parts, exchange)
      const operation = batchOperation(row, runner.progressOf(row))
      if (hasInlineResults(batchDocumentOf(row))) return replyWithResults(parts, row, operation)
      return { json: operation }
    },
  }

  const cancel: Endpoint = {
    method: 'POST',
    path: `${ONE}:cancel`,
    handle: async (exchange) => {
      readResource('Empty', await parts.readJson(exchange.request))
      await runner.cancel(await find(parts, exchange))
      return { json: {} }
    },
  }

  const remove: Endpoint = {
    method: 'DELETE',
    path: ONE,
    handle: async (exchange) => {
      const row = await find(parts, exchange)
      if (!isOver(batchDocumentOf(row))) {
        const text = 'The batch is not over: cancel it before it is deleted.'
        throw new GatewayError('failed_precondition', text)
      }
      await forgetResults(parts, row)
      if (!(await forget(parts, row))) throw batchNotFound(exchange.ids[0] ?? '')
      return { json: {} }
    },
  }

  const update = (kind: BatchKind, action: string): Endpoint => ({
    method: 'PATCH',
    path: `${ONE}:${action}`,
    handle: async (exchange) => {
      const { name, keyId } = await find(parts, exchange, kind)
      const changes = changesOf(await parts.readJson(exchange.request), exchange.request.query)
      const row = await change(keyId, name, (current) =>
        withDocument(current, { ...batchDocumentOf(current), ...changes }, now()),
      )
      if (row === undefined) throw batchNotFound(exchange.ids[0] ?? '')
      return { json: batchView(row, runner.progressOf(row)) }
    },
  })

  return {
    endpoints: [
      createEndpoint(room, 'generateContent'),
      createEndpoint(room, 'embedContent'),
      list,
      get,
      cancel,
      remove,
      update('generateContent', 'updateGenerateContentBatch'),
      update('embedContent', 'updateEmbedContentBatch'),
    ],
  }
}

function createEndpoint(room: BatchesParts, kind: BatchKind): Endpoint {
  const { parts, runner } = room
  return {
    method: 'POST',
    path: `models/{}:${CREATE_ACTIONS[kind]}`,
    handle: async ({ request, caller, opening, ids: [model = ''] }) => {
      const json = await parts.readJson(request)
      await refuseTooManyBatches(parts, caller.keyId)
      const { apiVersion } = opening
      const row = await createBatch(room, { caller, apiVersion, kind, model, json })
      runner.add(row)
      return { json: batchOperation(row, undefined) }
    },
  }
}

/** Throws `not_found`. */
async function find(
  { table, now }: ResourceParts,
  { caller, ids: [id = ''] }: Exchange,
  kind?: BatchKind,
): Promise<ResourceRow> {
  const row = isReadableId(id) ? await table.get(caller.keyId, `${BATCHES}/${id}`) : undefined
  if (row === undefined || row.collection !== BATCHES || isExpired(row, now())) throw batchNotFound(id)
  if (kind !== undefined && batchDocumentOf(row).kind !== kind) throw batchNotFound(id)
  return row
}

function changesOf(
  json: Record<string, unknown>,
  query: URLSearchParams,
): Partial<Pick<BatchDocument, 'displayName' | 'priority'>> {
  const mask = (query.get('updateMask') ?? query.get('update_mask') ?? '').split(',', 20)
  const named = new Set(mask.map((field) => field.trim()).filter((field) => field !== ''))
  for (const field of named) {
    if (!CHANGEABLE.has(field)) {
      throw invalidField('update_mask', `Only display_name and priority of a batch can be updated.`)
    }
  }
  const isAll = named.size === 0 || named.has('*')
  const { displayName, priority } = readResource('Batch', json)
  const newName = checkedDisplayName(displayName, 'display_name')
  const hasName = isAll || named.has('displayName') || named.has('display_name')
  const hasPriority = isAll || named.has('priority')
  return {
    ...(hasName && newName !== undefined && { displayName: newName }),
    ...(hasPriority && priority !== undefined && { priority }),
  }
}
